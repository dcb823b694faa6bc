//! The rows of `table.md`, each with the chart that its words make.

#![allow(dead_code, reason = "each test uses its own part")]

use jiff::civil::Date;
use sid_cds::chart::Chart;

use crate::{record::Record, support};

const TABLE: &str = include_str!("table.md");

/// One patient in words, and what is expected.
pub struct Vignette<'a> {
    pub id: &'a str,
    pub as_of: Date,
    pub record: &'a str,
    pub population: &'a str,
    pub expected: Vec<&'a str>,
}

impl Vignette<'_> {
    /// The chart of the record.
    pub fn chart(&self) -> Chart {
        let record = Record::parse(self.record, &self.as_of.to_string());
        support::read(
            &record.resources,
            &record.gaps,
            &record.drafts,
            "v",
            self.as_of,
        )
    }
}

/// Every row, in the table's order.
pub fn vignettes() -> Vec<Vignette<'static>> {
    TABLE
        .lines()
        .filter(|line| {
            // An id is a capital and digits: `|V01|`.
            let mut start = line.chars();
            start.next() == Some('|')
                && start
                    .next()
                    .is_some_and(|letter| letter.is_ascii_uppercase())
                && start.next().is_some_and(|digit| digit.is_ascii_digit())
        })
        .map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            let &[id, as_of, record, population, expected] = cells.as_slice() else {
                panic!("{line}: five cells")
            };
            let as_of = if as_of.is_empty() {
                "2026-03-16"
            } else {
                as_of
            };
            Vignette {
                id,
                as_of: as_of.parse().expect("a date"),
                record,
                population,
                expected: expected.split(';').map(str::trim).collect(),
            }
        })
        .collect()
}

/// The ids of the rows that are not covered yet.
pub fn not_covered() -> Vec<&'static str> {
    let (_, list) = TABLE.split_once("## Not covered yet").expect("the list");
    list.split('`').skip(1).step_by(2).collect()
}
