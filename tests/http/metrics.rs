//! What is counted: each number moves by what it should, and no label is anything of a call.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use axum::Router;
use serde_json::{Value, json};
use sid_cds::{
    config::{ClientTrust, Config, RequiredDataMissing, StorePlace},
    server::{State, clock::Clock, metrics::Metrics, router},
};

use super::{
    harness::{call, demonstration, get, post, service_with},
    tokens::NOW,
};

const SERVICE: &str = "/cds-services/sid-patient-view";
const IGG: [&str; 2] = ["http://npu-terminology.org", "NPU19814"];

/// Every series with its value.
fn series(metrics: &Metrics) -> BTreeMap<String, f64> {
    let text = metrics.text();
    let lines = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let (name, value) = line.rsplit_once(' ').unwrap();
            (name.to_owned(), value.parse().unwrap())
        })
        .collect()
}

/// The counters of what an answer rests on that differ, and by how much.
fn moved(before: &BTreeMap<String, f64>, after: &BTreeMap<String, f64>) -> Vec<(String, f64)> {
    let names = [
        "sid_cds_data_problems_total",
        "sid_cds_igg_without_population_total",
    ];
    let counted = after
        .iter()
        .filter(|(name, _)| names.iter().any(|n| name.starts_with(n)));
    counted
        .map(|(name, value)| (name.clone(), value - before.get(name).unwrap_or(&0.0)))
        .filter(|(_, difference)| *difference != 0.0)
        .collect()
}

/// IgG of 9 g/L, which is normal, on the day before, with one member changed.
fn igg(member: &str, value: Value) -> Value {
    let mut observation = json!({
        "resourceType": "Observation",
        "id": "0101701234",
        "status": "final",
        "code": { "coding": [{ "system": IGG[0], "code": IGG[1] }] },
        "subject": { "reference": "Patient/4711" },
        "effectiveDateTime": "2026-03-15",
        "valueQuantity": {
            "value": 9, "unit": "g/L", "system": "http://unitsofmeasure.org", "code": "g/L",
        },
    });
    observation[member] = value;
    observation
}

/// A request that brings everything: a patient with these results and nothing else.
async fn with_observations(observations: &[Value]) -> Value {
    let entries: Vec<Value> = observations
        .iter()
        .map(|observation| json!({ "resource": observation }))
        .collect();
    let path = "/demo/requests/p05/patient-view";
    let mut request = get(&demonstration(), path).await.json();
    request.as_object_mut().unwrap().remove("fhirServer");
    request["context"]["patientId"] = json!("4711");
    for (key, value) in request["prefetch"].as_object_mut().unwrap() {
        let entries = if key == "observations" {
            &entries[..]
        } else {
            &[]
        };
        *value = json!({ "resourceType": "Bundle", "type": "searchset", "entry": entries });
    }
    request["prefetch"]["patient"] =
        json!({ "resourceType": "Patient", "id": "4711", "birthDate": "1956-05-01" });
    request
}

#[tokio::test]
async fn what_an_answer_rests_on_is_counted_once_for_each_answer() {
    let (service, state) = service_with(|_| {});
    let furlongs = || igg("valueQuantity", json!({ "value": 5, "unit": "furlong" }));
    let problem = |code: &str| format!("sid_cds_data_problems_total{{problem=\"{code}\"}}");
    let unplaced = "sid_cds_igg_without_population_total".to_owned();
    let rows: Vec<(&str, Vec<Value>, Vec<String>)> = vec![
        ("nothing", vec![], vec![]),
        (
            "IgG, and no population",
            vec![igg("status", json!("final"))],
            vec![unplaced.clone()],
        ),
        (
            "a unit that is not known, twice",
            vec![furlongs(), furlongs()],
            vec![problem("unit-unknown")],
        ),
        (
            "no unit",
            vec![igg("valueQuantity", json!({ "value": 5 }))],
            vec![problem("unit-missing")],
        ),
        (
            "a code without a system",
            vec![igg("code", json!({ "coding": [{ "code": "IGG" }] }))],
            vec![problem("code-system-unknown")],
        ),
        (
            "a code that nobody has mapped",
            vec![igg(
                "code",
                json!({ "coding": [{ "system": "urn:lab", "code": "1", "display": "P-IgG" }] }),
            )],
            vec![problem("code-system-unknown")],
        ),
        (
            "a date ahead",
            vec![igg("effectiveDateTime", json!("2026-03-17"))],
            vec![problem("date-in-future")],
        ),
    ];
    for (what, observations, expected) in rows {
        let body = with_observations(&observations).await;
        for _ in 0..2 {
            let before = series(&state.metrics);
            let answer = post(&service, SERVICE, &body).await;
            assert_eq!(answer.status, 200, "{what}: {}", answer.text);
            let expected: Vec<(String, f64)> =
                expected.iter().map(|name| (name.clone(), 1.0)).collect();
            assert_eq!(moved(&before, &series(&state.metrics)), expected, "{what}");
        }
    }
    // One who belongs to a population is none of those.
    let whole = get(&demonstration(), "/demo/requests/p05/patient-view")
        .await
        .json();
    let before = series(&state.metrics);
    assert_eq!(post(&service, SERVICE, &whole).await.status, 200);
    assert_eq!(moved(&before, &series(&state.metrics)), []);
    // What is refused rests on nothing.
    let before = series(&state.metrics);
    assert_eq!(post(&service, SERVICE, &json!({})).await.status, 400);
    assert_eq!(moved(&before, &series(&state.metrics)), []);
}

