//! The audit trail: one line for each call, codes and no patient data.

use std::{fs, path::PathBuf};

use serde_json::{Value, json};
use sid_cds::config::{AuditFormat, AuditSink};

use super::harness::{demonstration, get, post, request, service_with};

const SERVICE: &str = "/cds-services/sid-patient-view";

/// An audit file of this test, gone with it.
struct Trail(PathBuf);

impl Trail {
    fn new(name: &str) -> Self {
        let name = format!("sid-cds-{}-{name}.jsonl", std::process::id());
        let path = std::env::temp_dir().join(name);
        let _ = fs::remove_file(&path);
        Self(path)
    }

    fn lines(&self) -> Vec<Value> {
        let text = fs::read_to_string(&self.0).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
        lines.collect()
    }
}

impl Drop for Trail {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Every id, name, number and text of the resources of a request, short ones aside.
fn of_the_patient(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                let telling = ["id", "family", "text", "value", "reference", "valueString"];
                match value.as_str() {
                    Some(text) if telling.contains(&name.as_str()) && text.len() > 3 => {
                        found.push(text.to_owned());
                    }
                    _ => of_the_patient(value, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| of_the_patient(item, found)),
        _ => {}
    }
}

#[tokio::test]
async fn every_call_has_a_line_without_patient_data() {
    let demonstration = demonstration();
    let trail = Trail::new("every-call");
    let (service, state) = service_with(|config| config.audit = AuditSink::File(trail.0.clone()));
    let patients = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures")).unwrap();
    let patients = patients.filter_map(|folder| {
        let bundle = fs::read_to_string(folder.unwrap().path().join("bundle.json")).ok()?;
        let bundle: Value = serde_json::from_str(&bundle).unwrap();
        let resources = bundle["entry"].as_array().unwrap().iter();
        let mut resources = resources.map(|entry| &entry["resource"]);
        let patient = resources.find(|resource| resource["resourceType"] == "Patient")?;
        Some(patient["id"].as_str().unwrap().to_owned())
    });
    let mut calls = Vec::new();
    for patient in patients {
        for hook in ["patient-view", "order-select", "order-sign"] {
            let body = get(&demonstration, &format!("/demo/requests/{patient}/{hook}")).await;
            let body = body.json();
            let answer = post(&service, &format!("/cds-services/sid-{hook}"), &body).await;
            calls.push((hook, body, answer.json()));
        }
    }
    state.audit.flush();
    let lines = trail.lines();
    assert_eq!(lines.len(), calls.len());
    assert!(calls.len() > 60);
    for (line, (hook, body, answer)) in lines.iter().zip(&calls) {
        let members: Vec<&String> = line.as_object().unwrap().keys().collect();
        let expected = [
            "at",
            "call",
            "client",
            "service",
            "hookInstance",
            "population",
            "conclusions",
            "cards",
            "dataProblems",
            "milliseconds",
            "status",
        ];
        assert_eq!(members, expected);
        assert_eq!(line["call"], "hook");
        assert_eq!(line["client"], "anonymous");
        assert_eq!(line["service"], format!("sid-{hook}"));
        assert_eq!(line["hookInstance"], body["hookInstance"]);
        assert_eq!(line["status"], 200);
        let cards = answer["cards"].as_array().unwrap().iter();
        let codes: Vec<&Value> = cards.map(|card| &card["source"]["topic"]["code"]).collect();
        assert_eq!(line["cards"], json!(codes));
        assert!(line["conclusions"][0].is_string());
        let mut telling = Vec::new();
        of_the_patient(&body["prefetch"], &mut telling);
        assert!(!telling.is_empty());
        let line = line.to_string();
        for text in telling {
            assert!(!line.contains(&text), "{text}: {line}");
        }
    }
    assert!(lines.iter().any(|line| line["dataProblems"][0].is_string()));
}

#[tokio::test]
async fn refusals_and_feedback_have_lines_and_other_addresses_have_none() {
    let trail = Trail::new("refusals");
    let (service, state) = service_with(|config| config.audit = AuditSink::File(trail.0.clone()));
    let entry = json!({ "card": "x", "outcome": "overridden",
        "outcomeTimestamp": "2026-03-16T10:05:31Z" });
    post(&service, SERVICE, &json!({})).await;
    let feedback = format!("{SERVICE}/feedback");
    post(&service, &feedback, &json!({ "feedback": [entry, entry] })).await;
    post(&service, &feedback, &json!({ "feedback": [{}] })).await;
    post(&service, "/cds-services/nowhere", &json!({})).await;
    get(&service, "/health/live").await;
    state.audit.flush();
    let lines: Vec<Value> = trail
        .lines()
        .into_iter()
        .map(|line| json!([line["call"], line["status"], line["entries"], line["cards"]]))
        .collect();
    assert_eq!(
        lines,
        [
            json!(["hook", 400, null, null]),
            json!(["feedback", 200, 2, null]),
            json!(["feedback", 400, null, null]),
        ]
    );
}

/// SEC-06: the elements that R4 requires, and codes of its bindings.
#[tokio::test]
async fn a_line_can_be_a_fhir_audit_event() {
    let trail = Trail::new("event");
    let (service, state) = service_with(|config| {
        config.audit = AuditSink::File(trail.0.clone());
        config.audit_format = AuditFormat::Fhir;
    });
    post(&service, SERVICE, &request("patient-view")).await;
    post(&service, SERVICE, &json!({})).await;
    state.store.close().await;
    let entry = json!({ "card": "x", "outcome": "overridden",
        "outcomeTimestamp": "2026-03-16T10:05:31Z" });
    post(
        &service,
        &format!("{SERVICE}/feedback"),
        &json!({ "feedback": [entry] }),
    )
    .await;
    state.audit.flush();
    let events = trail.lines();
    let outcomes: Vec<&Value> = events.iter().map(|event| &event["outcome"]).collect();
    assert_eq!(outcomes, ["0", "4", "8"]);
    for event in &events {
        assert_eq!(event["resourceType"], "AuditEvent");
        assert_eq!(event["type"]["code"], "rest");
        assert_eq!(event["action"], "E");
        let recorded = event["recorded"].as_str().unwrap();
        assert!(recorded.parse::<jiff::Timestamp>().is_ok() && recorded.ends_with('Z'));
        assert_eq!(event["agent"][0]["requestor"], true);
        assert_eq!(event["agent"][0]["who"]["display"], "anonymous");
        assert_eq!(event["source"]["observer"]["display"], "sid-cds");
    }
    let entity = &events[0]["entity"][0];
    assert_eq!(
        entity["what"]["identifier"]["value"],
        "urn:uuid:d1577c69-dfbe-44ad-ba6d-3e05e953b2ea"
    );
    let details = entity["detail"].as_array().unwrap();
    for (kind, value) in [
        ("service", "sid-patient-view"),
        ("status", "200"),
        ("conclusion", "UNK"),
    ] {
        let wanted = json!({ "type": kind, "valueString": value });
        assert!(details.contains(&wanted), "{wanted}: {details:?}");
    }
}
