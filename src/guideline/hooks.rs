//! Which hook shows which cards (decision-spec §3.5).

use serde::{Deserialize, Serialize};

use super::assessment::{Assessment, CardCode};

/// The hooks that the service answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hook {
    /// A chart is opened.
    PatientView,
    /// An order is picked.
    OrderSelect,
    /// An order is signed.
    OrderSign,
}

/// What an order hook is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// No order, or nothing chosen in it yet: as when the chart is opened.
    Patient,
    /// An order of human normal immunoglobulin.
    ImmunoglobulinOrder,
    /// Another order: silence, unless data could not be obtained.
    OtherOrder,
}

/// The cards that `hook` shows of an assessment, at most three, most urgent first.
pub fn shown(_assessment: &Assessment, _hook: Hook, _subject: Subject) -> Vec<CardCode> {
    Vec::new()
}
