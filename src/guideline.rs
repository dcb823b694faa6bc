//! The guideline: typed facts and a date in, an assessment out.
//!
//! Pure: no JSON values, no clock, no I/O, no async, and it cannot fail. What is missing comes back
//! as gaps (`missing`, `unknown` with a reason), never as an error. The tables are those of
//! `docs/guideline/decision-spec.md`, whose section numbers the code cites.

pub mod assessment;
pub mod date;
pub mod facts;
pub mod problem;
pub mod quantity;
pub mod verdict;

pub mod hooks;
pub mod parameters;

use jiff::civil::Date;

use assessment::Assessment;
use facts::Facts;

/// Applies the guideline to one patient on one day.
pub fn assess(_facts: &Facts, as_of: Date) -> Assessment {
    use assessment::{
        Course, Dose, Guideline, OrderFinding, Population, PopulationFinding, Start,
        StartConclusion,
    };
    Assessment {
        as_of,
        guideline: Guideline { id: "medicinraadet-sid", version: "1.1" },
        population: PopulationFinding {
            code: Population::None,
            alternatives: Vec::new(),
            index: None,
            evidence: Vec::new(),
            also_transplanted: false,
        },
        start: Start {
            conclusion: StartConclusion::Na,
            recommendations: Vec::new(),
            criteria: Vec::new(),
            missing: Vec::new(),
            repeat_from: None,
            igg: None,
        },
        course: Course::default(),
        dose: Dose::default(),
        order: OrderFinding::default(),
        cards: Vec::new(),
        comparators: Vec::new(),
        data_problems: Vec::new(),
    }
}
