//! Demonstration mode: the FHIR endpoint, the requests made ready, the page.

use std::{collections::BTreeSet, fs, path::Path};

use axum::http::StatusCode;
use serde_json::Value;

use jiff::{
    civil::{Date, date},
    tz::TimeZone,
};
use sid_cds::{
    cds_hooks::{request::Request, service::Services},
    chart::{Reading, terminology::Terminology},
    guideline::{assess, assessment::CardCode, hooks::Hook},
};

use super::harness::{ORIGIN, call, demonstration, demonstration_on, get, post};

const HOOKS: [&str; 3] = ["patient-view", "order-select", "order-sign"];

/// The records as they are written, which is how they stand on the day of the harness.
fn records() -> Vec<Vec<Value>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut records: Vec<(String, Vec<Value>)> = fs::read_dir(folder)
        .unwrap()
        .filter_map(|entry| {
            let folder = entry.unwrap();
            let text = fs::read_to_string(folder.path().join("bundle.json")).ok()?;
            let bundle: Value = serde_json::from_str(&text).unwrap();
            let entries = bundle["entry"].as_array().unwrap();
            let resources = entries
                .iter()
                .map(|entry| entry["resource"].clone())
                .collect();
            Some((folder.file_name().into_string().unwrap(), resources))
        })
        .collect();
    records.sort_by(|a, b| a.0.cmp(&b.0));
    records
        .into_iter()
        .map(|(_, resources)| resources)
        .collect()
}

fn patient_id(record: &[Value]) -> &str {
    let patient = record
        .iter()
        .find(|resource| resource["resourceType"] == "Patient");
    patient.unwrap()["id"].as_str().unwrap()
}

fn reference(resource: &Value) -> String {
    let name = |member: &str| resource[member].as_str().unwrap().to_owned();
    format!("{}/{}", name("resourceType"), name("id"))
}

/// The searches of the prefetch templates find the whole record, with no parameter ignored.
#[tokio::test]
async fn templates_find_the_records() {
    let service = demonstration();
    let records = records();
    assert!(records.len() >= 14);
    for record in &records {
        let id = patient_id(record);
        let request = get(&service, &format!("/demo/requests/{id}/patient-view"))
            .await
            .json();
        let mut found = BTreeSet::new();
        let mut failed = false;
        for (key, value) in request["prefetch"].as_object().unwrap() {
            if key == "patient" {
                found.insert(reference(value));
                continue;
            }
            assert_eq!(value["type"], "searchset", "{id} {key}");
            for entry in value["entry"].as_array().into_iter().flatten() {
                if entry["search"]["mode"] == "outcome" {
                    assert_eq!(
                        entry["resource"]["issue"][0]["severity"], "error",
                        "{id} {key}"
                    );
                    failed = true;
                } else {
                    found.insert(reference(&entry["resource"]));
                }
            }
        }
        let expected: BTreeSet<String> = record
            .iter()
            .filter(|resource| !(failed && resource["resourceType"] == "Condition"))
            .map(reference)
            .collect();
        assert_eq!(found, expected, "{id}");
    }
}

/// A search by POST, as the sandbox makes it, and by GET; CORS; the media type.
#[tokio::test]
async fn both_ways_of_searching_agree() {
    let service = demonstration();
    for query in [
        "patient=p01",
        "patient=p01&_sort=-date&_count=1",
        "nonsense=1",
    ] {
        let by_get = get(&service, &format!("/fhir/Observation?{query}")).await;
        let headers = [
            ("content-type", "application/x-www-form-urlencoded"),
            ("origin", ORIGIN),
        ];
        let by_post = call(
            &service,
            "POST",
            "/fhir/Observation/_search",
            &headers,
            query,
        )
        .await;
        assert_eq!(by_post.status, StatusCode::OK);
        assert_eq!(by_post.header("access-control-allow-origin"), ORIGIN);
        assert_eq!(
            by_post.header("content-type"),
            "application/fhir+json; charset=utf-8"
        );
        assert_eq!(by_get.text, by_post.text, "{query}");
    }
}

