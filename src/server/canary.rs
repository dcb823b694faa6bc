//! Canaries: built-in patients, assessed again and again, whose assessment must be the expected one.
//!
//! What they find is a fault of this build or this machine that no request would show: an answer that
//! is wrong without being an error.

use std::{sync::Arc, time::Duration};

use figment::{
    Figment,
    providers::{Format, Toml},
};
use jiff::{civil::Date, tz::TimeZone};
use metrics::gauge;
use serde::Deserialize;
use serde_json::{Value, value::RawValue};
use thiserror::Error;

use super::{State, demonstration::FIXTURES};
use crate::{
    chart::{self, Input, Reading, terminology::Terminology},
    guideline,
};

/// The built-in patients with what must come out.
#[derive(Debug, Default)]
pub struct Canaries(Vec<Canary>);

/// One patient.
#[derive(Debug)]
pub struct Canary {
    /// The folder of the fixture.
    pub name: String,
    /// The day of the evaluation.
    pub as_of: Date,
    /// The whole record, a Bundle.
    pub record: Box<RawValue>,
    /// The assessment that must come out.
    pub expected: Value,
}

/// A fixture that the program was built with cannot be used.
#[derive(Debug, Error)]
#[error("fixtures/{file}: {reason}")]
pub struct CanaryError {
    file: String,
    reason: String,
}

/// Of `story.toml`.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Story {
    as_of: Date,
    #[serde(default)]
    not_searched: Vec<String>,
}

impl Canaries {
    /// The fixtures whose whole record can be had.
    ///
    /// # Errors
    ///
    /// A fixture is not what it must be.
    pub fn built_in() -> Result<Self, CanaryError> {
        let mut canaries = Vec::new();
        for folder in FIXTURES.dirs() {
            let name = folder.path().display().to_string();
            let file = |file: &str| {
                let file = format!("{name}/{file}");
                let text = FIXTURES.get_file(&file).and_then(|f| f.contents_utf8());
                text.ok_or_else(|| CanaryError {
                    file,
                    reason: "is not there".to_owned(),
                })
            };
            let fail = |file: &str, reason: String| CanaryError {
                file: format!("{name}/{file}"),
                reason,
            };
            let story: Story = Figment::from(Toml::string(file("story.toml")?))
                .extract()
                .map_err(|e| fail("story.toml", e.to_string()))?;
            if !story.not_searched.is_empty() {
                continue;
            }
            canaries.push(Canary {
                as_of: story.as_of,
                record: serde_json::from_str(file("bundle.json")?)
                    .map_err(|e| fail("bundle.json", e.to_string()))?,
                expected: serde_json::from_str(file("assessment.json")?)
                    .map_err(|e| fail("assessment.json", e.to_string()))?,
                name,
            });
        }
        Ok(Self(canaries))
    }

    /// These.
    pub fn new(canaries: Vec<Canary>) -> Self {
        Self(canaries)
    }

    /// The patients.
    pub fn all(&self) -> &[Canary] {
        &self.0
    }

    /// The patients, to be changed.
    pub fn into_all(self) -> Vec<Canary> {
        self.0
    }

    /// The names of those whose assessment is another than expected.
    pub fn failing(&self, terminology: &Terminology, zone: &TimeZone) -> Vec<String> {
        let failing = self.0.iter().filter(|canary| {
            let reading = Reading {
                as_of: canary.as_of,
                zone,
                terminology,
            };
            let chart = chart::read(&Input::Record(&canary.record), None, None, reading);
            let assessment = guideline::assess(&chart.facts, canary.as_of);
            serde_json::to_value(assessment).ok().as_ref() != Some(&canary.expected)
        });
        failing.map(|canary| canary.name.clone()).collect()
    }
}

/// Assesses the canaries once, on a thread where it keeps no call waiting, and says what came out.
pub async fn assess(state: &Arc<State>) {
    let of = Arc::clone(state);
    let assessed = tokio::task::spawn_blocking(move || {
        of.canaries.failing(&of.terminology, &of.config.time_zone.0)
    });
    let failing = match assessed.await {
        Ok(failing) => failing,
        // A panic is a fault of them all.
        Err(_) => vec!["all".to_owned()],
    };
    if !failing.is_empty() {
        let failing = failing.join(" ");
        tracing::error!(failing, "built-in patients are assessed wrongly: not ready");
    }
    state.readiness.canaries_failing(failing.len());
    state.metrics.record(|| {
        #[allow(clippy::cast_precision_loss, reason = "far below 2^52")]
        gauge!("sid_cds_canaries_failing").set(failing.len() as f64);
        #[allow(clippy::cast_precision_loss, reason = "far below 2^52")]
        gauge!("sid_cds_canaries_run_at_seconds").set(state.clock.now().as_second() as f64);
    });
}

/// Assesses them again and again.
pub async fn watch(state: Arc<State>) {
    let pause = Duration::from_secs(state.config.canary_interval_seconds as u64);
    loop {
        tokio::time::sleep(pause).await;
        assess(&state).await;
    }
}
