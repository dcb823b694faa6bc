//! What the report page shows of a report: pictures and tables, ready for the template.

use std::fmt;

use super::draw::{self, Weeks, percent};
use crate::{
    cards::{
        Language,
        catalogue::{
            entry::{code, entry},
            overrides,
        },
    },
    guideline::assessment::CardCode,
    report::{CardReport, Cell, Report, SMALLEST, Why},
    server::pages::words::report as words,
    timeline::svg::escape,
};

/// The numbers of a period.
#[derive(Debug)]
pub struct ReportView {
    pub title: String,
    pub note: String,
    /// The picture of all cards.
    pub outcomes: String,
    pub rows: Vec<RowView>,
    /// Those of which more can be said than that they were shown.
    pub cards: Vec<CardView>,
    /// Cards with feedback that were never shown.
    pub unknown: Count,
}

/// A card in the table of all cards.
#[derive(Debug)]
pub struct RowView {
    /// More is said of it under this number.
    pub number: Option<usize>,
    pub code: String,
    pub name: &'static str,
    pub version: String,
    pub shown: Count,
    pub accepted: Count,
    pub accepted_share: Count,
    pub overridden: Count,
    pub overridden_share: Count,
    pub unanswered: Count,
}

/// A card by itself.
#[derive(Debug)]
pub struct CardView {
    pub number: usize,
    pub title: String,
    pub weeks: String,
    pub by_week: Vec<(String, [Count; 3])>,
    /// The picture; empty where there is none.
    pub reasons: String,
    /// It was set aside, and why is hidden.
    pub reasons_hidden: bool,
    pub by_reason: Vec<(ReasonWords, Count)>,
    pub by_suggestion: Vec<(String, Count)>,
}

/// A count, or a share of one, as it is written; and as it is said, where it is hidden. Shown as HTML.
#[derive(Debug)]
pub struct Count {
    written: String,
    said: Option<String>,
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let written = escape(&self.written);
        match &self.said {
            None => f.write_str(&written),
            Some(said) => write!(
                f,
                "<span aria-hidden=\"true\">{written}</span><span class=\"visually-hidden\">{}</span>",
                escape(said)
            ),
        }
    }
}

/// A reason in words, and its code where there is one.
#[derive(Debug)]
pub struct ReasonWords {
    pub words: String,
    pub code: String,
}

/// A card of the report with its name.
#[derive(Debug, Clone, Copy)]
pub struct Named<'a> {
    pub report: &'a CardReport,
    name: &'static str,
    /// The report has the card under more than one version of the guideline.
    versioned: bool,
}

impl<'a> Named<'a> {
    fn new(report: &'a CardReport, all: &[CardReport], language: Language) -> Self {
        let known = CardCode::ALL
            .into_iter()
            .find(|card| code(*card) == report.card);
        let same = all.iter().filter(|other| other.card == report.card);
        Self {
            report,
            name: known.map_or("", |card| entry(card).name.say(language)),
            versioned: same.count() > 1,
        }
    }

    /// Code and name, and the version where that tells it apart.
    pub fn title(&self) -> String {
        let (card, name, version) = (&self.report.card, self.name, &self.report.guideline);
        match (name, self.versioned) {
            ("", false) => card.clone(),
            ("", true) => format!("{card} ({version})"),
            (_, false) => format!("{card} {name}"),
            (_, true) => format!("{card} {name} ({version})"),
        }
    }
}

impl ReportView {
    /// What is shown of a report.
    pub fn new(report: &Report, language: Language) -> Self {
        let cards: Vec<Named<'_>> = report
            .cards
            .iter()
            .map(|card| Named::new(card, &report.cards, language))
            .collect();
        let more = |card: &Named<'_>| !card.report.by_week.is_empty();
        Self {
            title: words::shown_in(report.from, report.to, language),
            note: words::hidden_note(language),
            outcomes: draw::outcomes(&cards, language),
            rows: cards
                .iter()
                .zip(1..)
                .map(|(card, number)| RowView::new(card, more(card).then_some(number), language))
                .collect(),
            cards: cards
                .iter()
                .zip(1..)
                .filter(|(card, _)| more(card))
                .map(|(card, number)| CardView::new(card, number, language))
                .collect(),
            unknown: total(report.unknown_cards, language),
        }
    }
}

impl RowView {
    fn new(card: &Named<'_>, number: Option<usize>, language: Language) -> Self {
        let report = card.report;
        let share = |count: Cell| match (count, report.shown) {
            (Some(count), Some(whole)) => Count {
                written: words::percent(percent(count, whole), language),
                said: None,
            },
            _ => part(None, language),
        };
        Self {
            number,
            code: report.card.clone(),
            name: card.name,
            version: report.guideline.clone(),
            shown: total(report.shown, language),
            accepted: part(report.accepted, language),
            accepted_share: share(report.accepted),
            overridden: part(report.overridden, language),
            overridden_share: share(report.overridden),
            unanswered: part(report.unanswered, language),
        }
    }
}

impl CardView {
    fn new(card: &Named<'_>, number: usize, language: Language) -> Self {
        let report = card.report;
        Self {
            number,
            title: card.title(),
            weeks: Weeks::of(report).map_or_else(String::new, |weeks| {
                draw::weeks(&format!("weeks-{number}"), card, weeks, language)
            }),
            by_week: report
                .by_week
                .iter()
                .map(|by| {
                    let counts = [by.accepted, by.overridden, by.unanswered];
                    let counts = counts.map(|count| part(count, language));
                    (words::week(by.week, language), counts)
                })
                .collect(),
            reasons: if report.by_reason.is_empty() {
                String::new()
            } else {
                draw::reasons(&format!("reasons-{number}"), card, language)
            },
            reasons_hidden: report.by_reason.is_empty() && report.overridden != Some(0),
            by_reason: report
                .by_reason
                .iter()
                .map(|by| (reason(&by.why, language), part(by.count, language)))
                .collect(),
            by_suggestion: report
                .by_suggestion
                .iter()
                .map(|by| (by.suggestion.clone(), part(by.count, language)))
                .collect(),
        }
    }
}

/// A reason; one of the client's own is its code.
pub fn reason(why: &Why, language: Language) -> ReasonWords {
    let (words, code) = match why {
        Why::Coded(reason) => {
            let code = reason.code.clone();
            let known = overrides::display(reason.system.as_deref(), &code, language);
            let words = known.map_or_else(|| code.clone(), str::to_owned);
            let code = match &reason.system {
                Some(system) => format!("{system}#{code}"),
                None => code,
            };
            (words, code)
        }
        Why::Words => (words::IN_WORDS.say(language).to_owned(), String::new()),
        Why::NotSaid => (words::NOT_SAID.say(language).to_owned(), String::new()),
    };
    ReasonWords { words, code }
}

/// A count that stands for itself: hidden only where it is small.
fn total(count: Cell, language: Language) -> Count {
    count.map_or_else(
        || Count {
            written: format!("<{SMALLEST}"),
            said: Some(words::few(language)),
        },
        printed,
    )
}

/// A part of a total: hidden where it is small, or where it would tell one that is.
fn part(count: Cell, language: Language) -> Count {
    count.map_or_else(
        || Count {
            written: "*".to_owned(),
            said: Some(words::HIDDEN.say(language).to_lowercase()),
        },
        printed,
    )
}

fn printed(count: u64) -> Count {
    Count {
        written: count.to_string(),
        said: None,
    }
}
