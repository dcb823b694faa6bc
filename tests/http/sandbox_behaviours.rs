//! What the public CDS Hooks Sandbox does, by the numbers of its description, replayed from what it
//! really sent: a tester's first try must work.

use std::{collections::BTreeSet, fs};

use axum::{body::Body, http::StatusCode};
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use sid_cds::{
    cds_hooks::{request::Request, service::Services},
    chart::{DraftKind, Reading, terminology::Terminology},
};

use super::{
    answers::{answers, patients},
    harness::{TODAY, call, demonstration, get, open_demonstration, post},
    sandbox::bodies,
};

const RXNORM: &str = "http://www.nlm.nih.gov/research/umls/rxnorm";

/// The headers of a captured call that say something to a service.
fn captured_headers(name: &str) -> (String, Vec<(String, String)>) {
    let path = format!(
        "{}/tests/sandbox/{name}.headers.json",
        env!("CARGO_MANIFEST_DIR")
    );
    let call: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let headers = call["headers"].as_object().unwrap();
    let own = ["host", "connection", "content-length"];
    let headers = headers
        .iter()
        .filter(|(name, _)| !own.contains(&name.to_lowercase().as_str()))
        .map(|(name, value)| (name.to_lowercase(), value.as_str().unwrap().to_owned()));
    (
        call["method"].as_str().unwrap().to_owned(),
        headers.collect(),
    )
}

fn borrowed(headers: &[(String, String)]) -> Vec<(&str, &str)> {
    headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect()
}

/// What the draft of an order-select body is taken for.
fn draft_kind(body: &Value) -> DraftKind {
    let services = Services::built_in().unwrap();
    let terminology = Terminology::built_in().unwrap();
    let zone = TimeZone::get("Europe/Copenhagen").unwrap();
    let text = body.to_string();
    let service = services.get("sid-order-select").unwrap();
    let request = Request::read(service, text.as_bytes()).unwrap();
    let reading = Reading {
        as_of: TODAY,
        zone: &zone,
        terminology: &terminology,
    };
    request.chart(reading).draft
}

/// 1: a preflight has no token, and needs its headers allowed by name, for each address.
#[tokio::test]
async fn behaviour_01_preflights_are_answered_without_a_token() {
    let service = open_demonstration();
    for (name, path) in [
        ("preflight-discovery", "/cds-services"),
        ("preflight-hook", "/cds-services/sid-patient-view"),
        (
            "preflight-feedback",
            "/cds-services/sid-patient-view/feedback",
        ),
        (
            "preflight-from-https-sandbox-origin",
            "/cds-services/sid-order-sign",
        ),
    ] {
        let (method, headers) = captured_headers(name);
        assert_eq!(method, "OPTIONS");
        assert!(headers.iter().all(|(name, _)| name != "authorization"));
        let answer = call(
            &service,
            "OPTIONS",
            path,
            &borrowed(&headers),
            Body::empty(),
        )
        .await;
        assert_eq!(answer.status, StatusCode::OK, "{name}");
        let allowed = answer.header("access-control-allow-headers");
        for header in ["authorization", "content-type"] {
            assert!(
                allowed.split(',').any(|it| it == header),
                "{name}: {allowed}"
            );
        }
        let methods = answer.header("access-control-allow-methods");
        assert!(
            methods.contains("GET") && methods.contains("POST"),
            "{name}"
        );
        let origin = answer.header("access-control-allow-origin");
        let sent = headers.iter().find(|(name, _)| name == "origin").unwrap();
        assert!(origin == "*" || origin == sent.1, "{name}: {origin}");
    }
}

/// 2: its drafts are not valid R4: objects for arrays, no Bundle.type, dates that are none, an empty
/// coding. Each is read, and a drug in it is found.
#[tokio::test]
async fn behaviour_02_drafts_that_are_not_r4_are_read() {
    let service = demonstration();
    let bodies = bodies();
    for (name, kind) in [
        ("order-select-no-medication", DraftKind::NothingChosen),
        ("order-select", DraftKind::Other),
        ("order-select-full-form", DraftKind::Other),
        ("order-select-invalid-date", DraftKind::Other),
        ("order-select-year-0202", DraftKind::Other),
        ("order-select-pama", DraftKind::Other),
        ("order-select-pama-empty", DraftKind::NothingChosen),
        (
            "order-select-after-accepting-ATC-suggestion",
            DraftKind::Immunoglobulin,
        ),
    ] {
        let answer = post(&service, "/cds-services/sid-order-select", &bodies[name]).await;
        assert_eq!(answer.status, StatusCode::OK, "{name}: {}", answer.text);
        assert_eq!(draft_kind(&bodies[name]), kind, "{name}");
    }
}

