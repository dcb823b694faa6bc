//! The CDS Hooks protocol: discovery, requests checked against their schemas, and the answer.
//!
//! No clock and no I/O: a request, what was fetched for it and a day in, cards or an `OperationOutcome`
//! out. [`request::Request::wanted`] says what is to be fetched.

mod body;
pub mod completion;
pub mod feedback;
pub mod measure;
pub mod outcome;
pub mod request;
pub mod schema;
pub mod service;
pub mod template;

use jiff::{civil::Date, tz::TimeZone};
use serde::Serialize;

use crate::{
    cards::{self, Language, Writing, card::Card},
    chart::{Chart, Obtained, Reading, Shortfall, terminology::Terminology},
    guideline::{
        self,
        assessment::{Assessment, CourseConclusion, OrderConclusion, Population, StartConclusion},
        problem::Problem,
    },
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
    /// There is IgG, and the patient belongs to no population.
    pub igg_without_population: bool,
}

impl Concluded {
    fn new(hook_instance: String, chart: &Chart, assessment: &Assessment) -> Self {
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
            igg_without_population: assessment.population.code == Population::None
                && !chart.facts.igg.is_empty(),
        }
    }
}

impl Answer {
    /// For a client of CDS Hooks 1.0: deletes name their resource where that version has it (AMB-13).
    pub fn name_deletes_as_in_1_0(&mut self) {
        self.cards.iter_mut().for_each(Card::name_deletes_as_in_1_0);
    }
}

/// A part of the work on an answer, for whoever measures how long each takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// FHIR to facts.
    Chart,
    /// Facts to the assessment.
    Guideline,
    /// The assessment to cards.
    Cards,
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
    answer_in_steps(service, request, fetched, as_of, settings, |_| ())
}

/// Answers one call, as [`answer`] does; `begins` is told of each step.
///
/// # Errors
///
/// As [`answer`].
pub fn answer_in_steps(
    service: &Service,
    request: &Request<'_>,
    fetched: &Fetched,
    as_of: Date,
    settings: Settings<'_>,
    begins: impl FnMut(Step),
) -> Result<Answer, OperationOutcome> {
    let evaluation = evaluate_in_steps(service, request, fetched, as_of, settings, begins);
    evaluation.map(|evaluation| Answer {
        concluded: Concluded::new(
            request.hook_instance().to_owned(),
            &evaluation.chart,
            &evaluation.assessment,
        ),
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
    request: &Request<'_>,
    fetched: &Fetched,
    as_of: Date,
    settings: Settings<'_>,
) -> Result<Evaluation, OperationOutcome> {
    evaluate_in_steps(service, request, fetched, as_of, settings, |_| ())
}

fn evaluate_in_steps(
    service: &Service,
    request: &Request<'_>,
    fetched: &Fetched,
    as_of: Date,
    settings: Settings<'_>,
    mut begins: impl FnMut(Step),
) -> Result<Evaluation, OperationOutcome> {
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
    begins(Step::Chart);
    let chart = request.completed_chart(
        fetched,
        Reading {
            as_of,
            zone,
            terminology,
        },
    );
    begins(Step::Guideline);
    let assessment = guideline::assess(&chart.facts, as_of);
    begins(Step::Cards);
    let writing = Writing {
        language,
        service: service.id(),
        hook: Some(service.hook()),
    };
    let cards = cards::write(&assessment, &chart, writing);
    match unobtained {
        Some(outcome) if cards.is_empty() => Err(outcome),
        _ => Ok(Evaluation {
            chart,
            assessment,
            cards,
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
        Obtained::Value(_) | Obtained::Split(_) | Obtained::Fetched { .. } => (
            IssueCode::Incomplete,
            "it holds an error, or nothing that can be read".to_owned(),
        ),
    };
    let text = format!("Required data could not be obtained: {words}.");
    Issue::new(code, text).at(format!("prefetch.{key}"))
}
