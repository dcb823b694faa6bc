//! What the public CDS Hooks Sandbox really sends: answered with 200, or refused for the right reason.

use std::{collections::BTreeMap, fs, path::Path};

use axum::http::StatusCode;
use serde_json::Value;

use super::harness::{post, service};

/// The service to which each body was sent, and the faults for which it is refused.
const BODIES: [(&str, &str, &[&str]); 21] = [
    ("order-select", "order-select", &[]),
    (
        "order-select-after-accepting-ATC-suggestion",
        "order-select",
        &[],
    ),
    // A server of DSTU2 or STU3, the sandbox's default one included: R4 is the contract.
    (
        "order-select-dstu2-server",
        "order-select",
        &["context.draftOrders.entry[0].resource.resourceType"],
    ),
    ("order-select-full-form", "order-select", &[]),
    ("order-select-invalid-date", "order-select", &[]),
    ("order-select-no-medication", "order-select", &[]),
    ("order-select-pama", "order-select", &[]),
    ("order-select-pama-empty", "order-select", &[]),
    (
        "order-select-stu3-server",
        "order-select",
        &["context.draftOrders.entry[0].resource.dosageInstruction[0].doseQuantity"],
    ),
    // A click on the open tab sends no order context: the two members are required (CTX-06, CTX-07).
    (
        "order-select-tab-reclick-no-context",
        "order-select",
        &["context.draftOrders", "context.selections"],
    ),
    (
        "order-select-unresolved-tokens-in-prefetch",
        "order-select",
        &[],
    ),
    ("order-select-year-0202", "order-select", &[]),
    ("order-sign", "order-sign", &[]),
    ("order-sign-no-medication", "order-sign", &[]),
    (
        "order-sign-tab-reclick-no-context",
        "order-sign",
        &["context.draftOrders"],
    ),
    ("patient-view", "patient-view", &[]),
    ("patient-view-all-prefetch-tokens", "patient-view", &[]),
    ("patient-view-no-prefetch-declared", "patient-view", &[]),
    // `?hook=` without `screen=` sends another hook to this service (REQ-02).
    (
        "patient-view-service-called-with-hook-order-select",
        "patient-view",
        &["hook"],
    ),
    ("patient-view-smart-fhirAuthorization", "patient-view", &[]),
    (
        "patient-view-smart-placeholder-patient",
        "patient-view",
        &[],
    ),
];

/// Every captured request, by the name of its file.
pub fn bodies() -> BTreeMap<String, Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sandbox");
    fs::read_dir(folder)
        .unwrap()
        .filter_map(|file| {
            let path = file.unwrap().path();
            let body: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
            let name = path.file_stem()?.to_str()?.to_owned();
            body.get("hook").is_some().then_some((name, body))
        })
        .collect()
}

/// CTX-30, AMB-16: a body of DSTU2 or STU3 is refused.
#[tokio::test]
async fn every_captured_request_is_answered() {
    let service = service();
    let mut bodies = bodies();
    for (name, hook, faults) in BODIES {
        let body = bodies
            .remove(name)
            .unwrap_or_else(|| panic!("{name} is not there"));
        let answer = post(&service, &format!("/cds-services/sid-{hook}"), &body).await;
        if faults.is_empty() {
            assert_eq!(answer.status, StatusCode::OK, "{name}: {}", answer.text);
            assert!(answer.json()["cards"].is_array(), "{name}");
        } else {
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{name}");
            assert_eq!(answer.faults(), faults, "{name}");
        }
    }
    assert!(bodies.is_empty(), "not listed: {:?}", bodies.keys());
}
