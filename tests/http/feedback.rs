//! Feedback as a client sends it: what is refused, what is kept, and what happens without a store.

use std::fs;

use axum::{body::Body, http::StatusCode};
use jiff::civil::date;
use serde_json::{Value, json};
use sid_cds::store::{Outcome, Reason};

use super::harness::{Answer, TODAY, call, get, post, request, service, service_with};

const FEEDBACK: &str = "/cds-services/sid-patient-view/feedback";
const SERVICE: &str = "/cds-services/sid-patient-view";
const CARD: &str = "f6b95768-b1c8-40dc-8385-bf3504b82ffb";

/// An entry with some members changed; null takes one away.
fn entry(changes: &Value) -> Value {
    let mut entry = json!({
        "card": CARD,
        "outcome": "overridden",
        "outcomeTimestamp": "2026-03-16T10:05:31Z",
    });
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            entry.as_object_mut().unwrap().remove(name);
        } else {
            entry[name] = value.clone();
        }
    }
    entry
}

/// A request to which the answer is a card with suggestions: nothing is known of the patient.
fn nothing_known() -> Value {
    let mut request = request("patient-view");
    request["prefetch"] = json!({ "patient": null, "observations": null, "conditions": null });
    request
}

fn of(entries: &[Value]) -> Value {
    json!({ "feedback": entries })
}

fn assert_kept(answer: &Answer, what: &Value) {
    assert_eq!(answer.status, StatusCode::OK, "{what}: {}", answer.text);
    assert_eq!(answer.text, "");
}

/// FB-01, FB-02, FB-13: forms of every version, duplicates and unknown cards are kept.
#[tokio::test]
async fn fb_what_is_kept() {
    let service = service();
    let accepted = json!({ "outcome": "accepted", "acceptedSuggestions": [{ "id": CARD }] });
    for entries in [
        // FB-03: the model allows none.
        vec![],
        vec![entry(&json!({}))],
        vec![entry(&accepted)],
        // FB-10: several, and one twice.
        vec![entry(&accepted), entry(&json!({})), entry(&json!({}))],
        // FB-04: a card of another service, and the prefix that 3.0 implies.
        vec![entry(&json!({ "card": "os-warn" }))],
        vec![entry(&json!({ "card": format!("urn:uuid:{CARD}") }))],
        // FB-07, FB-08, AMB-24: a reason of the client's own, without system or display; words alone.
        vec![entry(
            &json!({ "overrideReason": { "reason": { "code": "d7ecf885" } } }),
        )],
        vec![entry(&json!({ "overrideReason": { "reason": {
            "code": "O6", "system": "urn:sid-cds:override", "display": "Data wrong or outdated" } } }))],
        vec![entry(
            &json!({ "overrideReason": { "userComment": "æ \u{0} \u{1f600}" } }),
        )],
        // FB-09.
        vec![entry(
            &json!({ "outcomeTimestamp": "1985-04-12T23:20:50.52Z" }),
        )],
        vec![entry(
            &json!({ "outcomeTimestamp": "2026-03-16T11:05:31.123456789+01:00" }),
        )],
        vec![entry(
            &json!({ "outcomeTimestamp": "2026-03-16t10:05:31z" }),
        )],
        // Members that do not belong to the outcome, and unknown ones.
        vec![entry(
            &json!({ "acceptedSuggestions": [], "extension": { "x": 1 } }),
        )],
    ] {
        let body = of(&entries);
        assert_kept(&post(&service, FEEDBACK, &body).await, &body);
    }
}

