//! The timeline: pictures to review by eye, sound XML, and a table that says what the picture says.

#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

#[path = "support/expected.rs"]
mod expected;
#[path = "support/fixture.rs"]
mod fixture;
#[path = "support/chart.rs"]
mod support;

use std::collections::BTreeSet;

use fixture::Fixture;
use jiff::civil::Date;
use serde_json::{Value, json};
use sid_cds::{
    cards::Language,
    guideline::{assess, date::plus_days, facts::Measured},
    timeline::Timeline,
};

const LANGUAGES: [Language; 2] = [Language::Da, Language::En];

fn timeline(fixture: &Fixture) -> Timeline {
    let assessment = assess(&fixture.chart.facts, fixture.as_of);
    Timeline::new(&fixture.chart, &assessment)
}

/// The pictures that are reviewed by eye; the others differ in nothing that these do not show.
#[test]
fn pictures_and_tables_are_as_reviewed() {
    let reviewed = [
        "02-car-t-stop-due",
        "05-cll-with-infections",
        "13-immunoglobulin-before-car-t",
        "15-review-overdue",
        "18-conditions-not-searched",
        "26-infection-after-stop",
    ];
    let fixtures = fixture::fixtures();
    for name in reviewed {
        let fixture = fixtures
            .iter()
            .find(|fixture| fixture.name == name)
            .expect("the fixture");
        let timeline = timeline(fixture);
        for language in LANGUAGES {
            let path = format!("tests/golden/timeline/{name}.{}", language.tag());
            expected::check(&format!("{path}.svg"), &timeline.svg(language));
            expected::check(&format!("{path}.txt"), &timeline.text(language));
        }
    }
}

/// Whether a picture is XML that neither runs nor loads anything; its text.
fn check(svg: &str) -> String {
    let document = roxmltree::Document::parse(svg).expect("XML");
    let allowed = BTreeSet::from([
        "svg", "title", "desc", "defs", "pattern", "g", "rect", "path", "circle", "line", "text",
    ]);
    let mut ids = BTreeSet::new();
    for node in document.descendants().filter(roxmltree::Node::is_element) {
        let name = node.tag_name().name();
        assert!(allowed.contains(name), "<{name}>");
        for attribute in node.attributes() {
            let (name, value) = (attribute.name(), attribute.value());
            assert!(
                !name.starts_with("on") && name != "style" && name != "href",
                "{name}"
            );
            assert!(
                !value.contains("NaN") && !value.contains("inf"),
                "{name}={value}"
            );
            if name == "id" {
                assert!(ids.insert(value.to_owned()), "two elements {value}");
            }
        }
    }
    let root = document.root_element();
    assert_eq!(root.attribute("role"), Some("img"));
    for id in root
        .attribute("aria-labelledby")
        .expect("a name")
        .split(' ')
    {
        assert!(ids.contains(id), "{id}");
    }
    document
        .descendants()
        .filter(roxmltree::Node::is_text)
        .filter_map(|node| node.text())
        .collect::<Vec<_>>()
        .join("\n")
}

/// Every patient on many days, in both languages, the ends of the calendar among them.
#[test]
fn every_picture_is_sound() {
    for fixture in fixture::fixtures() {
        let days =
            [-4000, -200, -30, 0, 1, 90, 200, 400, 4000].map(|d| plus_days(fixture.as_of, d));
        for as_of in days.into_iter().chain([Date::MIN, Date::MAX]) {
            let assessment = assess(&fixture.chart.facts, as_of);
            let timeline = Timeline::new(&fixture.chart, &assessment);
            for language in LANGUAGES {
                check(&timeline.svg(language));
                for row in timeline.rows(language) {
                    assert!(!row.date.is_empty() && !row.what.is_empty(), "{row:?}");
                }
            }
        }
    }
}

/// Nothing that the record holds is missing in the table; what lies ahead of E is in neither.
#[test]
fn the_table_holds_every_finding() {
    for fixture in fixture::fixtures() {
        let facts = &fixture.chart.facts;
        let rows = timeline(&fixture).rows(Language::En);
        let sources: Vec<&str> = rows.iter().map(|row| row.source.as_str()).collect();
        let found = |reference: &sid_cds::guideline::facts::Reference| {
            sources
                .iter()
                .any(|source| source.split(", ").any(|one| one == reference.as_str()))
        };
        for result in facts.igg.iter().chain(&facts.iga).chain(&facts.igm) {
            assert!(
                found(&result.evidence),
                "{} {}",
                fixture.name,
                result.evidence
            );
        }
        for infection in &facts.infections {
            assert!(
                found(&infection.evidence),
                "{} {}",
                fixture.name,
                infection.evidence
            );
        }
        for exposure in &facts.immunoglobulin {
            assert!(
                found(&exposure.evidence),
                "{} {}",
                fixture.name,
                exposure.evidence
            );
        }
        for transplant in &facts.transplants {
            assert!(
                found(&transplant.evidence),
                "{} {}",
                fixture.name,
                transplant.evidence
            );
        }
    }
}

/// The picture of one patient with these resources.
fn picture_of(resources: &[Value], gaps: &[(&str, support::Gap)], as_of: Date) -> String {
    let chart = support::read(resources, gaps, &[], "a", as_of);
    let assessment = assess(&chart.facts, as_of);
    check(&Timeline::new(&chart, &assessment).svg(Language::En))
}

/// Absence is never "no": the lane says whether the source was searched.
#[test]
fn an_empty_lane_says_whether_it_was_searched() {
    let as_of = jiff::civil::date(2026, 3, 16);
    let patient = json!({"resourceType": "Patient", "id": "a", "birthDate": "1960-01-01"});
    let searched = picture_of(std::slice::from_ref(&patient), &[], as_of);
    assert_eq!(searched.matches("searched, none recorded").count(), 4);
    assert!(!searched.contains("not obtained"));
    let gaps = ["Observation", "Condition", "Procedure", "MedicationRequest"]
        .map(|source| (source, support::Gap::Failed));
    let not_searched = picture_of(&[patient], &gaps, as_of);
    assert_eq!(not_searched.matches("not obtained").count(), 4);
    assert!(!not_searched.contains("none recorded"));
}

/// A result that no number can be had from is marked, and a text of the record stays text.
#[test]
fn hostile_text_stays_text() {
    let hostile = "<script>alert(1)</script>\"'&\u{0}]]>";
    let mut fixtures = fixture::fixtures();
    let fixture = fixtures
        .iter_mut()
        .find(|fixture| fixture.name == "05-cll-with-infections")
        .expect("the fixture");
    for infection in &mut fixture.chart.facts.infections {
        infection.text = Some(hostile.to_owned());
    }
    for result in &mut fixture.chart.facts.igg {
        result.value = Measured::Unusable;
    }
    let timeline = timeline(fixture);
    for language in LANGUAGES {
        let svg = timeline.svg(language);
        assert!(!svg.contains("<script"));
        let text = check(&svg);
        assert!(text.contains("<script>alert(1)</script>\"'&]]>"), "{text}");
        assert!(text.contains('?'));
    }
}
