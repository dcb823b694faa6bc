//! The CDS Hooks protocol: discovery, requests checked against their schemas, and the answer.
//!
//! No clock and no I/O: a body and a day in, cards or an `OperationOutcome` out.

pub mod outcome;
pub mod request;
pub mod schema;
pub mod service;
pub mod template;

use jiff::{civil::Date, tz::TimeZone};
use serde::Serialize;

use crate::{
    cards::{self, Language, Writing, card::Card},
    chart::{Chart, Reading, terminology::Terminology},
    guideline::{
        self,
        assessment::{Assessment, Population},
    },
};
use outcome::OperationOutcome;
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
}

/// The answer to a call (RESP-01): `{"cards": […]}`, empty when there is nothing to say (RESP-02).
#[derive(Debug, Clone, Serialize)]
pub struct Answer {
    /// The cards, most urgent first.
    pub cards: Vec<Card>,
    /// The population that was found; for the log line, not sent.
    #[serde(skip)]
    pub population: Population,
}

/// Answers one call of `service`.
///
/// # Errors
///
/// Every fault of the request in one [`OperationOutcome`] (400); a fault in the data of the chart
/// is no error, the cards speak of it.
pub fn answer(
    service: &Service,
    body: &[u8],
    as_of: Date,
    settings: Settings<'_>,
) -> Result<Answer, OperationOutcome> {
    evaluate(service, body, as_of, settings).map(|evaluation| Answer {
        population: evaluation.assessment.population.code,
        cards: evaluation.cards,
    })
}

/// An answer with everything that it came from.
#[derive(Debug, Clone)]
pub struct Evaluation {
    /// The chart.
    pub chart: Chart,
    /// What the guideline says of it.
    pub assessment: Assessment,
    /// The cards, most urgent first.
    pub cards: Vec<Card>,
}

/// Evaluates one call of `service`, as [`answer`] does, and keeps how the answer came about.
///
/// # Errors
///
/// As [`answer`].
pub fn evaluate(
    service: &Service,
    body: &[u8],
    as_of: Date,
    settings: Settings<'_>,
) -> Result<Evaluation, OperationOutcome> {
    let request = Request::read(service, body)?;
    let Settings {
        zone,
        terminology,
        language,
    } = settings;
    let chart = request.chart(Reading {
        as_of,
        zone,
        terminology,
    });
    let assessment = guideline::assess(&chart.facts, as_of);
    let writing = Writing {
        language,
        service: service.id(),
        hook: Some(service.hook()),
    };
    Ok(Evaluation {
        cards: cards::write(&assessment, &chart, writing),
        assessment,
        chart,
    })
}
