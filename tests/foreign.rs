//! Records that others made: HL7's own R4 examples, and synthetic patients.
//!
//! They are in `target/tools`, where `tests/run` puts them; so these tests are ignored unless asked
//! for, and fail when the files are not there.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use jiff::{civil::date, tz::TimeZone};
use serde_json::{Map, Value, json};
use sid_cds::{
    cards::Language,
    cds_hooks::{
        Settings, answer,
        completion::Fetched,
        outcome::OperationOutcome,
        request::Request,
        service::{Service, Services},
    },
    chart::{self, Input, Reading, terminology::Terminology},
    guideline::{
        assess,
        assessment::{CardCode, Population, StartConclusion},
    },
};

const TODAY: jiff::civil::Date = date(2026, 3, 16);

/// Definitions of FHIR itself, which no chart holds.
const DEFINITIONS: [&str; 6] = [
    "CodeSystem",
    "ConceptMap",
    "OperationDefinition",
    "SearchParameter",
    "StructureDefinition",
    "ValueSet",
];

fn json_files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("target/tools")
        .join(folder);
    let entries = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}: run tests/run", folder.display()));
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "json"))
        .collect();
    files.sort();
    files
}

/// The instances among HL7's examples, by file name.
fn examples() -> Vec<(String, Value)> {
    let files = json_files("node_modules/hl7.fhir.r4.examples");
    let all = files.into_iter().filter_map(|path| {
        let name = path.file_stem()?.to_str()?.to_owned();
        let kind = name.split('-').next()?;
        if DEFINITIONS.contains(&kind) {
            return None;
        }
        let value: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).ok()?;
        let is_resource = value["resourceType"].is_string();
        is_resource.then_some((name, value))
    });
    all.collect()
}

/// Everything that answers a call.
struct Program {
    services: Services,
    terminology: Terminology,
    zone: TimeZone,
}

impl Program {
    fn new() -> Self {
        Self {
            services: Services::built_in().unwrap(),
            terminology: Terminology::built_in().unwrap(),
            zone: TimeZone::get("Europe/Copenhagen").unwrap(),
        }
    }

    fn service(&self, hook: &str) -> &Service {
        let id = format!("sid-{hook}");
        self.services
            .iter()
            .find(|service| service.id() == id)
            .unwrap()
    }

    /// The cards of one call, each with whether it says what is missing or wrong.
    ///
    /// # Errors
    ///
    /// The request is refused: where, and why.
    fn call(
        &self,
        hook: &str,
        patient: &str,
        prefetch: Value,
        draft: Option<&Value>,
    ) -> Result<Vec<(CardCode, bool)>, OperationOutcome> {
        let service = self.service(hook);
        let mut context = json!({"userId": "Practitioner/1", "patientId": patient});
        if hook != "patient-view" {
            let entry: Vec<Value> = draft
                .iter()
                .map(|draft| json!({"resource": draft}))
                .collect();
            context["draftOrders"] = json!({"resourceType": "Bundle", "entry": entry});
        }
        if hook == "order-select" {
            context["selections"] = json!([]);
        }
        let body = json!({
            "hook": hook, "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
            "context": context, "prefetch": prefetch,
        });
        let settings = Settings {
            zone: &self.zone,
            terminology: &self.terminology,
            language: Language::En,
            refuses: false,
        };
        let body = body.to_string();
        let request = Request::read(service, body.as_bytes())?;
        let answered = answer(service, &request, &Fetched::default(), TODAY, settings)?;
        let cards = answered.cards.into_iter().map(|card| {
            let json = serde_json::to_value(&card).unwrap();
            let trace = &json["extension"]["dk.sid-cds.trace"];
            let reasoned = ["missing", "dataProblems"].iter().any(|member| {
                trace[member]
                    .as_array()
                    .is_some_and(|list| !list.is_empty())
            });
            (card.code, reasoned)
        });
        Ok(cards.collect())
    }

    fn keys(&self) -> Vec<(String, &'static str)> {
        let templates = self.service("patient-view").templates();
        templates
            .iter()
            .map(|template| (template.key().to_owned(), template.source().resource_type()))
            .collect()
    }
}

