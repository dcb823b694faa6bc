//! What the doctor found: each check passed, failed or not applicable, as a table or as JSON.

use std::{collections::BTreeMap, fmt::Write as _, time::Duration};

use serde::Serialize;

use super::{
    check::{Check, Force},
    ehr::Answered,
};

/// Most places that a failure names.
const PLACES: usize = 3;

/// What was found so far.
#[derive(Debug, Default)]
pub struct Report {
    base: String,
    found: BTreeMap<Check, Found>,
    times: Vec<Duration>,
}

#[derive(Debug, Default)]
struct Found {
    passed: usize,
    failed: Vec<String>,
    not_applicable: Option<&'static str>,
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Result {
    /// So wherever it was looked at.
    #[serde(rename = "passed")]
    Passed,
    /// Not so, once at least.
    #[serde(rename = "failed")]
    Failed,
    /// There was nothing to look at.
    #[serde(rename = "not applicable")]
    NotApplicable,
}

impl Result {
    fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "FAILED",
            Self::NotApplicable => "not applicable",
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Listing<'a> {
    base: &'a str,
    passed: usize,
    failed: usize,
    not_applicable: usize,
    calls: usize,
    median_ms: f64,
    slowest_ms: f64,
    checks: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    rule: &'static str,
    force: Force,
    result: Result,
    what: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'static str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    found: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    mend: Option<&'static str>,
}

impl Report {
    /// A report on the service at `base`.
    pub fn new(base: &str) -> Self {
        Self {
            base: base.to_owned(),
            ..Self::default()
        }
    }

    /// One look at what a check is about; `found` says what was there where it is not so.
    pub fn judge(&mut self, check: Check, so: bool, found: impl FnOnce() -> String) {
        let entry = self.found.entry(check).or_default();
        if so {
            entry.passed += 1;
        } else {
            entry.failed.push(found());
        }
    }

    /// The answer to `call` has one of these statuses.
    pub fn judge_status(&mut self, check: Check, call: &str, answer: &Answered, wanted: &[u16]) {
        let so = answer
            .as_ref()
            .is_ok_and(|reply| wanted.contains(&reply.status));
        self.judge(check, so, || format!("{call}: {}", said(answer)));
    }

    /// A check that has nothing to look at, and why.
    pub fn skip(&mut self, check: Check, why: &'static str) {
        self.found.entry(check).or_default().not_applicable = Some(why);
    }

    /// How long the calls took.
    pub fn took(&mut self, mut times: Vec<Duration>) {
        times.sort_unstable();
        self.times = times;
    }

    /// How a check ended.
    pub fn result(&self, check: Check) -> Result {
        match self.found.get(&check) {
            Some(found) if !found.failed.is_empty() => Result::Failed,
            Some(found) if found.passed > 0 => Result::Passed,
            _ => Result::NotApplicable,
        }
    }

    /// The checks that ended so.
    pub fn ended(&self, result: Result) -> impl Iterator<Item = Check> {
        Check::ALL
            .iter()
            .copied()
            .filter(move |check| self.result(*check) == result)
    }

    /// No check failed.
    pub fn is_clean(&self) -> bool {
        self.ended(Result::Failed).next().is_none()
    }

    fn why(&self, check: Check) -> &'static str {
        self.found
            .get(&check)
            .and_then(|found| found.not_applicable)
            .unwrap_or("there was nothing to look at")
    }

    fn failures(&self, check: Check) -> &[String] {
        self.found
            .get(&check)
            .map_or(&[], |found| found.failed.as_slice())
    }

    fn millis(&self, at: impl FnOnce(&[Duration]) -> Option<&Duration>) -> f64 {
        let time = at(&self.times).copied().unwrap_or_default();
        (time.as_secs_f64() * 10_000.0).round() / 10.0
    }

    /// A table for people: a line for each check, what was found and how to mend it below a failure.
    pub fn table(&self) -> String {
        let mut out = format!("{}\n\n", self.base);
        for check in Check::ALL {
            let about = check.about();
            let result = self.result(*check);
            // Writing to a String cannot fail.
            let _ = write!(
                out,
                "{:<15} {:<8} {:<7} {}",
                result.word(),
                about.rule,
                about.force.word(),
                about.what
            );
            match result {
                Result::Passed => out.push('\n'),
                Result::NotApplicable => {
                    let _ = writeln!(out, " ({})", self.why(*check));
                }
                Result::Failed => {
                    let failures = self.failures(*check);
                    out.push('\n');
                    for place in failures.iter().take(PLACES) {
                        let _ = writeln!(out, "{:16}found: {place}", "");
                    }
                    if let Some(more) = failures.len().checked_sub(PLACES + 1) {
                        let _ = writeln!(out, "{:16}and {} more", "", more + 1);
                    }
                    let _ = writeln!(out, "{:16}mend:  {}", "", about.mend);
                }
            }
        }
        let count = |result| self.ended(result).count();
        let _ = writeln!(
            out,
            "\n{} passed, {} failed, {} not applicable; {} calls, median {} ms, slowest {} ms.",
            count(Result::Passed),
            count(Result::Failed),
            count(Result::NotApplicable),
            self.times.len(),
            self.millis(|times| times.get(times.len() / 2)),
            self.millis(<[Duration]>::last),
        );
        out
    }

    /// The same for programs.
    ///
    /// # Errors
    ///
    /// None in practice: every part of a report is JSON.
    pub fn json(&self) -> serde_json::Result<String> {
        let count = |result| self.ended(result).count();
        let checks = Check::ALL.iter().map(|check| {
            let about = check.about();
            let result = self.result(*check);
            Row {
                rule: about.rule,
                force: about.force,
                result,
                what: about.what,
                why: (result == Result::NotApplicable).then(|| self.why(*check)),
                found: self.failures(*check),
                mend: (result == Result::Failed).then_some(about.mend),
            }
        });
        serde_json::to_string_pretty(&Listing {
            base: &self.base,
            passed: count(Result::Passed),
            failed: count(Result::Failed),
            not_applicable: count(Result::NotApplicable),
            calls: self.times.len(),
            median_ms: self.millis(|times| times.get(times.len() / 2)),
            slowest_ms: self.millis(<[Duration]>::last),
            checks: checks.collect(),
        })
    }
}

/// What came back, in a few words.
pub fn said(answer: &Answered) -> String {
    match answer {
        Ok(reply) => format!("status {}", reply.status),
        Err(why) => format!("no answer, {why}"),
    }
}
