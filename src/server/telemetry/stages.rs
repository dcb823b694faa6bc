//! The stages of an answer: how long each took, as `Server-Timing` and as spans.

use std::{
    fmt::Write as _,
    time::{Duration, Instant},
};

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

use super::Span;
use crate::{cds_hooks::Step, config::Origins};

/// The header that says how long each stage took.
pub const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

/// A stage of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The body against its schema.
    Read,
    /// What the request did not bring.
    Fetch,
    /// FHIR to facts.
    Chart,
    /// The assessment.
    Guideline,
    /// Cards from it.
    Cards,
    /// Feedback into the store.
    Store,
    /// The answer as JSON.
    Write,
}

impl Stage {
    /// As it stands in the header and in traces.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Fetch => "fetch",
            Self::Chart => "chart",
            Self::Guideline => "guideline",
            Self::Cards => "cards",
            Self::Store => "store",
            Self::Write => "write",
        }
    }
}

impl From<Step> for Stage {
    fn from(step: Step) -> Self {
        match step {
            Step::Chart => Self::Chart,
            Step::Guideline => Self::Guideline,
            Step::Cards => Self::Cards,
        }
    }
}

/// The stages of one answer, each until the next begins.
#[derive(Debug)]
pub struct Stages {
    call: Span,
    began: Instant,
    open: Option<(Stage, Instant, Span)>,
    done: Vec<(Stage, Duration)>,
}

impl Stages {
    /// None yet, of the call with this span.
    pub fn of(call: Span) -> Self {
        Self {
            call,
            began: Instant::now(),
            open: None,
            done: Vec::new(),
        }
    }

    /// The span of the call.
    pub fn call(&self) -> &Span {
        &self.call
    }

    /// Begins a stage, and ends the one before; gives its span.
    pub fn begin(&mut self, stage: Stage) -> Span {
        let now = self.end();
        let span = self.call.child(stage.name());
        self.open = Some((stage, now, span.clone()));
        span
    }

    fn end(&mut self) -> Instant {
        let now = Instant::now();
        if let Some((stage, began, span)) = self.open.take() {
            span.end();
            self.done.push((stage, now - began));
        }
        now
    }

    /// Ends the last, and says in milliseconds how long each took, and all of them.
    pub fn header(mut self) -> Option<HeaderValue> {
        let all = self.end() - self.began;
        let mut text = String::new();
        for (stage, took) in &self.done {
            let _ = write!(text, "{};dur={}, ", stage.name(), milliseconds(*took));
        }
        let _ = write!(text, "total;dur={}", milliseconds(all));
        HeaderValue::from_str(&text).ok()
    }
}

fn milliseconds(time: Duration) -> String {
    format!("{:.3}", time.as_secs_f64() * 1000.0)
}

/// The page that may read how long an answer took, as `Timing-Allow-Origin` names it: the one that may
/// read the answer.
pub fn readable_by(origins: &Origins, headers: &HeaderMap) -> Option<HeaderValue> {
    let origin = headers.get(header::ORIGIN)?;
    match origins {
        Origins::Any => Some(HeaderValue::from_static("*")),
        Origins::Listed(listed) => listed
            .iter()
            .any(|known| known.as_bytes() == origin.as_bytes())
            .then(|| origin.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_names_the_stages_in_order_and_the_whole() {
        let mut stages = Stages::of(Span::default());
        stages.begin(Stage::Read);
        stages.begin(Step::Chart.into());
        stages.begin(Stage::Write);
        let header = stages.header().unwrap();
        let mut sum = 0.0;
        let mut names = Vec::new();
        for metric in header.to_str().unwrap().split(", ") {
            let (name, took) = metric.split_once(";dur=").unwrap();
            let took: f64 = took.parse().unwrap();
            if name == "total" {
                // Each is rounded to a thousandth.
                assert!(took + 0.01 >= sum, "{header:?}");
            }
            sum += took;
            names.push(name);
        }
        assert_eq!(names, ["read", "chart", "write", "total"]);
    }
}
