//! Records that others made: HL7's own R4 examples, and synthetic patients.
//!
//! They are in `target/tools`, where `tests/run` puts them; so these tests are ignored unless asked
//! for, and fail when the files are not there.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

#[allow(dead_code, reason = "a part of it")]
#[path = "http/harness.rs"]
mod harness;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    num::NonZeroU32,
    path::{Path, PathBuf},
    sync::Arc,
};

use axum::{Router, http::StatusCode};
use harness::{Answer, TODAY, call, get, request, service_with};
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};
use sid_cds::{
    chart::{self, Input, Reading, terminology::Terminology},
    guideline::{
        assess,
        assessment::{CardCode, Population, StartConclusion},
    },
};
use tokio::task::JoinSet;

/// Definitions of FHIR itself, which no chart holds.
const DEFINITIONS: [&str; 6] = [
    "CodeSystem",
    "ConceptMap",
    "OperationDefinition",
    "SearchParameter",
    "StructureDefinition",
    "ValueSet",
];

/// Bytes of an example beyond which it is a Bundle of FHIR's definitions: those have up to 35 MB.
const LARGE: usize = 4 << 20;
/// The largest body that the service takes.
const BODY_LIMIT: usize = 8 << 20;

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

/// The examples by name, and the large Bundles by name as they stand.
type Examples = (Vec<(String, Value)>, Vec<(String, String)>);

