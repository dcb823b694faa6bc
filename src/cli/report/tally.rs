//! Counting: each card once, with the last thing that was done with it.
//!
//! A card is one uuid: the same advice on the same facts of one patient, however often it was shown.
//! Clients send feedback twice, and clinicians change their minds; the last outcome by the client's own
//! time counts, whenever it came.

use std::collections::{BTreeMap, HashMap};

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
    /// By the week in which the card was first shown in the period, as ISO 8601 writes it: 2026-W12.
    pub weeks: BTreeMap<String, Done>,
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
        let week = card.first.iso_week_date();
        let week = format!("{:04}-W{:02}", week.year(), week.week());
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
        let weeks = [("2026-W01", done(1, 1, 0)), ("2026-W02", done(0, 0, 1))];
        assert_eq!(
            row("C01").weeks,
            weeks.map(|(w, d)| (w.to_owned(), d)).into()
        );
        assert_eq!(row("C05").done, done(0, 2, 0));
        assert_eq!(
            row("C05").reasons,
            [(Why::Words, 1), (Why::NotSaid, 1)].into()
        );
        let weeks: Vec<&String> = row("C05").weeks.keys().collect();
        assert_eq!(
            weeks,
            ["2026-W02", "2026-W53"],
            "1 January 2027 is in week 53 of 2026"
        );
    }
}
