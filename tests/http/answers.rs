//! The answers to the demonstration patients, rule by rule.

use axum::{Router, http::StatusCode};
use serde_json::{Map, Value, json};
use sid_cds::config::Version;
use tokio::sync::OnceCell;

use super::harness::{Answer, demonstration, demonstration_for, get, post};

const HOOKS: [&str; 3] = ["patient-view", "order-select", "order-sign"];

/// The ids of the demonstration patients.
pub async fn patients(service: &Router) -> Vec<String> {
    let bundle = get(service, "/fhir/Patient").await.json();
    let entries = bundle["entry"].as_array().unwrap();
    let id = |entry: &Value| entry["resource"]["id"].as_str().unwrap().to_owned();
    entries.iter().map(id).collect()
}

async fn request(service: &Router, patient: &str, hook: &str) -> Value {
    get(service, &format!("/demo/requests/{patient}/{hook}"))
        .await
        .json()
}

async fn answer(service: &Router, hook: &str, request: &Value) -> Answer {
    let answer = post(service, &format!("/cds-services/sid-{hook}"), request).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    answer
}

/// Every answer to a demonstration patient: what it is to, and its body. Asked for once.
pub async fn answers() -> &'static [(String, Value)] {
    static ANSWERS: OnceCell<Vec<(String, Value)>> = OnceCell::const_new();
    ANSWERS
        .get_or_init(async || {
            let service = demonstration();
            let mut answers = Vec::new();
            for patient in patients(&service).await {
                for hook in HOOKS {
                    let request = request(&service, &patient, hook).await;
                    let answer = answer(&service, hook, &request).await;
                    answers.push((format!("{patient} {hook}"), answer.json()));
                }
            }
            assert!(answers.len() >= 3 * 22);
            answers
        })
        .await
}

/// The places of what must not be there: a null, or an empty string, array or object.
fn empties(value: &Value, at: &str, found: &mut Vec<String>) {
    let empty = match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    };
    if empty {
        found.push(at.to_owned());
    }
    match value {
        Value::Array(items) => items.iter().for_each(|item| empties(item, at, found)),
        Value::Object(members) => members
            .iter()
            .for_each(|(name, item)| empties(item, &format!("{at}.{name}"), found)),
        _ => {}
    }
}

/// RESP-01, ST-01, GEN-03…GEN-06: an object with cards, strict JSON, and nothing empty in it.
#[tokio::test]
async fn an_answer_is_an_object_with_cards() {
    for (what, answer) in answers().await {
        let members: Vec<&String> = answer.as_object().unwrap().keys().collect();
        assert_eq!(members, ["cards"], "{what}");
        for card in answer["cards"].as_array().unwrap() {
            let mut found = Vec::new();
            empties(card, "", &mut found);
            assert!(found.is_empty(), "{what}: {found:?}");
        }
    }
}