/// 3: a click on the tab that is open sends an order hook without an order. It is refused, by the
/// name of what is missing: an empty answer would say that nothing is wrong with an order that was
/// never seen, and the developer panel is where the tester looks.
#[tokio::test]
async fn behaviour_03_an_order_hook_without_an_order_is_refused_by_name() {
    let service = open_demonstration();
    let bodies = bodies();
    for (hook, missing) in [
        (
            "order-select",
            &["context.draftOrders", "context.selections"][..],
        ),
        ("order-sign", &["context.draftOrders"]),
    ] {
        let body = &bodies[&format!("{hook}-tab-reclick-no-context")];
        let path = format!("/cds-services/sid-{hook}");
        let headers = [
            ("content-type", "application/json"),
            ("origin", "http://localhost:8080"),
        ];
        let answer = call(&service, "POST", &path, &headers, body.to_string()).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{hook}");
        assert_eq!(answer.faults(), missing, "{hook}");
        // The page can read what it is told.
        assert!(!answer.header("access-control-allow-origin").is_empty());
    }
}

/// 4: `?hook=` without `screen=` sends a hook to the service of another.
#[tokio::test]
async fn behaviour_04_the_hook_of_another_service_is_refused_by_name() {
    let service = demonstration();
    let body = &bodies()["patient-view-service-called-with-hook-order-select"];
    let answer = post(&service, "/cds-services/sid-patient-view", body).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(answer.faults(), ["hook"]);
}

/// The medications of the suggestions that put an order into the form, with what they are to.
async fn suggested() -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for (what, answer) in answers().await {
        for card in answer["cards"].as_array().unwrap() {
            for suggestion in card["suggestions"].as_array().into_iter().flatten() {
                let actions = suggestion["actions"].as_array().unwrap().iter();
                let orders = actions.filter(|action| {
                    action["resource"]["resourceType"] == "MedicationRequest"
                        && action["type"] == "create"
                });
                found.extend(orders.map(|action| (what.clone(), action["resource"].clone())));
            }
        }
    }
    assert!(found.len() > 5, "{} orders are suggested", found.len());
    found
}

/// 5: an order gets into the form only by accepting a suggestion, and comes back with our code under
/// the name of RxNorm and our text as its display. It is still an order of immunoglobulin.
#[tokio::test]
async fn behaviour_05_an_accepted_suggestion_is_known_again() {
    let template = &bodies()["order-select-after-accepting-ATC-suggestion"];
    let mut known = 0;
    for (what, order) in suggested().await {
        let text = &order["medicationCodeableConcept"]["text"];
        let code = &order["medicationCodeableConcept"]["coding"][0]["code"];
        let mut body = template.clone();
        body["context"]["draftOrders"]["entry"][0]["resource"]["medicationCodeableConcept"] = json!({
            "text": text,
            "coding": [{ "display": text, "system": RXNORM, "code": code }],
        });
        // A vaccine may be suggested too.
        let immunoglobulin = code.as_str().unwrap().starts_with("J06BA");
        let kind = if immunoglobulin {
            DraftKind::Immunoglobulin
        } else {
            DraftKind::Other
        };
        assert_eq!(draft_kind(&body), kind, "{what}: {text}");
        known += usize::from(immunoglobulin);
    }
    assert!(known > 5, "{known}");
}

/// 6: a suggestion reaches the form when its order has a text and a first code.
#[tokio::test]
async fn behaviour_06_suggested_orders_have_a_text_and_a_code() {
    for (what, order) in suggested().await {
        let medication = &order["medicationCodeableConcept"];
        assert!(medication["text"].is_string(), "{what}");
        assert!(medication["coding"][0]["code"].is_string(), "{what}");
    }
}

/// 7: without a uuid there is no Dismiss button and no feedback.
#[tokio::test]
async fn behaviour_07_every_card_and_suggestion_has_a_uuid() {
    let (mut cards, mut suggestions) = (0, 0);
    for (what, answer) in answers().await {
        for card in answer["cards"].as_array().unwrap() {
            assert!(card["uuid"].is_string(), "{what}");
            cards += 1;
            for suggestion in card["suggestions"].as_array().into_iter().flatten() {
                assert!(suggestion["uuid"].is_string(), "{what}");
                suggestions += 1;
            }
        }
    }
    assert!(cards > 20 && suggestions > 20, "{cards} {suggestions}");
}

