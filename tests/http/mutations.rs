//! Requests in which one value is something else: each is answered or refused, and none brings the
//! service down.

use std::fs;

use jiff::tz::TimeZone;
use serde_json::{Value, json};
use sid_cds::{
    cards::Language,
    cds_hooks::{Settings, answer, completion::Fetched, request::Request, service::Services},
    chart::terminology::Terminology,
};

use super::harness::{TODAY, demonstration, get};

/// The place of every value of a document, itself included.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                let name = name.replace('~', "~0").replace('/', "~1");
                places(value, &format!("{at}/{name}"), found);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                places(item, &format!("{at}/{index}"), found);
            }
        }
        _ => {}
    }
}

#[tokio::test]
async fn any_value_may_be_anything() {
    let demonstration = demonstration();
    let services = Services::built_in().unwrap();
    let terminology = Terminology::built_in().unwrap();
    let zone = TimeZone::get("Europe/Copenhagen").unwrap();
    let settings = Settings {
        zone: &zone,
        terminology: &terminology,
        language: Language::Da,
        refuses: false,
    };
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sandbox");
    let sandbox = format!("{folder}/order-select-full-form.json");
    let requests = [
        ("sid-order-select", fs::read_to_string(sandbox).unwrap()),
        (
            "sid-order-sign",
            get(&demonstration, "/demo/requests/p02/order-sign")
                .await
                .text,
        ),
        (
            "sid-patient-view",
            get(&demonstration, "/demo/requests/p05/patient-view")
                .await
                .text,
        ),
    ];
    let (mut answered, mut refused) = (0, 0);
    for (id, text) in requests {
        let service = services.get(id).unwrap();
        let request: Value = serde_json::from_str(&text).unwrap();
        let mut all = Vec::new();
        places(&request, "", &mut all);
        for place in all {
            for other in [
                json!(null),
                json!(-1e300),
                json!("2026-13-45"),
                json!([[]]),
                json!({"coding": [{}]}),
            ] {
                let mut request = request.clone();
                *request.pointer_mut(&place).unwrap() = other;
                let body = request.to_string();
                let nothing = Fetched::default();
                let answer = Request::read(service, body.as_bytes())
                    .and_then(|request| answer(service, &request, &nothing, TODAY, settings));
                match answer {
                    Ok(answer) => {
                        serde_json::to_string(&answer).unwrap();
                        answered += 1;
                    }
                    Err(outcome) => {
                        assert!(!outcome.issues().is_empty());
                        refused += 1;
                    }
                }
            }
        }
    }
    assert!(
        answered > 1000 && refused > 10,
        "{answered} answered, {refused} refused"
    );
}
