//! The report: how often each card was shown and what clinicians did with it, counted in one place for
//! the command line and the page, with small counts hidden before anyone sees them.

mod format;
mod suppress;
mod tally;

use jiff::{ToSpan, civil::Date};
use serde::Serialize;
use thiserror::Error;

use crate::{
    config::Zone,
    store::{Reason, Store, StoreError},
};
pub use suppress::{Cell, SMALLEST};
use suppress::{cell, listed, parts};
use tally::{Done, Row, Tally};
pub use tally::{Week, Why};

/// A report; a count that is not printed is null.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The first day on which cards were shown.
    pub from: Date,
    /// The last day, included.
    pub to: Date,
    /// Counts from 1 to one less than this are not printed, nor what would reveal them.
    pub smallest_count: u64,
    /// Each card and version of the guideline, by code.
    pub cards: Vec<CardReport>,
    /// Cards with feedback in the period that were never shown as far as the store knows.
    pub unknown_cards: Cell,
}

/// The counts of one card. Those that are hidden are `None`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CardReport {
    /// Its code, `C05`.
    pub card: String,
    /// The version of the guideline.
    pub guideline: String,
    /// How many were shown; hidden where fewer than [`SMALLEST`].
    pub shown: Cell,
    /// Of these: a suggestion was accepted.
    pub accepted: Cell,
    /// Of these: set aside.
    pub overridden: Cell,
    /// Of these: nothing came back.
    pub unanswered: Cell,
    /// Accepted, by the kind of suggestion; empty where which there are would tell how many.
    pub by_suggestion: Vec<SuggestionCount>,
    /// Overridden, by reason; empty where which there are would tell how many.
    pub by_reason: Vec<ReasonCount>,
    /// What was done, by the week in which the card was first shown in the period: every week from the
    /// first in which any card was shown to the last. Empty where it would all be hidden.
    pub by_week: Vec<WeekCount>,
}

/// How often a suggestion was accepted.
#[derive(Debug, Serialize)]
pub struct SuggestionCount {
    /// Its kind; `unknown` for one that was never shown.
    pub suggestion: String,
    /// How often.
    pub count: Cell,
}

/// How often a card was set aside for a reason.
#[derive(Debug, Serialize)]
pub struct ReasonCount {
    #[serde(skip_serializing_if = "Option::is_none")]
    system: Option<String>,
    reason: String,
    /// How often.
    pub count: Cell,
    /// The reason itself.
    #[serde(skip)]
    pub why: Why,
}

/// Without the number that was shown: with it, the counts of one outcome could be calculated from those
/// of the others.
#[derive(Debug, Serialize)]
pub struct WeekCount {
    /// The week.
    pub week: Week,
    /// A suggestion was accepted.
    pub accepted: Cell,
    /// Set aside.
    pub overridden: Cell,
    /// Nothing came back.
    pub unanswered: Cell,
}

/// Why there is no report.
#[derive(Debug, Error)]
pub enum ReportError {
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A day beyond the calendar.
    #[error(transparent)]
    Day(#[from] jiff::Error),
}

impl Report {
    /// Counts the cards that were shown from `from` to `to`, both included.
    ///
    /// # Errors
    ///
    /// The store cannot be read, or the period goes to the end of the calendar.
    pub async fn read(
        store: &Store,
        zone: &Zone,
        from: Date,
        to: Date,
    ) -> Result<Self, ReportError> {
        let start = from.to_zoned(zone.0.clone())?.timestamp();
        let end = to
            .checked_add(1.day())?
            .to_zoned(zone.0.clone())?
            .timestamp();
        let shown = store.shown(from, to).await?;
        let outcomes = store.outcomes(from, to).await?;
        let unknown = store.unknown_cards(start, end).await?;
        Ok(Self::new(
            from,
            to,
            &tally::tally(&shown, &outcomes),
            unknown,
        ))
    }

    /// What may be printed of the counts of a period.
    fn new(from: Date, to: Date, tally: &Tally, unknown_cards: u64) -> Self {
        let weeks = tally::weeks(tally);
        Self {
            from,
            to,
            smallest_count: SMALLEST,
            cards: tally
                .iter()
                .map(|((card, guideline), row)| CardReport::new(card, guideline, row, &weeks))
                .collect(),
            unknown_cards: cell(unknown_cards),
        }
    }
}

impl CardReport {
    fn new(card: &str, guideline: &str, row: &Row, weeks: &[Week]) -> Self {
        let shown = cell(row.done.shown());
        let done = row.done;
        let done = parts(&[done.accepted, done.overridden, done.unanswered], shown);
        let part = |at: usize| done.get(at).copied().flatten();
        let (accepted, overridden, unanswered) = (part(0), part(1), part(2));
        let weeks = if shown.is_some() { weeks } else { &[] };
        let column = |count: fn(&Done) -> u64, total: Cell| {
            let counts = weeks
                .iter()
                .map(|week| row.weeks.get(week).map_or(0, count));
            parts(&counts.collect::<Vec<_>>(), total)
        };
        let by_week = column(|week| week.accepted, accepted)
            .into_iter()
            .zip(column(|week| week.overridden, overridden))
            .zip(column(|week| week.unanswered, unanswered));
        let of = |counts, total| listed(counts, total).into_iter().flatten();
        Self {
            card: card.to_owned(),
            guideline: guideline.to_owned(),
            shown,
            accepted,
            overridden,
            unanswered,
            by_suggestion: row
                .suggestions
                .keys()
                .zip(of(&values(row.suggestions.values()), accepted))
                .map(|(kind, count)| SuggestionCount {
                    suggestion: kind.clone().unwrap_or_else(|| "unknown".to_owned()),
                    count,
                })
                .collect(),
            by_reason: row
                .reasons
                .keys()
                .zip(of(&values(row.reasons.values()), overridden))
                .map(|(why, count)| ReasonCount::new(why, count))
                .collect(),
            by_week: weeks
                .iter()
                .zip(by_week)
                .map(|(week, ((accepted, overridden), unanswered))| WeekCount {
                    week: *week,
                    accepted,
                    overridden,
                    unanswered,
                })
                .collect(),
        }
    }
}

impl ReasonCount {
    fn new(why: &Why, count: Cell) -> Self {
        let (system, reason) = match why {
            Why::Coded(Reason { system, code }) => (system.clone(), code.as_str()),
            Why::Words => (None, "in words"),
            Why::NotSaid => (None, "not said"),
        };
        Self {
            system,
            reason: reason.to_owned(),
            count,
            why: why.clone(),
        }
    }
}

fn values<'a>(counts: impl Iterator<Item = &'a u64>) -> Vec<u64> {
    counts.copied().collect()
}