/// What the sandbox asks when it starts, and what is not there.
#[tokio::test]
async fn reads() {
    let service = demonstration();
    for (path, status, resource_type) in [
        ("/fhir/metadata", StatusCode::OK, "CapabilityStatement"),
        ("/fhir/Patient", StatusCode::OK, "Bundle"),
        ("/fhir/Patient/p01", StatusCode::OK, "Patient"),
        ("/fhir/Condition?patient=p01", StatusCode::OK, "Bundle"),
        (
            "/fhir/Patient/nobody",
            StatusCode::NOT_FOUND,
            "OperationOutcome",
        ),
        (
            "/fhir/Goal?patient=p01",
            StatusCode::NOT_FOUND,
            "OperationOutcome",
        ),
        (
            "/demo/requests/nobody/patient-view",
            StatusCode::NOT_FOUND,
            "OperationOutcome",
        ),
        (
            "/demo/requests/p01/order-dispatch",
            StatusCode::NOT_FOUND,
            "OperationOutcome",
        ),
    ] {
        let answer = get(&service, path).await;
        assert_eq!(answer.status, status, "{path}");
        assert_eq!(answer.json()["resourceType"], resource_type, "{path}");
    }
    let statement = get(&service, "/fhir/metadata").await.json();
    assert_eq!(statement["fhirVersion"], "4.0.1");
    let description = statement["implementation"]["description"].as_str().unwrap();
    assert!(description.contains("demonstration only"));
    assert!(statement["rest"][0]["resource"].as_array().unwrap().len() >= 9);
}

/// The requests made ready are ones that the services accept.
#[tokio::test]
async fn requests_made_ready_are_answered() {
    let service = demonstration();
    for record in records() {
        let id = patient_id(&record);
        for hook in HOOKS {
            let request = get(&service, &format!("/demo/requests/{id}/{hook}"))
                .await
                .json();
            let answer = post(&service, &format!("/cds-services/sid-{hook}"), &request).await;
            assert_eq!(
                answer.status,
                StatusCode::OK,
                "{id} {hook}: {}",
                answer.text
            );
        }
    }
}

#[derive(serde::Deserialize)]
struct Story {
    cards: Vec<String>,
}

/// The cards that each story promises, by patient.
fn promised() -> Vec<(String, Vec<String>)> {
    use figment::providers::Format;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut folders: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    let stories = folders.iter().map(|folder| {
        let story = figment::providers::Toml::file_exact(folder.join("story.toml"));
        figment::Figment::from(story)
            .extract::<Story>()
            .unwrap()
            .cards
    });
    records()
        .iter()
        .map(|record| patient_id(record).to_owned())
        .zip(stories)
        .collect()
}

/// Each story is true on the day on which the demonstration is shown, whatever the season.
#[tokio::test]
async fn stories_are_true_on_any_day() {
    let services = Services::built_in().unwrap();
    let patient_view = services.answering(Hook::PatientView).unwrap();
    let terminology = Terminology::built_in().unwrap();
    let zone = TimeZone::get("Europe/Copenhagen").unwrap();
    let promised = promised();
    let days: [Date; 5] = [
        date(2026, 3, 16),
        date(2026, 3, 31),
        date(2026, 7, 1),
        date(2026, 11, 22),
        date(2028, 2, 29),
    ];
    for as_of in days {
        let service = demonstration_on(as_of);
        for (id, cards) in &promised {
            let body = get(&service, &format!("/demo/requests/{id}/patient-view"))
                .await
                .text;
            let request = Request::read(patient_view, body.as_bytes()).unwrap();
            let reading = Reading {
                as_of,
                zone: &zone,
                terminology: &terminology,
            };
            let mut assessment = assess(&request.chart(reading).facts, as_of);
            // The summer's own card.
            assessment.cards.retain(|card| *card != CardCode::C17);
            assert_eq!(
                serde_json::to_value(&assessment.cards).unwrap(),
                serde_json::json!(cards),
                "{id} on {as_of}"
            );
        }
    }
}