/// 8: it sorts the parameters of a template and merges those that are repeated, and leaves out a key
/// that it could not obtain.
#[tokio::test]
async fn behaviour_08_templates_survive_how_they_are_resolved() {
    let service = demonstration();
    let discovery = get(&service, "/cds-services").await.json();
    for entry in discovery["services"].as_array().unwrap() {
        for (key, template) in entry["prefetch"].as_object().unwrap() {
            let template = template.as_str().unwrap();
            let filled = template
                .replace("{{context.patientId}}", "p05")
                .replace("{{today() - 3653 days}}", "2016-03-15");
            assert!(!filled.contains("{{"), "{key}: {filled}");
            let Some((resource_type, query)) = filled.split_once('?') else {
                continue;
            };
            let mut pairs: Vec<&str> = query.split('&').collect();
            pairs.sort_unstable();
            let names: BTreeSet<&str> = pairs
                .iter()
                .map(|pair| pair.split('=').next().unwrap())
                .collect();
            assert_eq!(names.len(), pairs.len(), "{key}: a parameter is repeated");
            let form = [("content-type", "application/x-www-form-urlencoded")];
            let path = format!("/fhir/{resource_type}/_search");
            let sorted = call(&service, "POST", &path, &form, pairs.join("&"))
                .await
                .json();
            let plain = get(&service, &format!("/fhir/{filled}")).await.json();
            assert_eq!(sorted["entry"], plain["entry"], "{key}");
        }
    }
    for hook in ["patient-view", "order-select", "order-sign"] {
        let request = get(&service, &format!("/demo/requests/p05/{hook}"))
            .await
            .json();
        let keys: Vec<String> = request["prefetch"]
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect();
        for key in keys {
            let mut request = request.clone();
            request["prefetch"].as_object_mut().unwrap().remove(&key);
            let answer = post(&service, &format!("/cds-services/sid-{hook}"), &request).await;
            let told = [StatusCode::OK, StatusCode::PRECONDITION_FAILED];
            assert!(
                told.contains(&answer.status),
                "{hook} without {key}: {}",
                answer.text
            );
        }
    }
}

/// 9: the demonstration answers with the token that the sandbox sends, and does not fetch its `jku`.
#[tokio::test]
async fn behaviour_09_the_demonstration_takes_its_token() {
    let service = demonstration();
    for (name, path) in [
        ("discovery", "/cds-services"),
        ("patient-view", "/cds-services/sid-patient-view"),
    ] {
        let (method, headers) = captured_headers(name);
        assert!(headers.iter().any(|(name, _)| name == "authorization"));
        let body = if method == "POST" {
            bodies()["patient-view"].to_string()
        } else {
            String::new()
        };
        let answer = call(&service, &method, path, &borrowed(&headers), body).await;
        assert_eq!(answer.status, StatusCode::OK, "{name}: {}", answer.text);
    }
}

/// 10: it sends a call for each digit of a date, in any order and without waiting: no call changes
/// the answer to another.
#[tokio::test]
async fn behaviour_10_calls_do_not_change_each_other() {
    let bodies = bodies();
    let names = [
        "order-select-no-medication",
        "order-select",
        "order-select-invalid-date",
        "order-select-year-0202",
        "order-select-full-form",
        "order-select-after-accepting-ATC-suggestion",
    ];
    let path = "/cds-services/sid-order-select";
    let mut alone = Vec::new();
    for name in names {
        alone.push(post(&demonstration(), path, &bodies[name]).await.text);
    }
    let service = demonstration();
    for turn in 0..names.len() {
        let calls = (0..names.len()).map(|at| {
            let at = (at + turn) % names.len();
            let (service, body) = (service.clone(), bodies[names[at]].clone());
            (
                at,
                tokio::spawn(async move { post(&service, path, &body).await.text }),
            )
        });
        // All are sent before the first is waited for.
        for (at, answer) in calls.collect::<Vec<_>>() {
            assert_eq!(answer.await.unwrap(), alone[at], "{}", names[at]);
        }
    }
}

/// 11: it ignores systemActions, in which nothing may then be hidden.
#[tokio::test]
async fn behaviour_11_nothing_is_said_in_system_actions_alone() {
    for (what, answer) in answers().await {
        assert!(answer.get("systemActions").is_none(), "{what}");
        assert!(answer["extension"].get("systemActions").is_none(), "{what}");
    }
}

/// 12: it forwards the first page of each search whole, which may be more than 2 MB.
#[tokio::test]
async fn behaviour_12_whole_pages_are_read() {
    let service = demonstration();
    let patient = &patients(&service).await[0];
    let mut request = get(&service, &format!("/demo/requests/{patient}/patient-view"))
        .await
        .json();
    let plain = post(&service, "/cds-services/sid-patient-view", &request).await;
    // As many encounters as a page may have, of a kind that says nothing to the guideline.
    let encounter = |id: usize| {
        json!({ "resource": {
            "resourceType": "Encounter",
            "id": format!("e{id}"),
            "status": "finished",
            "class": { "code": "AMB" },
            "text": { "status": "generated", "div": "x".repeat(3_000) },
            "subject": { "reference": format!("Patient/{patient}") },
        }})
    };
    let entries: Vec<Value> = (0..1_000).map(encounter).collect();
    request["prefetch"]["encounters"] =
        json!({ "resourceType": "Bundle", "type": "searchset", "entry": entries });
    assert!(request.to_string().len() > 3_000_000);
    let answer = post(&service, "/cds-services/sid-patient-view", &request).await;
    assert_eq!(answer.status, StatusCode::OK);
    let summaries = |answer: &Value| -> Vec<String> {
        let cards = answer["cards"].as_array().unwrap().iter();
        cards.map(|card| card["summary"].to_string()).collect()
    };
    assert_eq!(summaries(&answer.json()), summaries(&plain.json()));
}
