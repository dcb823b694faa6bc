//! The cards: an assessment in, words and suggestions out, in Danish or English.

pub mod card;
mod case;
pub(crate) mod catalogue;
mod comparators;
mod detail;
pub mod evidence;
pub mod extension;
mod identity;
pub mod knowledge;
pub(crate) mod locale;
mod markdown;
pub mod resource;
mod suggest;
mod terminal;
#[cfg(test)]
mod tests;
pub mod vocabulary;

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};

use crate::{
    chart::{Chart, DraftKind},
    guideline::{
        assessment::{Assessment, CardCode},
        hooks::{self, Hook, Subject},
        trace::GroundId,
    },
};
use card::{Card, Coding, SelectionBehavior, Source};
use case::Case;
use catalogue::{entry, overrides, summary};

pub use identity::{key, with_key};
pub use suggest::infection_history;
pub use terminal::as_text;

/// Code system of the cards.
pub const CARD_SYSTEM: &str = "urn:sid-cds:card";
/// Where the guideline is published.
pub const GUIDELINE_URL: &str = "https://medicinraadet.dk";

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

impl Language {
    /// Its tag (BCP 47).
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Da => "da",
            Self::En => "en",
        }
    }
}

/// A ground of the trace in words, for pages and tables.
pub fn ground_name(ground: GroundId, language: Language) -> &'static str {
    catalogue::grounds::ground(ground).say(language)
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

/// The cards to show. The guideline's order picks those of a hook (decision-spec §3.5), and the most
/// urgent of them comes first (UX-05).
pub fn write(assessment: &Assessment, chart: &Chart, writing: Writing<'_>) -> Vec<Card> {
    let codes = match writing.hook {
        Some(hook) => hooks::shown(assessment, hook, subject(chart.draft)),
        None => assessment.cards.clone(),
    };
    let case = Case {
        assessment,
        chart,
        language: writing.language,
        service: writing.service,
    };
    let mut cards: Vec<Card> = codes.into_iter().map(|code| card(code, &case)).collect();
    if writing.hook.is_some() {
        cards.sort_by_key(|card| Reverse(card.indicator));
    }
    cards
}

fn subject(draft: DraftKind) -> Subject {
    match draft {
        DraftKind::NothingChosen => Subject::Patient,
        DraftKind::Immunoglobulin => Subject::ImmunoglobulinOrder,
        DraftKind::Other => Subject::OtherOrder,
    }
}

fn card(code: CardCode, case: &Case<'_>) -> Card {
    let entry = entry::entry(code);
    let language = case.language;
    let uuid = identity::card_uuid(code, case);
    let suggestions = suggest::suggestions(code, case, uuid);
    Card {
        code,
        uuid,
        summary: summary::summary(code, case),
        detail: detail::detail(code, case),
        indicator: summary::indicator(code, case),
        source: Source {
            label: format!(
                "Medicinrådet – immunglobulin ved SID, v. {}",
                case.assessment.guideline.version
            ),
            url: Some(GUIDELINE_URL.to_owned()),
            topic: Coding {
                system: CARD_SYSTEM.to_owned(),
                code: entry::code(code).to_owned(),
                display: entry.name.say(language).to_owned(),
            },
        },
        selection_behavior: (!suggestions.is_empty()).then_some(SelectionBehavior::AtMostOne),
        suggestions,
        links: Vec::new(),
        override_reasons: entry
            .overrides
            .iter()
            .map(|reason| overrides::coding(*reason, language))
            .collect(),
        extension: extension::extension(code, case),
    }
}