/// FB-13: every fault by its path, and nothing of the call is kept.
#[tokio::test]
async fn fb_what_is_refused() {
    let (service, state) = service_with(|_| {});
    let entry_of = |changes: Value| of(&[entry(&changes)]);
    for (body, faults) in [
        (json!({}), &["feedback"][..]),
        // FB-03: the bare object of an early sandbox.
        (entry(&json!({})), &["feedback"]),
        (json!({ "feedback": {} }), &["feedback"]),
        (json!({ "feedback": ["x"] }), &["feedback[0]"]),
        (
            json!({ "feedback": [{}] }),
            &[
                "feedback[0].card",
                "feedback[0].outcome",
                "feedback[0].outcomeTimestamp",
            ],
        ),
        (entry_of(json!({ "card": 7 })), &["feedback[0].card"]),
        (entry_of(json!({ "card": "" })), &["feedback[0].card"]),
        // FB-05.
        (
            entry_of(json!({ "outcome": "ignored" })),
            &["feedback[0].outcome"],
        ),
        // FB-06.
        (
            entry_of(json!({ "outcome": "accepted" })),
            &["feedback[0].acceptedSuggestions"],
        ),
        (
            entry_of(json!({ "outcome": "accepted", "acceptedSuggestions": [] })),
            &["feedback[0].acceptedSuggestions"],
        ),
        (
            entry_of(json!({ "outcome": "accepted", "acceptedSuggestions": [{}] })),
            &["feedback[0].acceptedSuggestions[0].id"],
        ),
        // FB-07.
        (
            entry_of(json!({ "overrideReason": {} })),
            &["feedback[0].overrideReason"],
        ),
        (
            entry_of(json!({ "overrideReason": { "reason": {} } })),
            &["feedback[0].overrideReason.reason.code"],
        ),
        (
            entry_of(json!({ "overrideReason": { "reason": { "code": "Nancy Ann" } } })),
            &["feedback[0].overrideReason.reason.code"],
        ),
        (
            entry_of(json!({ "overrideReason": { "userComment": 1 } })),
            &["feedback[0].overrideReason.userComment"],
        ),
        // FB-09.
        (
            entry_of(json!({ "outcomeTimestamp": "2026-03-16" })),
            &["feedback[0].outcomeTimestamp"],
        ),
        (
            entry_of(json!({ "outcomeTimestamp": "2026-03-16T10:05:31" })),
            &["feedback[0].outcomeTimestamp"],
        ),
        (
            entry_of(json!({ "outcomeTimestamp": "2026-02-30T10:05:31Z" })),
            &["feedback[0].outcomeTimestamp"],
        ),
        // Every entry is checked.
        (
            of(&[
                entry(&json!({})),
                entry(&json!({ "card": null })),
                entry(&json!({ "outcome": 1 })),
            ]),
            &["feedback[1].card", "feedback[2].outcome"],
        ),
    ] {
        let answer = post(&service, FEEDBACK, &body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(answer.faults(), faults, "{body}: {}", answer.text);
        assert!(!answer.text.contains("Nancy"), "ST-07");
    }
    let json = [("content-type", "application/json")];
    for body in ["", "{", "[]", "null", "\u{feff}{}"] {
        let answer = call(&service, "POST", FEEDBACK, &json, body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
    }
    let ever = (
        "0001-01-01T00:00:00Z".parse().unwrap(),
        "9999-01-01T00:00:00Z".parse().unwrap(),
    );
    assert_eq!(state.store.unknown_cards(ever.0, ever.1).await.unwrap(), 0);
}

/// FB-02, FB-14, ST-05: what is around the body.
#[tokio::test]
async fn fb_the_status_says_what_is_wrong() {
    let (service, _) = service_with(|config| config.body_limit_bytes = 65_536);
    let good = of(&[entry(&json!({}))]).to_string();
    let json = "application/json";
    for (method, path, media_type, body, status) in [
        ("POST", FEEDBACK, json, good.clone(), 200),
        (
            "POST",
            "/cds-services/nowhere/feedback",
            json,
            good.clone(),
            404,
        ),
        ("POST", FEEDBACK, "text/plain", good.clone(), 415),
        ("GET", FEEDBACK, json, String::new(), 405),
        ("POST", FEEDBACK, json, " ".repeat(70_000), 413),
    ] {
        let answer = call(
            &service,
            method,
            path,
            &[("content-type", media_type)],
            body,
        )
        .await;
        assert_eq!(
            answer.status.as_u16(),
            status,
            "{method} {path} {media_type}"
        );
        if status != 200 {
            answer.faults();
        }
    }
}

/// What the public sandbox really sends.
#[tokio::test]
async fn feedback_of_the_sandbox_is_kept() {
    let service = service();
    for name in ["accepted", "overridden-no-reason", "overridden-with-reason"] {
        let path = format!(
            "{}/tests/sandbox/feedback-{name}.json",
            env!("CARGO_MANIFEST_DIR")
        );
        let body: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        assert_kept(&post(&service, FEEDBACK, &body).await, &body);
    }
}

/// A card that was shown is known when feedback on it comes, with the suggestion that was accepted.
#[tokio::test]
async fn feedback_is_kept_with_the_card_that_was_shown() {
    let (service, state) = service_with(|_| {});
    let shown = post(&service, SERVICE, &nothing_known()).await.json();
    let card = &shown["cards"][0];
    let suggestion = &card["suggestions"][0]["uuid"];
    assert!(suggestion.is_string(), "{card}");
    state.shown.flush().await;
    let cards = state.store.shown(TODAY, TODAY).await.unwrap();
    let known = cards
        .iter()
        .find(|known| card["uuid"] == known.card.to_string())
        .unwrap();
    assert_eq!(card["source"]["topic"]["code"], known.code.as_str());
    assert_eq!(known.guideline, "1.1");

    let body = of(&[
        entry(&json!({ "card": card["uuid"], "outcome": "accepted",
            "acceptedSuggestions": [{ "id": suggestion }] })),
        entry(
            &json!({ "card": card["uuid"], "outcomeTimestamp": "2026-03-16T13:05:31+02:00",
            "overrideReason": { "reason": { "system": "urn:sid-cds:override", "code": "O6" },
            "userComment": "Nancy Ann, 010170-1234" } }),
        ),
        // Not ours.
        entry(&json!({ "card": "0101701234" })),
    ]);
    assert_kept(&post(&service, FEEDBACK, &body).await, &body);
    let outcomes = state.store.outcomes(TODAY, TODAY).await.unwrap();
    let [accepted, set_aside] = &outcomes[..] else {
        panic!("{outcomes:?}");
    };
    assert!(matches!(accepted.outcome, Outcome::Accepted { .. }));
    assert!(matches!(&accepted.kinds[..], [Some(kind)] if !kind.is_empty()));
    let reason = Reason {
        system: Some("urn:sid-cds:override".to_owned()),
        code: "O6".to_owned(),
    };
    assert!(matches!(&set_aside.outcome,
        Outcome::Overridden { reason: Some(given), commented: true, .. } if *given == reason));
    let day = (
        "2026-03-16T00:00:00Z".parse().unwrap(),
        "2026-03-17T00:00:00Z".parse().unwrap(),
    );
    assert_eq!(state.store.unknown_cards(day.0, day.1).await.unwrap(), 1);
    assert_eq!(
        state.store.shown(date(2026, 3, 17), TODAY).await.unwrap(),
        []
    );
}

/// Without a store: feedback is 503 and says when to come again, hooks are answered, readiness says so.
#[tokio::test]
async fn without_a_store_feedback_waits_and_hooks_are_answered() {
    for (without_store, status) in [(true, 200), (false, 503)] {
        let (service, state) = service_with(|config| config.ready_without_store = without_store);
        let ready = get(&service, "/health/ready").await;
        assert_eq!(ready.status, StatusCode::OK);
        assert_eq!(ready.json(), json!({ "status": "ready", "store": "up" }));
        state.store.close().await;
        let refused = post(&service, FEEDBACK, &of(&[entry(&json!({}))])).await;
        assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(refused.header("retry-after"), "30");
        assert_eq!(refused.faults(), ["-"]);
        let answer = post(
            &service,
            "/cds-services/sid-patient-view",
            &request("patient-view"),
        )
        .await;
        assert_eq!(answer.status, StatusCode::OK);
        let ready = get(&service, "/health/ready").await;
        assert_eq!(ready.status.as_u16(), status);
        assert_eq!(ready.json()["store"], "down");
        let live = call(&service, "GET", "/health/live", &[], Body::empty()).await;
        assert_eq!(live.status, StatusCode::OK);
    }
}

/// With a key the uuids are others, and the same for the same key; everything else stays.
#[tokio::test]
async fn a_key_changes_the_uuids_of_cards_and_suggestions() {
    let mut answers = Vec::new();
    for key in [None, Some("one key"), Some("one key"), Some("another key")] {
        let key = key.map(sid_cds::cards::key);
        let (service, _) = service_with(|config| config.card_key = key);
        let answer = post(&service, SERVICE, &nothing_known()).await;
        answers.push(answer.json());
    }
    let uuids = |answer: &mut Value| {
        let mut uuids = Vec::new();
        for card in answer["cards"].as_array_mut().unwrap() {
            uuids.push(card["uuid"].take());
            for suggestion in card["suggestions"].as_array_mut().into_iter().flatten() {
                uuids.push(suggestion["uuid"].take());
            }
        }
        assert!(uuids.len() > 1);
        uuids
    };
    let [plain, one, again, another] = &mut answers[..] else {
        panic!("four answers");
    };
    let [p, o, g, a] = [plain, one, again, another].map(|answer| (uuids(answer), answer));
    assert_eq!(o.0, g.0);
    for (one, other) in [(&p.0, &o.0), (&p.0, &a.0), (&o.0, &a.0)] {
        assert!(one.iter().all(|uuid| !other.contains(uuid)));
    }
    assert!([o.1, g.1, a.1].iter().all(|answer| **answer == *p.1));
}
