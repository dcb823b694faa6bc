//! One row a patient: the codes of the assessment, the dates that are due, the data problems.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{chart::survey, guideline::assessment::Assessment};

/// A row. Every code is one of decision-spec §1; every date is `YYYY-MM-DD`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Row {
    /// The patient's id, as the export has it.
    pub patient: String,
    /// The evaluation date.
    pub as_of: Option<String>,
    /// Version of the guideline.
    pub guideline_version: Option<String>,
    /// Population.
    pub population: Option<String>,
    /// Populations between which it is not decided.
    pub alternatives: Vec<String>,
    /// `car-t` or `bispecific`.
    pub index_kind: Option<String>,
    /// The day of the index event.
    pub index_date: Option<String>,
    /// Start conclusion.
    pub start: Option<String>,
    /// Recommendations that decided it.
    pub recommendations: Vec<String>,
    /// What is missing.
    pub missing: Vec<String>,
    /// On immunoglobulin; empty where medication was not exported.
    pub on_immunoglobulin: Option<bool>,
    /// First day of the running course.
    pub course_start: Option<String>,
    /// Which stop rule.
    pub rule: Option<String>,
    /// When the early stop is due.
    pub stop_due: Option<String>,
    /// The window of the ordinary stop.
    pub window_start: Option<String>,
    /// Its end.
    pub window_end: Option<String>,
    /// Days of the course in winter.
    pub winter_days: Option<i32>,
    /// Course conclusions.
    pub course: Vec<String>,
    /// The day of the review that is due.
    pub review_due: Option<String>,
    /// Dose conclusion.
    pub dose: Option<String>,
    /// Every card that applies, most urgent first.
    pub cards: Vec<String>,
    /// Kinds of data problem.
    pub problems: Vec<String>,
    /// Codes that look like what decides, and are in no value set.
    pub unmapped: Vec<Unmapped>,
}

/// A code that nobody has mapped, as `sid-cds codes check` finds it; no name and no text of a record.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Unmapped {
    /// `Observation.code`.
    pub element: String,
    /// Its system; `None` where there is none.
    pub system: Option<String>,
    /// The code; `None` for concepts that are text only.
    pub code: Option<String>,
    /// What it looks like: `igg`, `car-t` and others.
    pub looks_like: Vec<String>,
    /// How often this patient has it.
    pub count: u64,
}

impl From<survey::Row> for Unmapped {
    fn from(row: survey::Row) -> Self {
        Self {
            element: row.element,
            system: row.system,
            code: row.code,
            looks_like: codes(&row.looks_like),
            count: row.count as u64,
        }
    }
}

impl Row {
    /// The row of an assessment.
    pub fn new(patient: &str, assessment: &Assessment, unmapped: Vec<survey::Row>) -> Self {
        let (population, course) = (&assessment.population, &assessment.course);
        let index = population.index.as_ref();
        let problems = assessment.data_problems.iter();
        let problems: BTreeSet<String> = problems.filter_map(|one| code(&one.problem)).collect();
        Self {
            patient: patient.to_owned(),
            as_of: code(&assessment.as_of),
            guideline_version: code(&assessment.guideline.version),
            population: code(&population.code),
            alternatives: codes(&population.alternatives),
            index_kind: index.and_then(|index| code(&index.kind)),
            index_date: index.and_then(|index| code(&index.date)),
            start: code(&assessment.start.conclusion),
            recommendations: codes(&assessment.start.recommendations),
            missing: codes(&assessment.start.missing),
            on_immunoglobulin: course.on_immunoglobulin,
            course_start: code(&course.start),
            rule: code(&course.rule),
            stop_due: code(&course.stop_due),
            window_start: course.window.and_then(|window| code(&window.start)),
            window_end: course.window.and_then(|window| code(&window.end)),
            winter_days: course.winter_days,
            course: codes(&course.conclusions),
            review_due: code(&course.review_due),
            dose: code(&assessment.dose.conclusion),
            cards: codes(&assessment.cards),
            problems: problems.into_iter().collect(),
            unmapped: unmapped.into_iter().map(Unmapped::from).collect(),
        }
    }

    /// The columns of the flat formats, in order, with what each holds.
    pub const COLUMNS: [(&'static str, Column); 23] = [
        ("patient", Column::Text(|row| Some(row.patient.clone()))),
        ("asOf", Column::Text(|row| row.as_of.clone())),
        (
            "guidelineVersion",
            Column::Text(|row| row.guideline_version.clone()),
        ),
        ("population", Column::Text(|row| row.population.clone())),
        (
            "alternatives",
            Column::Text(|row| joined(&row.alternatives)),
        ),
        ("indexKind", Column::Text(|row| row.index_kind.clone())),
        ("indexDate", Column::Text(|row| row.index_date.clone())),
        ("start", Column::Text(|row| row.start.clone())),
        (
            "recommendations",
            Column::Text(|row| joined(&row.recommendations)),
        ),
        ("missing", Column::Text(|row| joined(&row.missing))),
        (
            "onImmunoglobulin",
            Column::Flag(|row| row.on_immunoglobulin),
        ),
        ("courseStart", Column::Text(|row| row.course_start.clone())),
        ("rule", Column::Text(|row| row.rule.clone())),
        ("stopDue", Column::Text(|row| row.stop_due.clone())),
        ("windowStart", Column::Text(|row| row.window_start.clone())),
        ("windowEnd", Column::Text(|row| row.window_end.clone())),
        ("winterDays", Column::Number(|row| row.winter_days)),
        ("course", Column::Text(|row| joined(&row.course))),
        ("reviewDue", Column::Text(|row| row.review_due.clone())),
        ("dose", Column::Text(|row| row.dose.clone())),
        ("cards", Column::Text(|row| joined(&row.cards))),
        ("problems", Column::Text(|row| joined(&row.problems))),
        ("unmapped", Column::Text(|row| as_json(&row.unmapped))),
    ];
}

/// What a column of a flat format holds.
#[derive(Debug, Clone, Copy)]
pub enum Column {
    /// Text; a list of codes is joined by `;`, and the codes that are not mapped are JSON.
    Text(fn(&Row) -> Option<String>),
    /// A whole number.
    Number(fn(&Row) -> Option<i32>),
    /// Yes or no.
    Flag(fn(&Row) -> Option<bool>),
}

/// What stands in JSON for a code or a date; `None` for nothing.
fn code(value: &impl Serialize) -> Option<String> {
    match serde_json::to_value(value) {
        Ok(Value::String(text)) => Some(text),
        Ok(_) | Err(_) => None,
    }
}

fn codes(values: &[impl Serialize]) -> Vec<String> {
    values.iter().filter_map(code).collect()
}

fn as_json(list: &[Unmapped]) -> Option<String> {
    let json = serde_json::to_string(list).ok();
    json.filter(|_| !list.is_empty())
}

fn joined(list: &[String]) -> Option<String> {
    (!list.is_empty()).then(|| list.join(";"))
}
