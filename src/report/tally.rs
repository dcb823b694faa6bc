//! Counting: each card once, with the last thing that was done with it.
//!
//! A card is one uuid: the same advice on the same facts of one patient, however often it was shown.
//! Clients send feedback twice, and clinicians change their minds; the last outcome by the client's own
//! time counts, whenever it came.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
};

use jiff::{
    ToSpan,
    civil::{Date, ISOWeekDate, Weekday},
};
use serde::{Serialize, Serializer};

use crate::store::{Outcome, Reason, ReceivedOutcome, ShownCard};

/// The counts of every card, by its code and the guideline's version.
pub type Tally = BTreeMap<(String, String), Row>;

/// The counts of one card. Every card that was shown is accepted, overridden or unanswered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Row {
    /// What was done, in the period.
    pub done: Done,
    /// Accepted, by the kind of suggestion; `None` for one that is not known.
    pub suggestions: BTreeMap<Option<String>, u64>,
    /// Overridden, by reason.
    pub reasons: BTreeMap<Why, u64>,
    /// By the week in which the card was first shown in the period.
    pub weeks: BTreeMap<Week, Done>,
}

/// A week of ISO 8601, written as it does: `2026-W12`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Week {
    year: i16,
    number: i8,
}

impl Week {
    /// The week of a day.
    pub fn of(day: Date) -> Self {
        let week = day.iso_week_date();
        Self {
            year: week.year(),
            number: week.week(),
        }
    }

    /// The year whose week it is; not always that of its days.
    pub fn year(self) -> i16 {
        self.year
    }

    /// Its number in the year, from 1.
    pub fn number(self) -> i8 {
        self.number
    }

    /// Its first day, `None` at the end of the calendar.
    pub fn monday(self) -> Option<Date> {
        let monday = ISOWeekDate::new(self.year, self.number, Weekday::Monday).ok()?;
        Some(monday.date())
    }
}

impl fmt::Display for Week {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-W{:02}", self.year, self.number)
    }
}

impl Serialize for Week {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Done {
    /// A suggestion was accepted.
    pub accepted: u64,
    /// The card was set aside.
    pub overridden: u64,
    /// Nothing came back.
    pub unanswered: u64,
}

/// Why a card was set aside.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// A coded reason.
    Coded(Reason),
    /// In words only.
    Words,
    /// Without a reason.
    NotSaid,
}

impl Done {
    /// All of them.
    pub fn shown(self) -> u64 {
        self.accepted + self.overridden + self.unanswered
    }

    fn add(&mut self, outcome: Option<&Outcome>) {
        match outcome {
            Some(Outcome::Accepted { .. }) => self.accepted += 1,
            Some(Outcome::Overridden { .. }) => self.overridden += 1,
            None => self.unanswered += 1,
        }
    }
}

/// Every week from the first in which a card was shown to the last, those without one too.
pub fn weeks(tally: &Tally) -> Vec<Week> {
    let all = || tally.values().flat_map(|row| row.weeks.keys().copied());
    let (Some(first), Some(last)) = (all().min(), all().max()) else {
        return Vec::new();
    };
    std::iter::successors(Some(first), |week| {
        Some(Week::of(week.monday()?.checked_add(7.days()).ok()?))
    })
    .take_while(|week| *week <= last)
    .collect()
}

/// Counts cards with their outcomes, which are in the order in which they came about.
pub fn tally(shown: &[ShownCard], outcomes: &[ReceivedOutcome]) -> Tally {
    let last: HashMap<_, _> = outcomes
        .iter()
        .map(|outcome| (outcome.card, outcome))
        .collect();
    let mut tally = Tally::new();
    for card in shown {
        let key = (card.code.clone(), card.guideline.clone());
        let row = tally.entry(key).or_default();
        let received = last.get(&card.card);
        let outcome = received.map(|received| &received.outcome);
        row.done.add(outcome);
        let week = Week::of(card.first);
        row.weeks.entry(week).or_default().add(outcome);
        match outcome {
            None => {}
            Some(Outcome::Accepted { .. }) => {
                for kind in received.iter().flat_map(|received| &received.kinds) {
                    *row.suggestions.entry(kind.clone()).or_default() += 1;
                }
            }
            Some(Outcome::Overridden {
                reason, commented, ..
            }) => {
                let why = match (reason, commented) {
                    (Some(reason), _) => Why::Coded(reason.clone()),
                    (None, true) => Why::Words,
                    (None, false) => Why::NotSaid,
                };
                *row.reasons.entry(why).or_default() += 1;
            }
        }
    }
    tally
}

