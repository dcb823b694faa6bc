//! The CDS Hooks protocol: discovery, requests checked against their schemas, and the answer.
//!
//! No clock and no I/O: a request, what was fetched for it and a day in, cards or an `OperationOutcome`
//! out. [`request::Request::wanted`] says what is to be fetched.

pub mod completion;
pub mod measure;
pub mod outcome;
pub mod request;
pub mod schema;
pub mod service;
pub mod template;

use std::collections::BTreeSet;

use jiff::{civil::Date, tz::TimeZone};
use serde::Serialize;

use crate::{
    cards::{self, Language, Writing, card::Card},
    chart::{Obtained, Reading, Shortfall, terminology::Terminology},
    guideline::{self, assessment::Population, problem::Problem},
};
use completion::Fetched;
use outcome::{Issue, IssueCode, OperationOutcome};
use request::Request;
use service::Service;

/// What an answer depends on besides the request and the day.
#[derive(Debug, Clone, Copy)]
pub struct Settings<'a> {
    /// The zone in which an instant becomes a day.
    pub zone: &'a TimeZone,
    /// The value sets.
    pub terminology: &'a Terminology,
    /// The language of the cards.
    pub language: Language,
    /// Whether a call whose required data could not be obtained is refused (PF-10), instead of
    /// answered from what there is.
    pub refuses: bool,
}

/// The answer to a call (RESP-01): `{"cards": […]}`, empty when there is nothing to say (RESP-02).
#[derive(Debug, Clone, Serialize)]
pub struct Answer {
    /// The cards, most urgent first.
    pub cards: Vec<Card>,
    /// The population that was found; for the log line, not sent.
    #[serde(skip)]
    pub population: Population,
    /// What to count; not sent.
    #[serde(skip)]
    pub signals: Signals,
}

/// What says over many answers that something is coded or recorded in a way that is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signals {
    /// The kinds of data problem, each once.
    pub problems: BTreeSet<Problem>,
    /// There is IgG, and the patient belongs to no population.
    pub igg_without_population: bool,
}

/// Answers one call of `service` from the request and from what was fetched for it.
///
/// # Errors
///
/// Where `refuses` and required data could not be obtained, or where they could not and there is no
/// card to say so: an [`OperationOutcome`] with the keys (412). Silence would read as "nothing to do".
/// Any other fault in the data of the chart is no error, the cards speak of it.
pub fn answer(
    service: &Service,
    request: &Request<'_>,
    fetched: &Fetched,
    as_of: Date,
    settings: Settings<'_>,
) -> Result<Answer, OperationOutcome> {
    let Settings {
        zone,
        terminology,
        language,
        refuses,
    } = settings;
    let missing = request.required_missing(fetched);
    let issues = missing.iter().map(|(key, why)| unobtained(key, *why));
    let unobtained = OperationOutcome::from_issues(issues.collect());
    if let Some(outcome) = unobtained.as_ref().filter(|_| refuses) {
        return Err(outcome.clone());
    }
    let chart = request.completed_chart(
        fetched,
        Reading {
            as_of,
            zone,
            terminology,
        },
    );
    let assessment = guideline::assess(&chart.facts, as_of);
    let writing = Writing {
        language,
        service: service.id(),
        hook: Some(service.hook()),
    };
    let cards = cards::write(&assessment, &chart, writing);
    let population = assessment.population.code;
    let signals = Signals {
        problems: assessment.data_problems.iter().map(|p| p.problem).collect(),
        igg_without_population: population == Population::None && !chart.facts.igg.is_empty(),
    };
    match unobtained {
        Some(outcome) if cards.is_empty() => Err(outcome),
        _ => Ok(Answer {
            cards,
            population,
            signals,
        }),
    }
}

/// A required key that was not obtained, and why.
fn unobtained(key: &str, why: Obtained<'_>) -> Issue {
    let (code, words) = match why {
        Obtained::Failed(shortfall) => {
            let code = match shortfall {
                Shortfall::NotListed | Shortfall::AddressRefused | Shortfall::Denied => {
                    IssueCode::Forbidden
                }
                Shortfall::Deadline => IssueCode::Timeout,
                Shortfall::Busy => IssueCode::Throttled,
                _ => IssueCode::Incomplete,
            };
            (code, shortfall.words())
        }
        Obtained::Nothing => (
            IssueCode::Required,
            "it was not sent, and no fhirServer is named".to_owned(),
        ),
        Obtained::Value(_) | Obtained::Fetched { .. } => (
            IssueCode::Incomplete,
            "it holds an error, or nothing that can be read".to_owned(),
        ),
    };
    let text = format!("Required data could not be obtained: {words}.");
    Issue::new(code, text).at(format!("prefetch.{key}"))
}
