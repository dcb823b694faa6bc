//! The timeline: one patient's course as a picture (SVG) and as a table, in Danish or English.
//!
//! Pure: a chart and its assessment in, text out. Everything in the picture is told by shape and label
//! too, never by colour alone, and stands in the table, which also holds what is too old to be drawn.

mod axis;
mod draw;
mod findings;
pub(crate) mod svg;

use jiff::civil::Date;

use crate::{
    cards::{
        Language,
        catalogue::{Text, timeline as words},
        locale,
    },
    chart::Chart,
    guideline::{
        assessment::{Assessment, Window},
        date::When,
        facts::{Measured, Searched},
        history::{Milestone, MilestoneState, PastCourse, PastIndexEvent, Severity},
    },
};
use findings::Findings;

/// One patient's course, ready to be drawn.
#[derive(Debug, Clone)]
pub struct Timeline {
    as_of: Date,
    searched: Searched,
    events: Vec<Event>,
    /// The index event that governs, whose six months are drawn.
    index: Option<PastIndexEvent>,
    igg: Vec<Sample>,
    iga: Vec<Sample>,
    igm: Vec<Sample>,
    courses: Vec<PastCourse>,
    /// The day of the stop that is due, near or to be weighed.
    stop: Option<Date>,
    extended_to: Option<Date>,
    /// The window of a stop attempt under the ordinary rule.
    stop_window: Option<Window>,
    infections: Vec<Infection>,
    reviews: Vec<Review>,
    milestones: Vec<Milestone>,
    findings: Findings,
}

/// A CAR-T infusion, a start of a bispecific antibody or a transplant.
#[derive(Debug, Clone)]
struct Event {
    kind: EventKind,
    name: Text,
    when: When,
    /// Certain; else it is for a clinician to confirm.
    certain: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum EventKind {
    CarT,
    Bispecific,
    Transplant,
}

/// A result of IgG, IgA or IgM.
#[derive(Debug, Clone)]
struct Sample {
    drawn: When,
    value: Measured,
    /// The patient's own, not that of a product.
    own: bool,
}

/// An episode of infection.
#[derive(Debug, Clone)]
struct Infection {
    onset: When,
    severity: Severity,
    /// As the record names it.
    text: String,
}

/// A review that was recorded.
#[derive(Debug, Clone)]
struct Review {
    day: Date,
    outcome: Text,
}

/// A row of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The date as a reader expects it.
    pub date: String,
    /// What it is about.
    pub what: String,
    /// What was found.
    pub finding: String,
    /// The resources, `Observation/o1`.
    pub source: String,
}

impl Timeline {
    /// The course of a patient up to the evaluation date of `assessment`.
    pub fn new(chart: &Chart, assessment: &Assessment) -> Self {
        findings::collect(chart, assessment)
    }

    /// The picture: a complete SVG document without script, style sheet or outside reference.
    pub fn svg(&self, language: Language) -> String {
        draw::picture(self, language)
    }

    /// The heads of the table's columns.
    pub fn columns(language: Language) -> [&'static str; 4] {
        words::COLUMNS.map(|column| column.say(language))
    }

    /// The table, in order of time: what the picture shows, and what is too old for it.
    pub fn rows(&self, language: Language) -> Vec<Row> {
        self.findings.rows(language)
    }

    /// The table as text, one row a line, columns separated by tabs.
    pub fn text(&self, language: Language) -> String {
        let mut lines = vec![Self::columns(language).join("\t")];
        lines.extend(self.rows(language).into_iter().map(|row| {
            [row.date, row.what, row.finding, row.source]
                .map(|cell| cell.replace(['\t', '\n', '\r'], " "))
                .join("\t")
        }));
        lines.join("\n") + "\n"
    }

    /// The latest result of IgG, as words.
    fn latest_igg(&self, language: Language) -> Option<(String, When)> {
        self.igg
            .iter()
            .max_by_key(|sample| sample.drawn.latest())
            .map(|sample| {
                let value = value(sample.value, language)
                    .map_or_else(|| words::UNUSABLE.say(language).to_owned(), |v| v + " g/L");
                (value, sample.drawn)
            })
    }

    /// Reviews that are due or ahead, for marks of their own.
    fn open_milestones(&self) -> impl Iterator<Item = &Milestone> {
        self.milestones
            .iter()
            .filter(|milestone| milestone.state != MilestoneState::Done)
    }
}

/// A value without its unit: `3,2`, `<5`; `None` where no number can be had.
fn value(measured: Measured, language: Language) -> Option<String> {
    let (sign, number) = match measured {
        Measured::Exactly(number) => ("", number),
        Measured::Below { bound, inclusive } => (if inclusive { "≤" } else { "<" }, bound),
        Measured::Above { bound, inclusive } => (if inclusive { "≥" } else { ">" }, bound),
        Measured::Unusable => return None,
    };
    let number = locale::short_number(&number.to_string(), language);
    Some(format!("{sign}{number}"))
}
