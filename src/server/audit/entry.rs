//! One call, as a line of the audit trail says it.

use axum::{
    extract::{MatchedPath, Request},
    response::Response,
};
use jiff::Timestamp;
use serde::{Serialize, Serializer};

use crate::{
    cds_hooks::{Answer, Concluded, service::Services},
    server::{
        limits::{Limit, ServedTo},
        trust::Refused,
    },
};

/// A call to an address of CDS Hooks, as far as the address says.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    kind: Kind,
    /// Where it is one of ours: another name could be anything.
    service: Option<&'a str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Discovery,
    Hook,
    Feedback,
}

/// What a handler has found out about a call; travels with the response.
#[derive(Debug, Clone)]
pub struct Called(What);

#[derive(Debug, Clone)]
enum What {
    /// A hook that was refused after its request was read.
    Read { hook_instance: String },
    /// A hook that was answered: what was concluded, and the codes of the cards.
    Answered(Concluded, Vec<String>),
    /// The number of entries of feedback that were kept.
    Kept(usize),
}

/// One line.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Entry<'a> {
    #[serde(serialize_with = "milliseconds")]
    pub(super) at: Timestamp,
    pub(super) call: Kind,
    /// `None` where it is not known who called.
    pub(super) client: Option<&'a str>,
    /// Who a token that is not trusted says to come from, where that is a client of the configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) claimed_client: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) service: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) hook_instance: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) population: Option<String>,
    /// Start, course and order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) conclusions: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cards: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) data_problems: Option<Vec<String>>,
    /// Of feedback.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) entries: Option<usize>,
    /// Why it was turned away: the code of a limit, or of why it is not trusted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cause: Option<&'static str>,
    pub(super) milliseconds: f64,
    pub(super) status: u16,
    /// Lines of calls that were turned away and left out since the line before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) withheld: Option<u64>,
}

impl<'a> Call<'a> {
    /// The call of a request, where it is one to an address of CDS Hooks.
    pub fn of(request: &Request, services: &'a Services) -> Option<Self> {
        let pattern = request.extensions().get::<MatchedPath>()?;
        let kind = match pattern.as_str() {
            "/cds-services" => Kind::Discovery,
            "/cds-services/{id}" => Kind::Hook,
            "/cds-services/{id}/feedback" => Kind::Feedback,
            _ => return None,
        };
        let named = request.uri().path().split('/').nth(2).unwrap_or_default();
        let service = services.get(named).map(|service| service.id());
        Some(Self { kind, service })
    }
}

impl Called {
    /// A hook that was answered, or refused after its request was read.
    pub fn hook<E>(hook_instance: Option<String>, answer: &Result<Answer, E>) -> Option<Self> {
        let what = match answer {
            Ok(answer) => What::Answered(
                answer.concluded.clone(),
                answer.cards.iter().map(|card| code(&card.code)).collect(),
            ),
            Err(_) => What::Read {
                hook_instance: hook_instance?,
            },
        };
        Some(Self(what))
    }

    /// Feedback, with the number of entries that were kept.
    pub fn feedback(kept: usize) -> Self {
        Self(What::Kept(kept))
    }
}

impl<'a> Entry<'a> {
    /// What is known of a call when it has been answered.
    pub(super) fn new(
        at: Timestamp,
        call: Call<'a>,
        served: &'a ServedTo,
        response: &'a Response,
        milliseconds: f64,
    ) -> Self {
        let extensions = response.extensions();
        let refused = extensions.get::<Refused>();
        let limit = extensions.get::<Limit>();
        let mut entry = Self {
            at,
            call: call.kind,
            client: served.name(),
            claimed_client: refused.and_then(|refused| refused.client.as_deref()),
            service: call.service,
            hook_instance: None,
            population: None,
            conclusions: None,
            cards: None,
            data_problems: None,
            entries: None,
            cause: limit
                .map(|limit| limit.code())
                .or(refused.map(|refused| refused.denial.code())),
            milliseconds,
            status: response.status().as_u16(),
            withheld: None,
        };
        match extensions.get::<Called>().map(|called| &called.0) {
            None => {}
            Some(What::Read { hook_instance }) => entry.hook_instance = Some(hook_instance),
            Some(What::Answered(concluded, cards)) => {
                let start = std::iter::once(code(&concluded.start));
                let course = concluded.course.iter().map(code);
                let order = concluded.order.iter().map(code);
                entry.hook_instance = Some(&concluded.hook_instance);
                entry.population = Some(code(&concluded.population));
                entry.conclusions = Some(start.chain(course).chain(order).collect());
                entry.cards = Some(cards);
                entry.data_problems = Some(concluded.problems.iter().map(code).collect());
            }
            Some(What::Kept(entries)) => entry.entries = Some(*entries),
        }
        entry
    }

    /// The line of the log; with what was concluded where the log is the sink.
    pub(super) fn log(&self, whole: bool) {
        let joined = |codes: Option<&[String]>| codes.filter(|_| whole).map(|c| c.join(" "));
        macro_rules! line {
            ($level:ident, $message:literal) => {
                tracing::$level!(
                    service = self.service,
                    client = self.client,
                    claimed_client = self.claimed_client,
                    status = self.status,
                    ms = self.milliseconds,
                    call = code(&self.call),
                    cause = self.cause,
                    hook_instance = self.hook_instance.filter(|_| whole),
                    population = self.population.as_deref().filter(|_| whole),
                    conclusions = joined(self.conclusions.as_deref()),
                    cards = joined(self.cards),
                    data_problems = joined(self.data_problems.as_deref()),
                    entries = self.entries.filter(|_| whole),
                    withheld = self.withheld,
                    $message
                )
            };
        }
        match (self.status, self.cause) {
            (401, Some(_)) => line!(warn, "not trusted"),
            (_, Some(_)) => line!(warn, "over a limit"),
            (..=399, None) => line!(info, "answered"),
            (500, None) => line!(error, "failed"),
            (_, None) => line!(info, "refused"),
        }
    }
}

/// The code as the assessment's JSON spells it.
fn code(value: &impl Serialize) -> String {
    serde_json::to_string(value)
        .unwrap_or_default()
        .trim_matches('"')
        .to_owned()
}

fn milliseconds<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&format!("{at:.3}"))
}