/// The instances among HL7's examples, by file name, and the texts of those over [`LARGE`].
fn examples() -> Examples {
    let (mut examples, mut large) = (Vec::new(), Vec::new());
    for path in json_files("node_modules/hl7.fhir.r4.examples") {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let kind = name.split('-').next().unwrap();
        if DEFINITIONS.contains(&kind) {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        if text.len() > LARGE {
            large.push((name, text));
        } else if let Ok(value) = serde_json::from_str::<Value>(&text)
            && value["resourceType"].is_string()
        {
            examples.push((name, value));
        }
    }
    (examples, large)
}

/// The service as a client reaches it, with room for all examples in one body and all calls at once.
fn service() -> Router {
    let (service, _) = service_with(|config| {
        config.entry_limit = 100_000;
        config.resource_limit = 100_000;
        config.body_limit_bytes = BODY_LIMIT;
        config.client_calls_per_second = NonZeroU32::MAX;
        config.client_calls_at_once = NonZeroU32::MAX;
        config.concurrent_calls = 10_000;
        config.calls_per_processor = 10_000;
    });
    service
}

/// Each key of the service with the type of resource that it asks for.
async fn keys(service: &Router) -> Vec<(String, String)> {
    let discovery = get(service, "/cds-services").await.json();
    let prefetch = discovery["services"][0]["prefetch"].as_object().unwrap();
    let kind = |query: &Value| {
        let query = query.as_str().unwrap();
        query.split(['?', '/']).next().unwrap().to_owned()
    };
    prefetch
        .iter()
        .map(|(key, query)| (key.clone(), kind(query)))
        .collect()
}

/// The cards of one call over HTTP, each with whether it says what is missing or wrong.
///
/// # Errors
///
/// The request is refused by an OperationOutcome. Any other answer, one of 5xx above all, ends the test.
async fn call_hook(
    service: &Router,
    hook: &str,
    patient: &str,
    prefetch: Value,
    draft: Option<&Value>,
) -> Result<Vec<(String, bool)>, Answer> {
    let mut body = request(hook);
    body["context"]["patientId"] = json!(patient);
    body["prefetch"] = prefetch;
    if let Some(draft) = draft {
        body["context"]["draftOrders"]["entry"] = json!([{"resource": draft}]);
    }
    send(service, hook, body.to_string()).await
}

/// The same with the body as text.
async fn send(service: &Router, hook: &str, body: String) -> Result<Vec<(String, bool)>, Answer> {
    let path = format!("/cds-services/sid-{hook}");
    let json = [("content-type", "application/json")];
    let answer = call(service, "POST", &path, &json, body).await;
    if answer.status != StatusCode::OK {
        assert!(answer.status.is_client_error(), "{answer:?}");
        answer.faults();
        return Err(answer);
    }
    let json = answer.json();
    let cards = json["cards"].as_array().unwrap().iter().map(|card| {
        let trace = &card["extension"]["dk.sid-cds.trace"];
        let reasoned = ["missing", "dataProblems"].iter().any(|member| {
            trace[member]
                .as_array()
                .is_some_and(|list| !list.is_empty())
        });
        let code = card["source"]["topic"]["code"].as_str().unwrap();
        (code.to_owned(), reasoned)
    });
    Ok(cards.collect())
}

/// "Could not evaluate" and "the data are wrong", which must say why.
const ABOUT_DATA: [&str; 2] = ["C04", "C31"];

/// The cards that are neither silence nor an explained gap.
fn clinical(cards: Vec<(String, bool)>) -> impl Iterator<Item = String> {
    cards
        .into_iter()
        .filter(|(code, reasoned)| !(ABOUT_DATA.contains(&code.as_str()) && *reasoned))
        .map(|(code, _)| code)
}

/// Does every issue say which prefetch key could not be obtained?
fn is_about_obtaining(refusal: &Answer) -> bool {
    let outcome = refusal.json();
    let mut issues = outcome["issue"].as_array().unwrap().iter();
    refusal.status == StatusCode::PRECONDITION_FAILED
        && issues.all(|issue| {
            let place = issue["expression"][0].as_str().unwrap_or_default();
            let text = issue["details"]["text"].as_str().unwrap_or_default();
            place.starts_with("prefetch.")
                && text.starts_with("Required data could not be obtained")
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

/// The prefetch that has an example as the bare value of the patient, of each key that asks for its
/// type, and of one key that asks for another type: there it is to all of them the same. A Bundle of one
/// key that asks for a type that is in it instead.
fn bare(resource: &Value, keys: &[(String, String)]) -> Map<String, Value> {
    let kind = resource["resourceType"].as_str().unwrap();
    let is_bundle = kind == "Bundle";
    let is_in_it = |asked: &str| {
        let mut entries = resource["entry"].as_array().into_iter().flatten();
        entries.any(|entry| entry["resource"]["resourceType"] == asked)
    };
    let fits = |asked: &str| asked == kind || is_bundle && is_in_it(asked);
    let searches = || keys.iter().filter(|(_, asked)| asked != "Patient");
    let fitting = searches().filter(|(_, asked)| fits(asked));
    let fitting = fitting.take(if is_bundle { 1 } else { keys.len() });
    let other = searches().find(|(_, asked)| !fits(asked));
    let patient = keys.iter().filter(|(_, asked)| asked == "Patient");
    fitting
        .chain(other)
        .chain(patient)
        .map(|(key, _)| (key.clone(), resource.clone()))
        .collect()
}

/// The prefetch of a client that found nothing but this example.
fn in_bundles(resource: &Value, patient: &str, keys: &[(String, String)]) -> Map<String, Value> {
    let kind = resource["resourceType"].as_str().unwrap();
    keys.iter()
        .map(|(key, asked)| {
            let value = match (asked.as_str(), asked == kind) {
                ("Patient", true) => resource.clone(),
                ("Patient", false) => {
                    json!({"resourceType": "Patient", "id": patient, "birthDate": "1970-01-01"})
                }
                (_, true) => bundle(&[resource]),
                (_, false) => bundle(&[]),
            };
            (key.clone(), value)
        })
        .collect()
}

/// What one example leads to: the clinical cards, and how many answers were silent.
async fn alone(
    service: &Router,
    name: &str,
    resource: &Value,
    keys: &[(String, String)],
) -> (Vec<String>, usize) {
    let (mut wrong, mut silent) = (Vec::new(), 0);
    let patient = patient_of(resource);
    let found = in_bundles(resource, &patient, keys);
    for (form, hook, prefetch) in [
        ("bare", "patient-view", bare(resource, keys)),
        ("in a Bundle", "patient-view", found.clone()),
        ("in a Bundle", "order-sign", found),
    ] {
        let cards = match call_hook(service, hook, &patient, prefetch.into(), None).await {
            Ok(cards) => cards,
            // A resource where a search was asked for is no search: what is required was not
            // obtained, and where there is nothing else to say, that is said.
            Err(refusal) if form == "bare" && is_about_obtaining(&refusal) => continue,
            Err(refusal) => panic!("{name} {form} {hook}: {refusal:?}"),
        };
        silent += usize::from(cards.is_empty());
        wrong.extend(clinical(cards).map(|code| format!("{name} {form} {hook}: {code}")));
    }
    // A draft may be refused; it may not bring anything down, or be taken for immunoglobulin.
    let drafted = call_hook(service, "order-select", &patient, json!({}), Some(resource)).await;
    let drafted = clinical(drafted.unwrap_or_default());
    wrong.extend(drafted.map(|code| format!("{name} as a draft: {code}")));
    (wrong, silent)
}

/// A Bundle of definitions as the value of a key and as a draft, as it stands in its file.
async fn large_alone(service: &Router, name: &str, text: &str) -> Vec<String> {
    const PLACE: &str = "\"here\"";
    let mut view = request("patient-view");
    view["prefetch"] = json!({"procedures": "here"});
    let mut select = request("order-select");
    select["context"]["draftOrders"]["entry"] = json!([{"resource": "here"}]);
    let mut wrong = Vec::new();
    for (hook, body) in [("patient-view", view), ("order-select", select)] {
        let body = body.to_string().replace(PLACE, text);
        let too_large = body.len() > BODY_LIMIT;
        match send(service, hook, body).await {
            Ok(cards) => wrong.extend(clinical(cards).map(|code| format!("{name}: {code}"))),
            Err(refusal) => assert_eq!(
                refusal.status == StatusCode::PAYLOAD_TOO_LARGE,
                too_large,
                "{name} {hook}: {refusal:?}"
            ),
        }
    }
    wrong
}

/// Every example as the value of prefetch keys, in a Bundle beside empty ones, and as the draft of an
/// order: none of them brings an answer of 5xx, or a clinical card.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs target/tools: tests/run"]
async fn each_example_of_hl7_alone() {
    const AT_ONCE: usize = 4;
    let service = service();
    let keys = Arc::new(keys(&service).await);
    let (examples, large) = examples();
    assert!(examples.len() > 700, "{}", examples.len());
    assert!(large.len() > 5, "{}", large.len());
    let (examples, large) = (Arc::new(examples), Arc::new(large));
    let mut parts = JoinSet::new();
    for part in 0..AT_ONCE {
        let (service, keys) = (service.clone(), keys.clone());
        let (examples, large) = (examples.clone(), large.clone());
        parts.spawn(async move {
            let mut found = (Vec::new(), 0);
            for (name, resource) in examples.iter().skip(part).step_by(AT_ONCE) {
                let (wrong, silent) = alone(&service, name, resource, &keys).await;
                found.0.extend(wrong);
                found.1 += silent;
            }
            for (name, text) in large.iter().skip(part).step_by(AT_ONCE) {
                found.0.extend(large_alone(&service, name, text).await);
            }
            found
        });
    }
    let found = parts.join_all().await;
    let wrong: Vec<&String> = found.iter().flat_map(|(wrong, _)| wrong).collect();
    assert!(wrong.is_empty(), "{}: {wrong:#?}", wrong.len());
    // In Bundles everything was searched; a bare resource where a search was asked for was not.
    let silent: usize = found.iter().map(|(_, silent)| silent).sum();
    assert!(silent > examples.len(), "{silent} silent answers");
}

/// All examples in one prefetch, for every patient that one of them is about.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs target/tools: tests/run"]
async fn all_examples_of_hl7_at_once() {
    let service = service();
    let keys = keys(&service).await;
    let (examples, _) = examples();
    let mut by_type: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for (_, resource) in &examples {
        by_type
            .entry(resource["resourceType"].as_str().unwrap())
            .or_default()
            .push(resource);
    }
    let patients: BTreeSet<String> = examples.iter().map(|(_, one)| patient_of(one)).collect();
    assert!(patients.len() > 20, "{}", patients.len());
    let mut calls = JoinSet::new();
    for patient in patients {
        let prefetch: Map<String, Value> = keys
            .iter()
            .map(|(key, kind)| {
                let all = by_type
                    .get(kind.as_str())
                    .map(Vec::as_slice)
                    .unwrap_or_default();
                let own = all.iter().find(|one| one["id"] == patient.as_str());
                let value = match (kind.as_str(), own) {
                    ("Patient", Some(own)) => (*own).clone(),
                    ("Patient", None) => json!({"resourceType": "Patient", "id": patient}),
                    _ => bundle(all),
                };
                (key.clone(), value)
            })
            .collect();
        let service = service.clone();
        calls.spawn(async move {
            let mut wrong = Vec::new();
            for hook in ["patient-view", "order-sign"] {
                let cards =
                    call_hook(&service, hook, &patient, prefetch.clone().into(), None).await;
                let cards = cards.unwrap_or_else(|refusal| panic!("{patient} {hook}: {refusal:?}"));
                wrong.extend(clinical(cards).map(|code| format!("{patient} {hook}: {code}")));
            }
            wrong
        });
    }
    let wrong: Vec<String> = calls.join_all().await.into_iter().flatten().collect();
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
    let zone = TimeZone::get("Europe/Copenhagen").unwrap();
    let terminology = Terminology::built_in().unwrap();
    let reading = Reading {
        as_of: TODAY,
        zone: &zone,
        terminology: &terminology,
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