#[cfg(test)]
mod tests {
    use jiff::civil::{Date, date};
    use uuid::Uuid;

    use super::*;

    fn shown(card: u128, code: &str, first: Date) -> ShownCard {
        ShownCard {
            card: Uuid::from_u128(card),
            code: code.to_owned(),
            guideline: "1.1".to_owned(),
            first,
        }
    }

    fn accepted(card: u128, kinds: &[Option<&str>]) -> ReceivedOutcome {
        ReceivedOutcome {
            card: Uuid::from_u128(card),
            outcome: Outcome::Accepted {
                suggestions: Vec::new(),
            },
            kinds: kinds
                .iter()
                .map(|kind| kind.map(ToOwned::to_owned))
                .collect(),
        }
    }

    fn overridden(card: u128, code: Option<&str>, commented: bool) -> ReceivedOutcome {
        ReceivedOutcome {
            card: Uuid::from_u128(card),
            outcome: Outcome::Overridden {
                reason: code.map(|code| Reason {
                    system: None,
                    code: code.to_owned(),
                }),
                commented,
                comment: None,
            },
            kinds: Vec::new(),
        }
    }

    #[test]
    fn each_card_counts_once_with_its_last_outcome() {
        let cards = [
            shown(1, "C01", date(2026, 1, 1)),
            shown(2, "C01", date(2026, 1, 4)),
            shown(3, "C01", date(2026, 1, 5)),
            shown(4, "C05", date(2026, 1, 5)),
            shown(5, "C05", date(2027, 1, 1)),
        ];
        let outcomes = [
            overridden(1, Some("O6"), false),
            accepted(1, &[Some("draft"), None]),
            // A duplicate.
            accepted(1, &[Some("draft"), None]),
            accepted(2, &[Some("draft")]),
            overridden(2, Some("O6"), true),
            overridden(4, None, true),
            overridden(5, None, false),
            // Never shown in the period.
            accepted(9, &[Some("draft")]),
        ];
        let tally = tally(&cards, &outcomes);
        let row = |code: &str| &tally[&(code.to_owned(), "1.1".to_owned())];
        assert_eq!(tally.len(), 2);
        let done = |accepted, overridden, unanswered| Done {
            accepted,
            overridden,
            unanswered,
        };
        assert_eq!(row("C01").done, done(1, 1, 1));
        assert_eq!(row("C01").done.shown(), 3);
        let draft = Some("draft".to_owned());
        assert_eq!(row("C01").suggestions, [(draft, 1), (None, 1)].into());
        let data = Why::Coded(Reason {
            system: None,
            code: "O6".to_owned(),
        });
        assert_eq!(row("C01").reasons, [(data, 1)].into());
        let weeks = [
            (date(2026, 1, 1), done(1, 1, 0)),
            (date(2026, 1, 5), done(0, 0, 1)),
        ];
        assert_eq!(
            row("C01").weeks,
            weeks.map(|(day, done)| (Week::of(day), done)).into()
        );
        assert_eq!(row("C05").done, done(0, 2, 0));
        assert_eq!(
            row("C05").reasons,
            [(Why::Words, 1), (Why::NotSaid, 1)].into()
        );
        let weeks: Vec<String> = row("C05").weeks.keys().map(Week::to_string).collect();
        assert_eq!(
            weeks,
            ["2026-W02", "2026-W53"],
            "1 January 2027 is in week 53 of 2026"
        );
        let all = super::weeks(&tally);
        assert_eq!((all.len(), all[0].to_string()), (53, "2026-W01".to_owned()));
        let monday = Week::of(date(2027, 1, 1)).monday();
        assert_eq!(monday, Some(date(2026, 12, 28)));
    }
}
