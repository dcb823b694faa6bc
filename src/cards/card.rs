//! A card as CDS Hooks sends it, in types that cannot break the protocol's rules.

use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::{extension::Extension, resource::Resource};
use crate::guideline::assessment::CardCode;

/// A card (CARD-01…CARD-12).
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Card {
    /// Which card of the catalogue; for the audit line, not sent.
    #[serde(skip)]
    pub code: CardCode,
    /// The same for the same service, patient, card, guideline version and deciding facts (v5).
    pub uuid: Uuid,
    /// One plain sentence, at most 139 characters.
    pub summary: Summary,
    /// GitHub-flavoured Markdown; data in it are escaped.
    pub detail: String,
    /// How urgent.
    pub indicator: Indicator,
    /// The guideline.
    pub source: Source,
    /// Drafts that the clinician may accept.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub suggestions: Vec<Suggestion>,
    /// `at-most-one`; present exactly when there are suggestions (CARD-08).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selection_behavior: Option<SelectionBehavior>,
    /// Where more can be seen; the server adds them, since it knows its address.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Link>,
    /// Why the clinician may set it aside.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub override_reasons: Vec<Coding>,
    /// How the card came about.
    pub extension: Extension,
}

/// At most 139 characters, counted as Unicode scalar values (CARD-02).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Summary(String);

impl Summary {
    /// Most characters that fit.
    pub const MAX_CHARS: usize = 139;

    /// The text, shortened at a word with an ellipsis where it is too long.
    pub fn fit(text: &str) -> Self {
        if text.chars().count() <= Self::MAX_CHARS {
            return Self(text.to_owned());
        }
        let head: String = text.chars().take(Self::MAX_CHARS - 1).collect();
        let cut = head.rfind(' ').unwrap_or(head.len());
        Self(format!(
            "{}…",
            head[..cut].trim_end_matches([' ', ',', ':', ';'])
        ))
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Urgency (CARD-05).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Indicator {
    /// For information.
    Info,
    /// Needs attention.
    Warning,
    /// Danger.
    Critical,
}

/// Primary source (SRC-01…SRC-04).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Source {
    /// Short name.
    pub label: String,
    /// Address of the guideline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// What the card is about.
    pub topic: Coding,
}

/// A coding (COD-01).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Coding {
    /// System.
    pub system: String,
    /// Code.
    pub code: String,
    /// Display.
    pub display: String,
}

/// A link (LINK-01…LINK-05).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Link {
    label: String,
    url: String,
    #[serde(rename = "type")]
    kind: &'static str,
    app_context: String,
    /// The app is opened by a person, not by the client (LINK-05).
    #[serde(rename = "autolaunchable")]
    auto_launched: bool,
    /// The same, as some readers of 2.0 spell it; they take a link without it for broken.
    auto_launchable: bool,
}

impl Link {
    /// A link to a SMART app, which is told which card it was opened from.
    pub fn smart(label: &str, url: &str, card: &Card) -> Self {
        let topic = &card.source.topic;
        Self {
            label: label.to_owned(),
            url: url.to_owned(),
            kind: "smart",
            app_context: json!({ "card": topic.code, "uuid": card.uuid }).to_string(),
            auto_launched: false,
            auto_launchable: false,
        }
    }
}

/// Only one suggestion may be accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SelectionBehavior {
    /// At most one.
    AtMostOne,
}

/// A suggestion (SUG-01…SUG-04).
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Suggestion {
    /// What its button says.
    pub label: String,
    /// Deterministic, as the card's.
    pub uuid: Uuid,
    /// What tells it apart from the card's others, in no language; for reports, not sent.
    #[serde(skip)]
    pub kind: &'static str,
    /// Recommended; at most one of a card, none where it is a judgement (SUG-03).
    pub is_recommended: bool,
    /// What accepting it does, all of it.
    pub actions: Vec<Action>,
}

/// An action (ACT-01…ACT-05).
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Action {
    /// Create a resource.
    Create {
        /// What it does, for a person.
        description: String,
        /// The complete new resource.
        resource: Resource,
    },
    /// Replace a resource by this whole one.
    Update {
        /// What it does, for a person.
        description: String,
        /// The complete updated resource, unknown elements kept.
        resource: Resource,
    },
    /// Delete a resource.
    Delete {
        /// What it does, for a person.
        description: String,
        /// `Type/id`.
        #[serde(rename = "resourceId")]
        resource_id: String,
        /// The same, where CDS Hooks 1.0 has it; for clients that read nothing else (AMB-13).
        #[serde(skip_serializing_if = "Option::is_none")]
        resource: Option<String>,
    },
}

impl Card {
    /// Names what a delete deletes in `resource` too, as CDS Hooks 1.0 has it (AMB-13).
    pub fn name_deletes_as_in_1_0(&mut self) {
        let actions = self
            .suggestions
            .iter_mut()
            .flat_map(|suggestion| &mut suggestion.actions);
        for action in actions {
            if let Action::Delete {
                resource_id,
                resource,
                ..
            } = action
            {
                *resource = Some(resource_id.clone());
            }
        }
    }
}
