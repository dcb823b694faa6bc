//! What is damaged: each demonstration patient with each hook, what the public sandbox sends, feedback.

use std::fs;

use axum::{Router, http::StatusCode};
use serde_json::{Value, json};

use super::{
    super::{fetching_harness::HOOKS, harness::get},
    document::Document,
};

/// A call.
#[derive(Debug)]
pub struct Seed {
    pub path: String,
    pub body: Document,
}

impl Seed {
    fn of(path: String, body: &Value) -> Self {
        Self {
            path,
            body: Document::of(body),
        }
    }
}

/// Every call of a hook. Nothing is to be fetched for them: what is damaged is what was sent.
pub async fn requests(demonstration: &Router) -> Vec<Seed> {
    let mut seeds = Vec::new();
    let mut add = |mut request: Value| {
        let path = format!("/cds-services/sid-{}", request["hook"].as_str().unwrap());
        request.as_object_mut().unwrap().remove("fhirServer");
        seeds.push(Seed::of(path, &request));
    };
    for folder in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures")).unwrap() {
        let name = folder.unwrap().file_name().into_string().unwrap();
        let Some(number) = name.get(..2).and_then(|number| number.parse::<u32>().ok()) else {
            continue;
        };
        for hook in HOOKS {
            let path = format!("/demo/requests/p{number:02}/{hook}");
            let answer = get(demonstration, &path).await;
            assert_eq!(answer.status, StatusCode::OK, "{path}");
            add(answer.json());
        }
    }
    for (_, body) in sandbox().filter(|(_, body)| body["hook"].is_string()) {
        add(body);
    }
    // Directories are listed in no order.
    seeds.sort_by(|a, b| (&a.path, &a.body.text).cmp(&(&b.path, &b.body.text)));
    assert!(seeds.len() > 80, "{}", seeds.len());
    seeds
}

/// Feedback of every form.
pub fn feedback() -> Vec<Seed> {
    let path = "/cds-services/sid-patient-view/feedback";
    let card = "f6b95768-b1c8-40dc-8385-bf3504b82ffb";
    let reason = json!({ "code": "O6", "system": "urn:sid-cds:override", "display": "Data wrong" });
    let ours = json!({ "feedback": [
        { "card": card, "outcome": "accepted", "outcomeTimestamp": "2026-03-16T10:05:31Z",
          "acceptedSuggestions": [{ "id": card }, { "id": "urn:uuid:1" }] },
        { "card": card, "outcome": "overridden", "outcomeTimestamp": "2026-03-16T11:05:31.5+01:00",
          "overrideReason": { "reason": reason, "userComment": "æ \u{0} \u{1f600}" } },
        { "card": "os-warn", "outcome": "overridden", "outcomeTimestamp": "2026-03-16T10:05:31Z" },
    ] });
    let mut bodies: Vec<Value> = sandbox()
        .filter(|(name, body)| name.starts_with("feedback") && body["feedback"].is_array())
        .map(|(_, body)| body)
        .chain([ours])
        .collect();
    bodies.sort_by_key(Value::to_string);
    assert!(bodies.len() > 3);
    bodies
        .iter()
        .map(|body| Seed::of(path.to_owned(), body))
        .collect()
}

fn sandbox() -> impl Iterator<Item = (String, Value)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sandbox");
    fs::read_dir(folder).unwrap().filter_map(|file| {
        let file = file.unwrap();
        let text = fs::read_to_string(file.path()).unwrap();
        let name = file.file_name().into_string().unwrap();
        Some((name, serde_json::from_str(&text).ok()?))
    })
}
