//! The demonstration patients are sound: ids, references, codes, dates, and nobody who could be real.

#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "support/expected.rs"]
#[allow(clippy::expect_used, clippy::panic, reason = "a test")]
mod expected;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use figment::{
    Figment,
    providers::{Format, Toml},
};
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};
use sid_cds::{
    chart::{
        self, Input, Obtained, Reading, Source,
        terminology::{Coding, Terminology},
    },
    guideline,
};

/// `story.toml`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Story {
    title: String,
    as_of: jiff::civil::Date,
    cards: Vec<String>,
    #[serde(default)]
    not_searched: Vec<String>,
    story: Texts,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Texts {
    da: String,
    en: String,
}

struct Fixture {
    name: String,
    story: Story,
    bundle: Value,
    assessment: Value,
}

fn fixtures() -> Vec<Fixture> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut folders: Vec<PathBuf> = fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    let json = |path: PathBuf| serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    folders
        .into_iter()
        .map(|folder| Fixture {
            name: folder.file_name().unwrap().to_str().unwrap().to_owned(),
            story: Figment::from(Toml::file_exact(folder.join("story.toml")))
                .extract()
                .unwrap(),
            bundle: json(folder.join("bundle.json")),
            assessment: json(folder.join("assessment.json")),
        })
        .collect()
}

fn resources(bundle: &Value) -> impl Iterator<Item = &Value> {
    bundle["entry"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| &entry["resource"])
}

fn id_of(resource: &Value) -> String {
    format!(
        "{}/{}",
        resource["resourceType"].as_str().unwrap(),
        resource["id"].as_str().unwrap()
    )
}

/// Every value in `value` that stands under `key`.
fn under<'v>(value: &'v Value, key: &str, found: &mut Vec<&'v Value>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                if name == key {
                    found.push(member);
                }
                under(member, key, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| under(item, key, found)),
        _ => {}
    }
}

#[test]
fn every_story_is_told_and_agrees_with_its_assessment() {
    let fixtures = fixtures();
    assert!(fixtures.len() >= 16);
    let readme =
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/README.md")).unwrap();
    for fixture in &fixtures {
        let Fixture {
            name,
            story,
            assessment,
            ..
        } = fixture;
        assert!(
            !story.title.is_empty() && !story.story.da.is_empty(),
            "{name}"
        );
        assert!(
            readme.contains(&format!("| `{name}` | {} |", story.story.en)),
            "{name}"
        );
        assert_eq!(assessment["asOf"], story.as_of.to_string(), "{name}");
        assert_eq!(
            assessment["cards"],
            Value::from(story.cards.clone()),
            "{name}"
        );
        for source in &story.not_searched {
            assert!(
                resources(&fixture.bundle).any(|r| r["resourceType"] == **source),
                "{name}"
            );
        }
    }
}

/// The sources under the names of their resource types.
const SOURCES: [(Source, &str); 10] = [
    (Source::Patient, "Patient"),
    (Source::Observation, "Observation"),
    (Source::Condition, "Condition"),
    (Source::Procedure, "Procedure"),
    (Source::MedicationRequest, "MedicationRequest"),
    (Source::MedicationAdministration, "MedicationAdministration"),
    (Source::MedicationStatement, "MedicationStatement"),
    (Source::MedicationDispense, "MedicationDispense"),
    (Source::Encounter, "Encounter"),
    (Source::Immunization, "Immunization"),
];

/// What a CDS Hooks client would send of the record: a Patient, and a search result for each type.
fn prefetch(fixture: &Fixture) -> Vec<(Source, &'static str, Box<RawValue>)> {
    let of_type = |name: &str| {
        let found: Vec<&Value> = resources(&fixture.bundle)
            .filter(|r| r["resourceType"] == *name)
            .collect();
        if name == "Patient" {
            return found[0].clone();
        }
        let entries: Vec<Value> = found
            .into_iter()
            .map(|resource| json!({"resource": resource}))
            .collect();
        json!({"resourceType": "Bundle", "type": "searchset", "entry": entries})
    };
    SOURCES
        .iter()
        .filter(|(_, name)| {
            !fixture
                .story
                .not_searched
                .iter()
                .any(|source| source == name)
        })
        .map(|(source, name)| (*source, *name, raw(&of_type(name))))
        .collect()
}

fn raw(value: &Value) -> Box<RawValue> {
    serde_json::value::to_raw_value(value).unwrap()
}