/// The service at a time that the test sets.
fn at_a_time() -> (Arc<AtomicI64>, Router, Arc<State>) {
    let mut config = Config::load(None).unwrap();
    config.client_trust = ClientTrust::None;
    config.store = StorePlace::Memory;
    config.required_data_missing = RequiredDataMissing::Card;
    let now = Arc::new(AtomicI64::new(NOW));
    let state = Arc::new(State::new(config, Clock::Set(Arc::clone(&now))).unwrap());
    (now, router(Arc::clone(&state)), state)
}

/// A rule that stops firing is seen within a week, and a clock that jumps leaves no share that is not true.
#[tokio::test]
async fn the_share_of_a_card_is_of_the_answers_of_the_last_week() {
    let (now, service, state) = at_a_time();
    let carded = get(&demonstration(), "/demo/requests/p05/patient-view")
        .await
        .json();
    let silent = with_observations(&[]).await;
    let answer = post(&demonstration(), SERVICE, &carded).await.json();
    let cards: BTreeSet<String> = answer["cards"]
        .as_array()
        .unwrap()
        .iter()
        .map(|card| card["source"]["topic"]["code"].as_str().unwrap().to_owned())
        .collect();
    assert!(!cards.is_empty());
    let ask = async |body: &Value, times: usize| {
        for _ in 0..times {
            assert_eq!(post(&service, SERVICE, body).await.status, 200);
        }
    };
    let check = |answers: f64, share: f64, what: &str| {
        let series = series(&state.metrics);
        assert_eq!(series["sid_cds_card_share_answers"], answers, "{what}");
        let shares = series
            .iter()
            .filter(|(name, _)| name.starts_with("sid_cds_card_share{"));
        let mut seen = 0;
        for (name, found) in shares {
            let fires = cards
                .iter()
                .any(|card| name.contains(&format!("\"{card}\"")));
            let expected = if fires || share.is_nan() { share } else { 0.0 };
            assert!(
                *found == expected || found.is_nan() && expected.is_nan(),
                "{what}: {name} {found}"
            );
            seen += usize::from(fires);
        }
        assert_eq!(seen, cards.len());
    };
    const HOUR: i64 = 3600;
    const DAY: i64 = 24 * HOUR;
    check(0.0, f64::NAN, "no answer yet");
    ask(&carded, 3).await;
    ask(&silent, 1).await;
    check(4.0, 0.75, "the first hour");
    now.fetch_add(3 * DAY, Ordering::Relaxed);
    ask(&silent, 4).await;
    check(8.0, 0.375, "three days later");
    now.store(NOW + 7 * DAY - HOUR, Ordering::Relaxed);
    check(8.0, 0.375, "nearly a week later");
    now.store(NOW + 7 * DAY, Ordering::Relaxed);
    check(4.0, 0.0, "a week later: it has stopped firing");
    now.fetch_add(365 * DAY, Ordering::Relaxed);
    check(0.0, f64::NAN, "the clock jumps forwards");
    ask(&silent, 1).await;
    check(1.0, 0.0, "and goes on from there");
    now.store(NOW, Ordering::Relaxed);
    check(0.0, f64::NAN, "the clock jumps back");
    ask(&silent, 2).await;
    ask(&carded, 2).await;
    check(4.0, 0.5, "and goes on from there");
}

/// Calls of every shape leave as many series as calls of one: no label holds what a client sends.
#[tokio::test]
async fn no_label_is_anything_of_a_call() {
    let (service, state) = service_with(|_| {});
    let json = [("content-type", "application/json")];
    let shapes = async |mark: &str| {
        let mut body = with_observations(&[
            igg("valueQuantity", json!({ "value": 5, "unit": mark })),
            igg(
                "code",
                json!({ "coding": [{ "system": mark, "code": mark, "display": "IgG" }] }),
            ),
            igg("effectiveDateTime", json!("2026-04-01")),
            json!({ "resourceType": mark }),
        ])
        .await;
        body["context"]["patientId"] = json!(mark);
        body["prefetch"][mark] = json!({ "resourceType": "Goal" });
        let card = json!({ "card": mark, "outcome": "overridden",
            "overrideReason": { "reason": { "code": mark } },
            "outcomeTimestamp": "2026-03-16T10:05:31Z" });
        let body = body.to_string();
        let feedback = json!({ "feedback": [card] }).to_string();
        for (method, path) in [
            ("POST", SERVICE.to_owned()),
            ("GET", SERVICE.to_owned()),
            (mark, SERVICE.to_owned()),
            ("POST", format!("/cds-services/{mark}")),
            ("GET", format!("/{mark}")),
            ("GET", format!("/fhir-artifacts/{mark}/{mark}")),
        ] {
            call(&service, method, &path, &json, body.clone()).await;
        }
        for path in [
            format!("{SERVICE}/feedback"),
            format!("/cds-services/{mark}/feedback"),
        ] {
            call(&service, "POST", &path, &json, feedback.clone()).await;
        }
    };
    shapes("Qvist0").await;
    let once = series(&state.metrics);
    for number in 1..40 {
        shapes(&format!("Qvist{number}")).await;
    }
    let often = series(&state.metrics);
    let names: Vec<&String> = often.keys().collect();
    assert_eq!(names, once.keys().collect::<Vec<_>>());
    assert!(names.len() > 50);
    assert!(
        names.iter().all(|name| !name.contains("Qvist")),
        "{names:?}"
    );
    let answered = "sid_cds_calls_total{route=\"/cds-services/sid-patient-view\",client=\"anonymous\",status=\"200\"}";
    assert_eq!(often[answered], 40.0);
    // The labels are these, and no others.
    let known = [
        "route", "client", "status", "card", "problem", "limit", "cause", "le", "outcome",
        "quantile",
    ];
    for name in names {
        for label in name
            .split_once('{')
            .map_or("", |(_, labels)| labels)
            .split("\",")
        {
            let label = label.split('=').next().unwrap();
            assert!(label.is_empty() || known.contains(&label), "{name}");
        }
    }
}
