//! What is said of a course of immunoglobulin.

use jiff::civil::Date;
use serde::Serialize;

use crate::guideline::facts::Reference;

/// The running (or last) immunoglobulin course.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Course {
    /// On immunoglobulin at E; null where medication was not searched.
    pub on_immunoglobulin: Option<bool>,
    /// First day of the running course.
    pub start: Option<Date>,
    /// Which stop rule.
    pub rule: Option<CourseRule>,
    /// T0 + 6 months, under CART6 and for a start that is MET in P2A.
    pub stop_due: Option<Date>,
    /// The stop window of STD.
    pub window: Option<Window>,
    /// Days of the course within 1 October – 30 April.
    pub winter_days: Option<i32>,
    /// Conclusions.
    pub conclusions: Vec<CourseConclusion>,
    /// The review that is due: its day.
    pub review_due: Option<Date>,
    /// The day on which K11 is reached, when it is not at +6 months.
    pub winter_reached: Option<Date>,
    /// The end of a stated extension, if it is running.
    pub extended_to: Option<Date>,
    /// T0 + 6 months of the index event that governs the course, whatever the rule.
    pub index_window_end: Option<Date>,
    /// Why the CART6 stop is worded as a review: infections before the start are not known.
    pub history_unknown: bool,
    /// Under CART6 a review after the due date decided to continue: STD from then on (REC-43, REC-48).
    pub continued_after_due: bool,
    /// Last recorded dose or last day of the last course, when off immunoglobulin.
    pub last_exposure: Option<Date>,
    /// The latest IgG of the running course that could be taken for the patient's own (REC-42).
    pub igg_under_substitution: Option<MeasuredIgg>,
    /// The latest trough of the running course that no review has answered (REC-34).
    pub trough: Option<Trough>,
    /// Infections since the last course was stopped or paused (REC-38, REC-41, REC-48).
    pub recurrence: Option<Recurrence>,
    /// Resources of the course.
    pub evidence: Vec<Reference>,
    /// Orders that are active now, and that a stop or pause would change.
    pub running_orders: Vec<Reference>,
}

/// An IgG result of a running course.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MeasuredIgg {
    /// As text without unit: `7.1`, `<5`.
    pub value: String,
    /// When it was drawn.
    pub drawn: Date,
    /// The Observation.
    pub evidence: Reference,
}

/// A trough (K18) and what it calls for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Trough {
    /// The result.
    pub igg: MeasuredIgg,
    /// The next dose after it.
    pub next_dose: Date,
    /// Whether that dose is recorded; else it is the last one and the usual interval.
    pub next_dose_recorded: bool,
    /// Where it lies.
    pub level: TroughLevel,
    /// Drawn in the first months of the course, while IgG may still rise.
    pub early: bool,
}

/// Where a trough lies (decision-spec §3.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TroughLevel {
    /// Below 6 g/L: an increase can be considered (REC-33, REC-35).
    Low,
    /// 6–8 g/L.
    Aimed,
    /// In the upper part of 6–8 g/L, and no bacterial infection is recorded in the last 6 months:
    /// a reduction can be tried (REC-36).
    Reducible,
    /// Above 8 g/L: not recommended (REC-35).
    High,
}

/// Infections after a stop or pause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Recurrence {
    /// The day on which the course ended.
    pub ended: Date,
    /// The infections since, latest last.
    pub infections: Vec<Reference>,
}

/// Course rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum CourseRule {
    /// Stop at index + 6 months.
    Cart6,
    /// Attempt 6–12 months after the start.
    Std,
    /// Individual (children with CAR-T or bispecific antibodies).
    Individual,
}

/// A span of days, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Window {
    /// First day.
    pub start: Date,
    /// Last day.
    pub end: Date,
}

/// Course conclusions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "SCREAMING-KEBAB-CASE")]
pub enum CourseConclusion {
    /// The stop is due within K17.
    StopSoon,
    /// The stop is due.
    StopDue,
    /// In the window of 6–12 months.
    StopWindow,
    /// Past 12 months without a review.
    StopOverdue,
    /// Stop, unless a review finds otherwise.
    StopReview,
    /// IgA, IgM or B cells rise.
    SupportsStop,
    /// A stated extension runs.
    Extend,
    /// A summer pause can be considered.
    Pause,
    /// Review at 3 months.
    #[serde(rename = "REVIEW3")]
    Review3,
    /// Review at 6 months.
    #[serde(rename = "REVIEW6")]
    Review6,
    /// Six-monthly review.
    #[serde(rename = "REVIEW6M")]
    Review6Monthly,
    /// Own IgG has come back.
    Recovered,
}