/// RESP-02: nothing to say is 200 with no cards.
#[tokio::test]
async fn nothing_to_say_is_an_empty_list() {
    let service = demonstration();
    let request = request(&service, "p19", "patient-view").await;
    let answer = answer(&service, "patient-view", &request).await;
    assert_eq!(answer.text, r#"{"cards":[]}"#);
}

/// DISC-19, SUG-05, SYS-01, SYS-02, SRC-03: what needs an agreement with the client is not
/// sent, and what the service has no use for neither.
#[tokio::test]
async fn options_that_are_not_taken_are_not_sent() {
    for (what, answer) in answers().await {
        let text = answer.to_string();
        for member in ["systemActions", "actionSelectionBehavior", "icon"] {
            assert!(
                !text.contains(&format!("\"{member}\":")),
                "{what}: {member}"
            );
        }
    }
}

/// CARD-12, LINK-01…LINK-06: each card has one link, to the SMART app of this service; its context names
/// the card and no patient, and no client opens it by itself.
#[tokio::test]
async fn cards_link_to_the_app() {
    let mut seen = 0;
    for (what, answer) in answers().await {
        for card in answer["cards"].as_array().unwrap() {
            let links = card["links"].as_array().unwrap();
            assert_eq!(links.len(), 1, "{what}");
            let link = &links[0];
            assert_eq!(link["type"], "smart", "{what}");
            let url = link["url"].as_str().unwrap();
            assert!(
                url.starts_with("http") && url.ends_with("/launch"),
                "{what}: {url}"
            );
            assert!(!link["label"].as_str().unwrap().is_empty(), "{what}");
            let context = link["appContext"].as_str().unwrap();
            let context: Value = serde_json::from_str(context).unwrap();
            assert_eq!(context.as_object().unwrap().len(), 2, "{what}");
            assert_eq!(link["autolaunchable"], false, "{what}");
            assert_eq!(link["autoLaunchable"], false, "{what}");
            assert_eq!(context["uuid"], card["uuid"], "{what}");
            assert_eq!(context["card"], card["source"]["topic"]["code"], "{what}");
            seen += 1;
        }
    }
    assert!(seen > 10, "{seen} cards");
}

/// UX-01, UX-05: at most three cards, the most urgent first.
#[tokio::test]
async fn the_most_urgent_card_comes_first() {
    let mut several = 0;
    for (what, answer) in answers().await {
        let cards = answer["cards"].as_array().unwrap();
        assert!(cards.len() <= 3, "{what}");
        let urgency: Vec<usize> = cards
            .iter()
            .map(|card| {
                ["critical", "warning", "info"]
                    .iter()
                    .position(|indicator| card["indicator"] == **indicator)
                    .unwrap()
            })
            .collect();
        assert!(urgency.is_sorted(), "{what}: {urgency:?}");
        several += usize::from(cards.len() > 1);
    }
    assert!(several > 4, "{several} answers with several cards");
}

/// AMB-13, ACT-05: a delete names its order in `resourceId`, and for a client of 1.0 in `resource` too.
#[tokio::test]
async fn deletes_have_the_form_of_the_clients_version() {
    let services = [Version::V2_0, Version::V1_0].map(demonstration_for);
    let mut deletes = 0;
    for patient in patients(&services[0]).await {
        let request = request(&services[0], &patient, "order-select").await;
        let mut forms = Vec::new();
        for service in &services {
            let body = answer(service, "order-select", &request).await.json();
            let cards = body["cards"].as_array().unwrap().iter();
            let found: Vec<Value> = cards
                .flat_map(|card| card["suggestions"].as_array().cloned().unwrap_or_default())
                .flat_map(|suggestion| suggestion["actions"].as_array().cloned().unwrap())
                .filter(|action| action["type"] == "delete")
                .collect();
            forms.push(found);
        }
        assert_eq!(forms[0].len(), forms[1].len(), "{patient}");
        for (two, one) in forms[0].iter().zip(&forms[1]) {
            assert!(two["resourceId"].is_string() && two.get("resource").is_none());
            assert_eq!(one["resource"], two["resourceId"]);
            assert_eq!(one["resourceId"], two["resourceId"]);
            deletes += 1;
        }
    }
    assert!(deletes > 0);
}

/// REQ-11, AMB-14: a call that is sent again has the same answer, whatever its hookInstance.
#[tokio::test]
async fn a_call_may_be_sent_again() {
    let service = demonstration();
    for hook in HOOKS {
        let mut request = request(&service, "p02", hook).await;
        let first = answer(&service, hook, &request).await;
        let again = answer(&service, hook, &request).await;
        request["hookInstance"] = json!("0f8fad5b-d9cb-469f-a165-70867728950e");
        let other = answer(&service, hook, &request).await;
        assert_eq!(first.text, again.text, "{hook}");
        assert_eq!(first.text, other.text, "{hook}");
    }
}

/// PF-03: what another service asked for is not read.
#[tokio::test]
async fn an_undeclared_key_changes_nothing() {
    let service = demonstration();
    let plain = request(&service, "p19", "patient-view").await;
    let other = request(&service, "p02", "patient-view").await;
    let mut request = plain.clone();
    let prefetch: &mut Map<String, Value> = request["prefetch"].as_object_mut().unwrap();
    for (key, value) in other["prefetch"].as_object().unwrap() {
        prefetch.insert(format!("{key}OfAnother"), value.clone());
    }
    assert_eq!(
        answer(&service, "patient-view", &plain).await.text,
        answer(&service, "patient-view", &request).await.text
    );
}

/// PF-05, PF-06, PF-11: null and an empty Bundle say the same, that there is nothing, and are no
/// reason to refuse.
#[tokio::test]
async fn null_and_an_empty_bundle_are_answers() {
    let service = demonstration();
    for hook in HOOKS {
        let with = async |value: Value| {
            let mut request = request(&service, "p01", hook).await;
            for (key, sent) in request["prefetch"].as_object_mut().unwrap() {
                if key != "patient" {
                    *sent = value.clone();
                }
            }
            answer(&service, hook, &request).await.text
        };
        let empty = json!({ "resourceType": "Bundle", "type": "searchset", "total": 0 });
        let none = with(Value::Null).await;
        assert_eq!(none, with(empty).await, "{hook}");
        let absent = {
            let mut request = request(&service, "p01", hook).await;
            request["prefetch"] = json!({});
            answer(&service, hook, &request).await.text
        };
        assert_ne!(none, absent, "{hook}: what was not sent is not searched");
    }
}
