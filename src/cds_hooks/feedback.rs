//! Feedback: what clinicians did with cards, as clients report it (FB-02…FB-10).

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use super::{
    outcome::{Issue, IssueCode, OperationOutcome},
    request::json,
    schema::RequestSchema,
};

/// The project's own namespace for ids that are no uuid. Never change it: the store names cards by it.
const FOREIGN: Uuid = Uuid::from_u128(0x0d5b_51b2_3b0a_5c57_8f4e_2a4c_fb05_0110);

/// What was done with one card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feedback {
    /// The card; an id that is no uuid, which none of ours is, as a uuid made from it.
    pub card: Uuid,
    /// What was done.
    pub outcome: Outcome,
    /// When, in UTC.
    pub at: Timestamp,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Suggestions were accepted.
    Accepted {
        /// Their ids, read as a card's.
        suggestions: Vec<Uuid>,
    },
    /// The card was set aside.
    Overridden {
        /// The reason that was picked, from our list or one of the client's own (FB-08).
        reason: Option<Reason>,
        /// What was written; may hold patient data.
        comment: Option<String>,
    },
}

/// A coding without its display.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Reason {
    /// The code system, where it was named.
    #[serde(default)]
    pub system: Option<String>,
    /// The code.
    pub code: String,
}

#[derive(Deserialize)]
struct Body {
    feedback: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    card: String,
    outcome: OutcomeCode,
    outcome_timestamp: String,
    #[serde(default)]
    accepted_suggestions: Option<Vec<AcceptedSuggestion>>,
    #[serde(default)]
    override_reason: Option<OverrideReason>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum OutcomeCode {
    Accepted,
    Overridden,
}

#[derive(Deserialize)]
struct AcceptedSuggestion {
    id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OverrideReason {
    #[serde(default)]
    reason: Option<Reason>,
    #[serde(default)]
    user_comment: Option<String>,
}

/// Reads the body of a call: every entry in its order, duplicates too (FB-10).
///
/// # Errors
///
/// Every fault of every entry, each with its path and none with its value; nothing of the call is
/// kept then.
pub fn read(schema: &RequestSchema, body: &[u8]) -> Result<Vec<Feedback>, OperationOutcome> {
    let instance: Value = json(body)?;
    let mut faults = schema.faults(&instance);
    let entries = match serde_json::from_value::<Body>(instance) {
        Ok(body) => body.feedback,
        Err(_) if faults.is_empty() => {
            let text = "The body cannot be read.";
            return Err(OperationOutcome::new(Issue::new(
                IssueCode::Structure,
                text,
            )));
        }
        Err(_) => Vec::new(),
    };
    let mut read = Vec::with_capacity(entries.len());
    for (index, entry) in entries.into_iter().enumerate() {
        let place = format!("feedback[{index}].outcomeTimestamp");
        match entry.outcome_timestamp.parse::<Timestamp>() {
            Ok(at) => read.push(entry.at(at)),
            Err(_)
                if faults
                    .iter()
                    .any(|fault| fault.expression() == Some(&place)) => {}
            Err(_) => {
                let text = "Not allowed. Expected: a day and a time that there are.";
                faults.push(Issue::new(IssueCode::Value, text).at(place));
            }
        }
    }
    match OperationOutcome::from_issues(faults) {
        Some(outcome) => Err(outcome),
        None => Ok(read),
    }
}

impl Entry {
    fn at(self, at: Timestamp) -> Feedback {
        let reason = self.override_reason;
        Feedback {
            card: id(&self.card),
            outcome: match self.outcome {
                OutcomeCode::Accepted => Outcome::Accepted {
                    suggestions: self
                        .accepted_suggestions
                        .iter()
                        .flatten()
                        .map(|suggestion| id(&suggestion.id))
                        .collect(),
                },
                OutcomeCode::Overridden => {
                    let (reason, comment) =
                        reason.map_or((None, None), |r| (r.reason, r.user_comment));
                    Outcome::Overridden { reason, comment }
                }
            },
            at,
        }
    }
}

/// A uuid with or without `urn:uuid:`. Another text is kept as a uuid made from it, so that it can be
/// counted but not read: it may be anything, a patient's number too.
fn id(text: &str) -> Uuid {
    let bare = text.strip_prefix("urn:uuid:").unwrap_or(text);
    Uuid::parse_str(bare).unwrap_or_else(|_| Uuid::new_v5(&FOREIGN, text.as_bytes()))
}