fn assess(input: &Input<'_>, as_of: jiff::civil::Date, terminology: &Terminology) -> Value {
    let zone = TimeZone::get("Europe/Copenhagen").unwrap();
    let reading = Reading {
        as_of,
        zone: &zone,
        terminology,
    };
    let chart = chart::read(input, None, None, reading);
    serde_json::to_value(guideline::assess(&chart.facts, as_of)).unwrap()
}

#[test]
fn every_assessment_is_as_expected() {
    let terminology = Terminology::built_in().unwrap();
    for fixture in fixtures() {
        let Fixture {
            name,
            story,
            bundle,
            assessment,
        } = &fixture;
        let sent = prefetch(&fixture);
        let obtained = sent
            .iter()
            .map(|(source, key, value)| (*source, *key, Obtained::Value(value)));
        let input = Input::Prefetch(obtained.collect());
        let found = assess(&input, story.as_of, &terminology);
        if expected::writing() {
            let text = serde_json::to_string_pretty(&found).unwrap() + "\n";
            expected::check(&format!("fixtures/{name}/assessment.json"), &text);
            continue;
        }
        assert_same(name, &found, assessment);
        if story.not_searched.is_empty() {
            let record = raw(bundle);
            let input = Input::Record(&record);
            assert_same(name, &assess(&input, story.as_of, &terminology), assessment);
        }
    }
}

/// The demonstration moves every date but the birth date by the same number of days.
fn moved(value: &Value, days: i64) -> Value {
    let later = |text: &str| {
        let day: jiff::civil::Date = text.get(..10)?.parse().ok()?;
        let day = day.checked_add(jiff::Span::new().days(days)).ok()?;
        Some(format!("{day}{}", &text[10..]))
    };
    match value {
        Value::String(text) => Value::String(later(text).unwrap_or_else(|| text.clone())),
        Value::Array(items) => items.iter().map(|item| moved(item, days)).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, member)| {
                let member = if name == "birthDate" {
                    member.clone()
                } else {
                    moved(member, days)
                };
                (name.clone(), member)
            })
            .collect(),
        _ => value.clone(),
    }
}

/// What a story is about: all but dates, counted days and the summer's `PAUSE` with its card.
fn gist(assessment: &Value) -> Value {
    let verdicts: Vec<[&Value; 3]> = assessment["start"]["criteria"]
        .as_array()
        .unwrap()
        .iter()
        .map(|criterion| {
            [
                &criterion["id"],
                &criterion["verdict"],
                &criterion["reason"],
            ]
        })
        .collect();
    let conclusions: Vec<&Value> = assessment["course"]["conclusions"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|conclusion| *conclusion != "PAUSE")
        .collect();
    let cards: Vec<&Value> = assessment["cards"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|card| *card != "C17")
        .collect();
    json!({
        "population": assessment["population"]["code"],
        "start": assessment["start"]["conclusion"],
        "verdicts": verdicts,
        "missing": assessment["start"]["missing"],
        "rule": assessment["course"]["rule"],
        "conclusions": conclusions,
        "cards": cards,
    })
}

#[test]
fn every_story_stays_true_when_its_dates_move() {
    let terminology = Terminology::built_in().unwrap();
    for mut fixture in fixtures() {
        let written = fixture.bundle.clone();
        for days in (1..=366).step_by(13).chain([1000, 3000]) {
            fixture.bundle = moved(&written, days);
            let as_of = fixture
                .story
                .as_of
                .checked_add(jiff::Span::new().days(days))
                .unwrap();
            let sent = prefetch(&fixture);
            let obtained = sent
                .iter()
                .map(|(source, key, value)| (*source, *key, Obtained::Value(value)));
            let found = assess(&Input::Prefetch(obtained.collect()), as_of, &terminology);
            assert_eq!(
                gist(&found),
                gist(&fixture.assessment),
                "{} on {as_of}",
                fixture.name
            );
        }
    }
}

/// Compares member by member, so that a failure names what differs.
fn assert_same(name: &str, found: &Value, expected: &Value) {
    for (member, value) in expected.as_object().unwrap() {
        assert_eq!(&found[member], value, "{name}: {member}");
    }
    assert_eq!(found, expected, "{name}");
}

