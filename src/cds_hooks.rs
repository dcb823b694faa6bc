//! The CDS Hooks protocol: discovery, requests checked against their schemas, and the answer.
//!
//! No clock and no I/O: a body and a day in, cards or an `OperationOutcome` out.

pub mod feedback;
pub mod outcome;
pub mod request;
pub mod schema;
pub mod service;
pub mod template;

use jiff::{civil::Date, tz::TimeZone};
use serde::Serialize;

use crate::{
    cards::{self, Language, Writing, card::Card},
    chart::{Reading, terminology::Terminology},
    guideline::{
        self,
        assessment::{Assessment, CourseConclusion, OrderConclusion, Population, StartConclusion},
        problem::Problem,
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
    /// What was concluded; for the audit trail and the store, not sent.
    #[serde(skip)]
    pub concluded: Concluded,
}

/// What an answer rests on, in codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Concluded {
    /// The client's id of the moment at which the hook fired.
    pub hook_instance: String,
    /// The evaluation date.
    pub as_of: Date,
    /// The version of the guideline.
    pub guideline: &'static str,
    /// The population.
    pub population: Population,
    /// Whether immunoglobulin can be started.
    pub start: StartConclusion,
    /// What is said of the running course.
    pub course: Vec<CourseConclusion>,
    /// What is said of the order.
    pub order: Option<OrderConclusion>,
    /// What could not be read or used, each kind once.
    pub problems: Vec<Problem>,
}

impl Concluded {
    fn new(hook_instance: String, assessment: &Assessment) -> Self {
        let mut problems: Vec<Problem> = assessment
            .data_problems
            .iter()
            .map(|problem| problem.problem)
            .collect();
        problems.sort_unstable();
        problems.dedup();
        Self {
            hook_instance,
            as_of: assessment.as_of,
            guideline: assessment.guideline.version,
            population: assessment.population.code,
            start: assessment.start.conclusion,
            course: assessment.course.conclusions.clone(),
            order: assessment.order.conclusion,
            problems,
        }
    }
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
    Ok(Answer {
        cards: cards::write(&assessment, &chart, writing),
        concluded: Concluded::new(request.hook_instance().to_owned(), &assessment),
    })
}
