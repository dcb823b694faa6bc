//! How many of the answers of the last week had each card, counted by the hour.

use std::collections::VecDeque;

use jiff::Timestamp;

use crate::guideline::assessment::CardCode;

/// Hours that are looked back over: a week, since a hospital's Sunday is not its Monday.
const HOURS: i64 = 7 * 24;
const SECONDS: i64 = 3600;

/// The answers of the last hours.
#[derive(Debug, Default)]
pub(super) struct Window(VecDeque<Hour>);

#[derive(Debug)]
struct Hour {
    /// Hours since 1970.
    hour: i64,
    answers: u64,
    shown: [u64; CardCode::ALL.len()],
}

impl Window {
    /// Counts an answer with these cards.
    pub fn add(&mut self, now: Timestamp, cards: &[CardCode]) {
        let hour = self.forget(now);
        if self.0.back().is_none_or(|last| last.hour != hour) {
            self.0.push_back(Hour {
                hour,
                answers: 0,
                shown: [0; CardCode::ALL.len()],
            });
        }
        let Some(last) = self.0.back_mut() else {
            return;
        };
        last.answers += 1;
        for (card, count) in CardCode::ALL.iter().zip(&mut last.shown) {
            *count += u64::from(cards.contains(card));
        }
    }

    /// How many answers there were, and how many of them had each card.
    pub fn counts(&mut self, now: Timestamp) -> (u64, Vec<(CardCode, u64)>) {
        self.forget(now);
        let answers = self.0.iter().map(|hour| hour.answers).sum();
        let mut counts: Vec<(CardCode, u64)> = CardCode::ALL.iter().map(|c| (*c, 0)).collect();
        for hour in &self.0 {
            for ((_, sum), count) in counts.iter_mut().zip(hour.shown) {
                *sum += count;
            }
        }
        (answers, counts)
    }

    /// Drops what lies outside, ahead too where the clock was set back, and gives this hour.
    fn forget(&mut self, now: Timestamp) -> i64 {
        let this = now.as_second().div_euclid(SECONDS);
        self.0
            .retain(|hour| hour.hour <= this && hour.hour > this - HOURS);
        this
    }
}
