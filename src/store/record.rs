//! What the store keeps and gives back.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};
use uuid::Uuid;

use super::StoreError;

/// A card that was shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Its uuid.
    pub card: Uuid,
    /// The client that it was sent to, by its configured name.
    pub client: String,
    /// The day of the evaluation.
    pub day: Date,
    /// The service that showed it.
    pub service: String,
    /// Its code, `C01`.
    pub code: String,
    /// The version of the guideline.
    pub guideline: &'static str,
    /// When.
    pub at: Timestamp,
    /// Its suggestions.
    pub suggestions: Vec<ShownSuggestion>,
}

/// A suggestion of a card that was shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownSuggestion {
    /// Its uuid.
    pub uuid: Uuid,
    /// What tells it apart from the card's others, `remove-draft`.
    pub kind: &'static str,
}

/// Feedback on one card, as it was received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The card.
    pub card: Uuid,
    /// The service to which the feedback was sent.
    pub service: String,
    /// The client that sent it, by its configured name.
    pub client: String,
    /// What was done.
    pub outcome: Outcome,
    /// When it was done, as the client says.
    pub outcome_at: Timestamp,
    /// When it was received.
    pub received_at: Timestamp,
}

/// What was done with a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Suggestions were accepted.
    Accepted {
        /// Their uuids.
        suggestions: Vec<Uuid>,
    },
    /// It was set aside.
    Overridden {
        /// The reason that was picked.
        reason: Option<Reason>,
        /// Words were written.
        commented: bool,
        /// The words, where they are kept.
        comment: Option<String>,
    },
}

/// A coded reason to set a card aside.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reason {
    /// The code system, where one was named.
    pub system: Option<String>,
    /// The code.
    pub code: String,
}

/// A card that was shown in a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownCard {
    /// Its uuid.
    pub card: Uuid,
    /// Its code.
    pub code: String,
    /// The version of the guideline.
    pub guideline: String,
    /// The first day in the period on which it was shown.
    pub first: Date,
}

/// An outcome of a card, as a report needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedOutcome {
    /// The card.
    pub card: Uuid,
    /// What was done; the words are left where they are.
    pub outcome: Outcome,
    /// The kinds of the suggestions that were accepted, `None` for one that was never shown.
    pub kinds: Vec<Option<String>>,
}

/// A row of `feedback`: id, card, outcome, system and code of the reason, commented.
pub(super) type OutcomeRow = (String, String, String, Option<String>, Option<String>, i32);

/// RFC 3339 in UTC with six decimals.
pub(super) fn instant(at: Timestamp) -> String {
    format!("{at:.6}")
}

impl ShownCard {
    pub(super) fn from_row(
        (card, code, guideline, first): (String, String, String, String),
    ) -> Result<Self, StoreError> {
        Ok(Self {
            card: uuid(&card)?,
            code,
            guideline,
            first: first
                .parse()
                .map_err(|_| StoreError::unreadable("shown.day"))?,
        })
    }
}

/// The outcomes with the suggestions that each accepted.
pub(super) fn outcomes(
    rows: Vec<OutcomeRow>,
    accepted: Vec<(String, String)>,
) -> Result<Vec<ReceivedOutcome>, StoreError> {
    let mut kinds: BTreeMap<String, Vec<Option<String>>> = BTreeMap::new();
    for (feedback, kind) in accepted {
        kinds
            .entry(feedback)
            .or_default()
            .push((!kind.is_empty()).then_some(kind));
    }
    rows.into_iter()
        .map(|(id, card, outcome, system, code, commented)| {
            let outcome = match outcome.as_str() {
                "accepted" => Outcome::Accepted {
                    suggestions: Vec::new(),
                },
                "overridden" => Outcome::Overridden {
                    reason: code.map(|code| Reason { system, code }),
                    commented: commented != 0,
                    comment: None,
                },
                _ => return Err(StoreError::unreadable("feedback.outcome")),
            };
            Ok(ReceivedOutcome {
                card: uuid(&card)?,
                outcome,
                kinds: kinds.remove(&id).unwrap_or_default(),
            })
        })
        .collect()
}

fn uuid(text: &str) -> Result<Uuid, StoreError> {
    Uuid::parse_str(text).map_err(|_| StoreError::unreadable("card"))
}
