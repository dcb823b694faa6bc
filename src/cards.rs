//! The cards: an assessment in, words and suggestions out, in Danish or English.

pub mod card;

use serde::{Deserialize, Serialize};

use crate::{
    chart::Chart,
    guideline::{assessment::Assessment, hooks::Hook},
};
use card::Card;

/// The languages of the catalogue.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Danish.
    #[default]
    Da,
    /// English.
    En,
}

/// With what cards are written.
#[derive(Debug, Clone, Copy)]
pub struct Writing<'a> {
    /// Language.
    pub language: Language,
    /// The service's id; part of a card's identity.
    pub service: &'a str,
    /// The hook; `None` writes every card of the state (`sid-cds assess`).
    pub hook: Option<Hook>,
}

/// The cards to show.
pub fn write(_assessment: &Assessment, _chart: &Chart, _writing: Writing<'_>) -> Vec<Card> {
    Vec::new()
}

/// The cards as a clinician would read them in a terminal.
pub fn as_text(_cards: &[Card], _language: Language) -> String {
    String::new()
}
