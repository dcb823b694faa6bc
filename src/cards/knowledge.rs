//! What a card is, for those who share knowledge as FHIR artefacts: its name and its sources.

use super::{
    Language,
    catalogue::{Text, entry},
};
use crate::guideline::assessment::CardCode;

/// A card apart from any patient.
#[derive(Debug, Clone, Copy)]
pub struct Knowledge {
    /// Its code, `C01`.
    pub code: &'static str,
    name: Text,
    /// Sections of the summary.
    pub sections: &'static str,
    /// Sections of the addendum.
    pub addendum: Option<&'static str>,
    /// Recommendations.
    pub recommendations: &'static [&'static str],
}

impl Knowledge {
    /// Its short name.
    pub fn name(&self, language: Language) -> &'static str {
        self.name.say(language)
    }
}

/// Every card.
pub fn all() -> impl Iterator<Item = (CardCode, Knowledge)> {
    CardCode::ALL.into_iter().map(|card| {
        let entry = entry::entry(card);
        let knowledge = Knowledge {
            code: entry::code(card),
            name: entry.name,
            sections: entry.sections,
            addendum: entry.addendum,
            recommendations: entry.recommendations,
        };
        (card, knowledge)
    })
}