/// "Could not evaluate" and "the data are wrong", which must say why.
const ABOUT_DATA: [CardCode; 2] = [CardCode::C04, CardCode::C31];

/// The cards that are neither silence nor an explained gap.
fn clinical(cards: &[(CardCode, bool)]) -> Vec<&(CardCode, bool)> {
    cards
        .iter()
        .filter(|(code, reasoned)| !(ABOUT_DATA.contains(code) && *reasoned))
        .collect()
}

/// Does every issue say which prefetch key could not be obtained?
fn is_about_obtaining(outcome: &OperationOutcome) -> bool {
    outcome.issues().iter().all(|issue| {
        let place = issue.expression().unwrap_or_default();
        let text = issue.text();
        place.starts_with("prefetch.") && text.starts_with("Required data could not be obtained")
    })
}

/// The patient that a resource is about, by id.
fn patient_of(resource: &Value) -> String {
    if resource["resourceType"] == "Patient" {
        return resource["id"].as_str().unwrap_or("example").to_owned();
    }
    let subject = ["subject", "patient"]
        .into_iter()
        .find_map(|name| resource[name]["reference"].as_str());
    let id = subject
        .and_then(|reference| reference.rsplit('/').next())
        .filter(|id| !id.is_empty() && !id.starts_with('#'));
    id.unwrap_or("example").to_owned()
}

fn bundle(resources: &[&Value]) -> Value {
    let entries: Vec<Value> = resources
        .iter()
        .map(|resource| json!({"resource": resource}))
        .collect();
    json!({"resourceType": "Bundle", "type": "searchset", "entry": entries})
}

