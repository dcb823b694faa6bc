//! The pure core: how long one assessment takes, and how many allocations it makes.
//!
//! `cargo bench --workspace --bench core`: the richest demonstration patient, and how the time grows with
//! the number of results.

#![allow(clippy::expect_used, reason = "a benchmark")]

use std::{fmt::Write as _, fs, path::Path};

use divan::{AllocProfiler, Bencher, black_box};
use jiff::{civil::date, tz::TimeZone};
use serde_json::value::RawValue;
use sid_cds::{
    chart::{self, Chart, Input, Reading, terminology::Terminology},
    guideline,
};

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

fn chart(bundle: &str) -> Chart {
    let terminology = Terminology::built_in().expect("the value sets");
    let zone = TimeZone::get("Europe/Copenhagen").expect("a zone");
    let raw: &RawValue = serde_json::from_str(bundle).expect("a bundle");
    let reading = Reading {
        as_of: date(2026, 3, 16),
        zone: &zone,
        terminology: &terminology,
    };
    chart::read(&Input::Record(raw), None, None, reading)
}

/// The demonstration patient with the longest record.
fn richest() -> String {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    fs::read_dir(fixtures)
        .expect("the fixtures")
        .filter_map(|folder| fs::read_to_string(folder.ok()?.path().join("bundle.json")).ok())
        .max_by_key(String::len)
        .expect("a fixture")
}

#[divan::bench]
fn assess_the_richest_fixture(bencher: Bencher<'_, '_>) {
    let chart = chart(&richest());
    bencher.bench(|| guideline::assess(black_box(&chart.facts), date(2026, 3, 16)));
}

/// A patient with this many IgG results, three weeks apart, and an infection for every tenth.
fn long_record(results: usize) -> String {
    let mut entries = String::from(
        r#"{"resource":{"resourceType":"Patient","id":"p","birthDate":"1960-01-01"}},
        {"resource":{"resourceType":"Condition","id":"cll","subject":{"reference":"Patient/p"},
        "code":{"coding":[{"system":"urn:oid:1.2.208.176.2.4.12","code":"DC911"}]}}}"#,
    );
    for number in 0..results {
        let day = date(2026, 3, 1)
            .checked_sub(jiff::Span::new().days(i64::try_from(number).expect("small") * 2))
            .expect("a day");
        let _ = write!(
            entries,
            r#",{{"resource":{{"resourceType":"Observation","id":"o{number}","status":"final",
            "subject":{{"reference":"Patient/p"}},"effectiveDateTime":"{day}",
            "code":{{"coding":[{{"system":"http://npu-terminology.org","code":"NPU19814"}}]}},
            "valueQuantity":{{"value":3.{},"unit":"g/L"}}}}}}"#,
            number % 9
        );
        if number % 10 == 0 {
            let _ = write!(
                entries,
                r#",{{"resource":{{"resourceType":"Condition","id":"i{number}",
                "subject":{{"reference":"Patient/p"}},"onsetDateTime":"{day}",
                "code":{{"coding":[{{"system":"urn:oid:1.2.208.176.2.4.12","code":"DJ139"}}]}}}}}}"#
            );
        }
    }
    format!(r#"{{"resourceType":"Bundle","type":"collection","entry":[{entries}]}}"#)
}

#[divan::bench(args = [10, 100, 1_000, 10_000])]
fn assess_by_number_of_results(bencher: Bencher<'_, '_>, results: usize) {
    let chart = chart(&long_record(results));
    bencher.bench(|| guideline::assess(black_box(&chart.facts), date(2026, 3, 16)));
}

#[divan::bench(args = [10, 100, 1_000, 10_000])]
fn read_by_number_of_results(bencher: Bencher<'_, '_>, results: usize) {
    let bundle = long_record(results);
    let terminology = Terminology::built_in().expect("the value sets");
    let zone = TimeZone::get("Europe/Copenhagen").expect("a zone");
    bencher.bench(|| {
        let raw: &RawValue = serde_json::from_str(&bundle).expect("a bundle");
        let reading = Reading {
            as_of: date(2026, 3, 16),
            zone: &zone,
            terminology: &terminology,
        };
        chart::read(&Input::Record(black_box(raw)), None, None, reading)
    });
}