#[test]
fn ids_are_unique_and_references_lead_somewhere() {
    let mut seen = BTreeSet::new();
    for Fixture {
        name,
        bundle,
        assessment,
        ..
    } in fixtures()
    {
        assert_eq!(bundle["type"], "transaction", "{name}");
        let ids: BTreeSet<String> = resources(&bundle).map(id_of).collect();
        let patients = ids.iter().filter(|id| id.starts_with("Patient/")).count();
        assert_eq!(patients, 1, "{name}");
        for entry in bundle["entry"].as_array().unwrap() {
            let id = id_of(&entry["resource"]);
            assert_eq!(entry["request"]["method"], "PUT", "{id}");
            assert_eq!(entry["request"]["url"], *id, "{id}");
            assert!(
                entry["fullUrl"]
                    .as_str()
                    .unwrap()
                    .ends_with(&format!("/{id}")),
                "{id}"
            );
            assert!(seen.insert(id.clone()), "{id} is there twice");
        }
        let mut references = Vec::new();
        under(&bundle, "reference", &mut references);
        let mut evidence = Vec::new();
        under(&assessment, "evidence", &mut evidence);
        // A list, or the one result that a measurement is.
        let evidence = evidence.iter().flat_map(|found| match found {
            Value::Array(list) => list.iter().collect(),
            one => vec![*one],
        });
        for reference in references.into_iter().chain(evidence) {
            assert!(
                ids.contains(reference.as_str().unwrap()),
                "{name}: {reference}"
            );
        }
    }
}

#[test]
fn nobody_could_be_real() {
    const WEIGHTS: [u32; 10] = [4, 3, 2, 7, 6, 5, 4, 3, 2, 1];
    let mut numbers = BTreeSet::new();
    for Fixture { name, bundle, .. } in fixtures() {
        for patient in resources(&bundle).filter(|r| r["resourceType"] == "Patient") {
            let identifier = &patient["identifier"][0];
            let value = identifier["value"].as_str().unwrap();
            assert!(
                numbers.insert(value.to_owned()),
                "{name}: {value} is there twice"
            );
            if identifier["system"] != "urn:oid:1.2.208.176.1.2" {
                assert_eq!(
                    identifier["system"], "urn:sid-cds:demonstration-patient",
                    "{name}"
                );
                continue;
            }
            assert!(
                value.len() == 10 && value.starts_with("2902"),
                "{name}: {value}"
            );
            let year: u32 = value[4..6].parse().unwrap();
            assert_ne!(year % 4, 0, "{name}: 29 February exists in a year {year}");
            assert_eq!(
                &patient["birthDate"].as_str().unwrap()[2..4],
                &value[4..6],
                "{name}"
            );
            let sum: u32 = value
                .chars()
                .zip(WEIGHTS)
                .map(|(digit, weight)| digit.to_digit(10).unwrap() * weight)
                .sum();
            assert_ne!(sum % 11, 0, "{name}: {value} passes modulus 11");
        }
    }
}

#[test]
fn clinical_codes_are_of_systems_that_the_terminology_knows() {
    /// Systems of FHIR itself and of this project.
    const OTHERS: [&str; 4] = [
        "http://terminology.hl7.org/CodeSystem/",
        "http://unitsofmeasure.org",
        "urn:sid-cds:",
        "urn:oid:1.2.208.176.1.2",
    ];
    let terminology = Terminology::built_in().unwrap();
    for Fixture { name, bundle, .. } in fixtures() {
        let mut codings = Vec::new();
        under(&bundle, "coding", &mut codings);
        for coding in codings.iter().flat_map(|list| list.as_array().unwrap()) {
            let (system, code) = (
                coding["system"].as_str().unwrap(),
                coding["code"].as_str().unwrap(),
            );
            let known = terminology.knows_system(Coding {
                system: Some(system),
                code,
            });
            assert!(
                known || OTHERS.iter().any(|other| system.starts_with(other)),
                "{name}: {coding}"
            );
        }
    }
}

#[test]
fn nothing_happens_after_the_evaluation_date() {
    const DATES: [&str; 9] = [
        "onsetDateTime",
        "abatementDateTime",
        "effectiveDateTime",
        "performedDateTime",
        "authoredOn",
        "birthDate",
        "start",
        "end",
        "issued",
    ];
    let mut counted = BTreeMap::new();
    for Fixture {
        name,
        story,
        bundle,
        ..
    } in fixtures()
    {
        for key in DATES {
            let mut dates = Vec::new();
            under(&bundle, key, &mut dates);
            for date in dates {
                let day: jiff::civil::Date = date.as_str().unwrap()[..10].parse().unwrap();
                assert!(day <= story.as_of, "{name}: {key} {date}");
                *counted.entry(key).or_insert(0) += 1;
            }
        }
    }
    assert!(counted["onsetDateTime"] > 0 && counted["effectiveDateTime"] > 0);
}