/// Every example as the value of every prefetch key, in a Bundle beside empty ones, and as the draft of
/// an order.
#[test]
#[ignore = "needs target/tools: tests/run"]
fn each_example_of_hl7_alone() {
    let program = Program::new();
    let keys = program.keys();
    let examples = examples();
    assert!(examples.len() > 700, "{}", examples.len());
    let mut wrong = Vec::new();
    let mut silent = 0;
    for (name, resource) in &examples {
        let patient = patient_of(resource);
        let bare: Map<String, Value> = keys
            .iter()
            .map(|(key, _)| (key.clone(), resource.clone()))
            .collect();
        let in_bundles: Map<String, Value> = keys
            .iter()
            .map(|(key, kind)| {
                let value = if *kind == "Patient" && resource["resourceType"] != "Patient" {
                    json!({"resourceType": "Patient", "id": patient, "birthDate": "1970-01-01"})
                } else if *kind == "Patient" || resource["resourceType"] == *kind {
                    bundle(&[resource])
                } else {
                    bundle(&[])
                };
                let value = match value["entry"][0]["resource"].clone() {
                    patient if *kind == "Patient" && !patient.is_null() => patient,
                    _ => value,
                };
                (key.clone(), value)
            })
            .collect();
        for (form, hook, prefetch) in [
            ("bare", "patient-view", bare),
            ("in a Bundle", "patient-view", in_bundles.clone()),
            ("in a Bundle", "order-sign", in_bundles),
        ] {
            let cards = match program.call(hook, &patient, prefetch.into(), None) {
                Ok(cards) => cards,
                // A resource where a search was asked for is no search: what is required was not
                // obtained, and where there is nothing else to say, that is said.
                Err(outcome) if form == "bare" && is_about_obtaining(&outcome) => continue,
                Err(outcome) => panic!("{name} {form} {hook}: {outcome:?}"),
            };
            silent += usize::from(cards.is_empty());
            for (code, _) in clinical(&cards) {
                wrong.push(format!("{name} {form} {hook}: {code:?}"));
            }
        }
        // A draft may be refused; it may not bring anything down, or be taken for immunoglobulin.
        let drafted = program.call("order-select", &patient, json!({}), Some(resource));
        for (code, _) in clinical(&drafted.unwrap_or_default()) {
            wrong.push(format!("{name} as a draft: {code:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}: {wrong:#?}", wrong.len());
    // In Bundles everything was searched; a bare resource where a search was asked for was not.
    assert!(silent > examples.len(), "{silent} silent answers");
}

/// All examples in one prefetch, for every patient that one of them is about.
#[test]
#[ignore = "needs target/tools: tests/run"]
fn all_examples_of_hl7_at_once() {
    let program = Program::new();
    let examples = examples();
    let mut by_type: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for (_, resource) in &examples {
        by_type
            .entry(resource["resourceType"].as_str().unwrap())
            .or_default()
            .push(resource);
    }
    let patients: BTreeSet<String> = examples.iter().map(|(_, one)| patient_of(one)).collect();
    assert!(patients.len() > 20, "{}", patients.len());
    let mut wrong = Vec::new();
    for patient in &patients {
        let prefetch: Map<String, Value> = program
            .keys()
            .into_iter()
            .map(|(key, kind)| {
                let all = by_type.get(kind).map(Vec::as_slice).unwrap_or_default();
                let own = all.iter().find(|one| one["id"] == patient.as_str());
                let value = match (kind, own) {
                    ("Patient", Some(own)) => (*own).clone(),
                    ("Patient", None) => json!({"resourceType": "Patient", "id": patient}),
                    _ => bundle(all),
                };
                (key, value)
            })
            .collect();
        for hook in ["patient-view", "order-sign"] {
            let cards = program.call(hook, patient, prefetch.clone().into(), None);
            let cards = cards.unwrap_or_else(|outcome| panic!("{patient} {hook}: {outcome:?}"));
            for (code, _) in clinical(&cards) {
                wrong.push(format!("{patient} {hook}: {code:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}: {wrong:#?}", wrong.len());
}

/// What the record of a synthetic patient says in words, read without any code.
fn in_words(bundle: &Value) -> (bool, Population) {
    let resources = || {
        let entries = bundle["entry"].as_array().unwrap();
        entries.iter().map(|entry| &entry["resource"])
    };
    let dead = resources().any(|one| {
        one["resourceType"] == "Patient"
            && one.get("deceasedDateTime").is_some_and(Value::is_string)
    });
    let says = |kind: &str, words: &str| {
        resources().any(|one| {
            one["resourceType"] == kind
                && one["code"]["coding"][0]["display"]
                    .as_str()
                    .is_some_and(|display| display.to_lowercase().contains(words))
        })
    };
    let population = if dead {
        Population::None
    } else if says("Procedure", "allogeneic") {
        Population::P3
    } else if says("Procedure", "hemopoietic stem cell transplant") {
        // From whom, nobody says.
        Population::Unassigned
    } else if says("Condition", "leukemia") || says("Condition", "myeloma") {
        Population::P1
    } else {
        Population::None
    };
    (dead, population)
}

/// Leukaemia, myeloma and transplants by Synthea: the right population, and silence or a reason.
#[test]
#[ignore = "needs target/tools: tests/run"]
fn synthetic_patients() {
    let program = Program::new();
    let reading = Reading {
        as_of: TODAY,
        zone: &program.zone,
        terminology: &program.terminology,
    };
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for path in json_files("patients/fhir") {
        let text = fs::read_to_string(&path).unwrap();
        let bundle: Value = serde_json::from_str(&text).unwrap();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let raw = serde_json::value::to_raw_value(&bundle).unwrap();
        let chart = chart::read(&Input::Record(&raw), None, None, reading);
        let assessment = assess(&chart.facts, TODAY);
        let (dead, population) = in_words(&bundle);
        assert_eq!(assessment.population.code, population, "{name}");
        *seen.entry(format!("{population:?}")).or_default() += 1;
        if dead {
            assert!(
                assessment.cards.is_empty(),
                "{name}: {:?}",
                assessment.cards
            );
        } else {
            // Synthea measures no immunoglobulins.
            assert_eq!(assessment.start.conclusion, StartConclusion::Unk, "{name}");
            assert!(!assessment.start.missing.is_empty(), "{name}");
            assert_eq!(assessment.cards, [CardCode::C04], "{name}");
        }
        let read = |one: &sid_cds::guideline::problem::DataProblem| one.problem;
        let problems: Vec<_> = chart.facts.problems.iter().map(read).collect();
        assert!(problems.is_empty(), "{name}: {problems:?}");
    }
    for population in ["P1", "Unassigned", "None"] {
        assert!(seen.contains_key(population), "{population} in {seen:?}");
    }
}
