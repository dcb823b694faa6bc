//! The audit trail: one line for each call, codes and no patient data.

use std::{
    convert::Infallible,
    fs,
    num::NonZeroU32,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use axum::{Router, body::Body};
use serde_json::{Value, json};
use sid_cds::{
    config::{AuditFormat, AuditSink, Config, RequiredDataMissing, StorePlace},
    server::{State, router},
};

use super::{
    expected,
    harness::{ORIGIN, call, demonstration, get, post, request, service_with},
    tokens::{ES384, ISSUER, NOW, STRANGER, claims},
    trust_harness::{DISCOVERY, but, client, keys_at_source, state_for},
};

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

/// What a line says, the time and how long it took aside.
fn said(line: &Value) -> Value {
    let mut line = line.clone();
    let members = line.as_object_mut().unwrap();
    assert!(members.remove("at").unwrap().is_string());
    assert!(members.remove("milliseconds").unwrap().is_f64());
    line
}

/// A call to the service: how, where, with which header and body.
struct Row {
    what: &'static str,
    method: &'static str,
    path: &'static str,
    header: (&'static str, String),
    body: String,
    /// The status, and the line without what every line has.
    status: u16,
    line: Value,
}

impl Row {
    fn post(
        what: &'static str,
        path: &'static str,
        body: &Value,
        status: u16,
        line: Value,
    ) -> Self {
        Self {
            what,
            method: "POST",
            path,
            header: ("content-type", "application/json".to_owned()),
            body: body.to_string(),
            status,
            line,
        }
    }

    fn with(mut self, method: &'static str, header: (&'static str, String)) -> Self {
        (self.method, self.header) = (method, header);
        self
    }
}

const FEEDBACK: &str = "/cds-services/sid-patient-view/feedback";
const INSTANCE: &str = "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea";
const VIEW: &str = "sid-patient-view";

/// An entry of feedback.
fn entry() -> Value {
    json!({ "card": "x", "outcome": "overridden", "outcomeTimestamp": "2026-03-16T10:05:31Z" })
}

/// A request that is answered, since it says that nothing is there.
fn answered() -> Value {
    let mut request = request("patient-view");
    request["prefetch"] = json!({ "patient": null, "observations": null, "conditions": null });
    request
}

/// SEC-06: a call has its line whatever became of it, and what no client asks has none.
#[tokio::test]
async fn every_status_has_its_line() {
    let trail = Trail::new("every-status");
    let (service, state) = service_with(|config| {
        config.audit = AuditSink::File(trail.0.clone());
        config.required_data_missing = RequiredDataMissing::Refusal;
        config.body_limit_bytes = 100_000;
        config.body_memory_bytes = 50_000;
        config.json_depth_limit = 20;
        config.entry_limit = 50;
        config.resource_limit = 60;
    });
    let etag = get(&service, "/cds-services").await;
    let etag = etag.header("etag").to_owned();
    let json = || ("content-type", "application/json".to_owned());
    let hook = |cause: &str| json!({ "call": "hook", "service": VIEW, "cause": cause });
    let plain = || json!({ "call": "hook", "service": VIEW });
    let mut nested = answered();
    nested["prefetch"]["goals"] = (0..30).fold(json!({}), |inner, _| json!({ "a": inner }));
    let resource = json!({ "resourceType": "Goal" });
    let bundle = |count: usize| {
        let entries = vec![json!({ "resource": resource }); count];
        json!({ "resourceType": "Bundle", "entry": entries })
    };
    let (mut full, mut fuller, mut long, mut longer) =
        (answered(), answered(), answered(), answered());
    full["prefetch"]["goals"] = bundle(51);
    fuller["prefetch"]["goals"] = bundle(40);
    fuller["prefetch"]["others"] = bundle(40);
    long["padding"] = json!("x".repeat(60_000));
    longer["padding"] = json!("x".repeat(110_000));
    let entries = json!({ "feedback": [entry(), entry()] });
    let of_feedback = || json!({ "call": "feedback", "service": VIEW });
    let concluded = json!({
        "call": "hook", "service": VIEW, "hookInstance": INSTANCE, "population": "PU",
        "conclusions": ["UNK"], "cards": ["C04"], "dataProblems": [],
    });
    let rows = [
        Row::post(
            "discovery",
            "/cds-services",
            &json!(null),
            200,
            json!({ "call": "discovery" }),
        )
        .with("GET", json()),
        Row::post(
            "known",
            "/cds-services",
            &json!(null),
            304,
            json!({ "call": "discovery" }),
        )
        .with("GET", ("if-none-match", etag)),
        Row::post(
            "no method",
            "/cds-services",
            &json!({}),
            405,
            json!({ "call": "discovery" }),
        ),
        Row::post("answered", SERVICE, &answered(), 200, concluded),
        Row::post("wrong", SERVICE, &json!({}), 400, plain()),
        Row::post(
            "lacks data",
            SERVICE,
            &request("patient-view"),
            412,
            json!({
                "call": "hook", "service": VIEW, "hookInstance": INSTANCE,
            }),
        ),
        Row::post(
            "no such service",
            "/cds-services/0101701234",
            &answered(),
            404,
            json!({
                "call": "hook",
            }),
        ),
        Row::post("no method", SERVICE, &json!({}), 405, plain()).with("DELETE", json()),
        Row::post("media type", SERVICE, &answered(), 415, plain())
            .with("POST", ("content-type", "text/plain".to_owned())),
        Row::post("depth", SERVICE, &nested, 400, hook("depth")),
        Row::post("entries", SERVICE, &full, 413, hook("entries")),
        Row::post("resources", SERVICE, &fuller, 413, hook("resources")),
        Row::post("body", SERVICE, &longer, 413, hook("body")),
        Row::post("memory", SERVICE, &long, 503, hook("memory")),
        Row::post("head", SERVICE, &answered(), 431, hook("head"))
            .with("POST", ("x-long", "x".repeat(40_000))),
        Row::post(
            "kept",
            FEEDBACK,
            &entries,
            200,
            json!({
                "call": "feedback", "service": VIEW, "entries": 2,
            }),
        ),
        Row::post(
            "wrong",
            FEEDBACK,
            &json!({ "feedback": [{}] }),
            400,
            of_feedback(),
        ),
        Row::post(
            "no such service",
            "/cds-services/x/feedback",
            &entries,
            404,
            json!({
                "call": "feedback",
            }),
        ),
        Row::post("no method", FEEDBACK, &json!(null), 405, of_feedback()).with("GET", json()),
        Row::post("media type", FEEDBACK, &entries, 415, of_feedback())
            .with("POST", ("content-type", "text/plain".to_owned())),
        Row::post("no store", FEEDBACK, &entries, 503, of_feedback()),
    ];
    let mut expected = Vec::new();
    for row in rows {
        if row.what == "no store" {
            state.store.close().await;
        }
        let header = (row.header.0, row.header.1.as_str());
        let answer = call(&service, row.method, row.path, &[header], row.body).await;
        assert_eq!(answer.status, row.status, "{}: {}", row.what, answer.text);
        let mut line = row.line;
        line["client"] = json!("anonymous");
        line["status"] = json!(row.status);
        expected.push((row.what, line));
    }
    // What is no call of CDS Hooks: the question of a browser, other addresses, health.
    let preflight = [
        ("origin", ORIGIN),
        ("access-control-request-method", "POST"),
    ];
    for (method, path) in [
        ("OPTIONS", SERVICE),
        ("GET", "/health/live"),
        ("GET", "/elsewhere"),
        ("POST", "/cds-services/sid-patient-view/feedback/x"),
    ] {
        call(&service, method, path, &preflight, "").await;
    }
    state.audit.flush();
    // The first asked for the tag.
    let lines: Vec<Value> = trail.lines().iter().skip(1).map(said).collect();
    for (line, (what, expected)) in lines.iter().zip(&expected) {
        assert_eq!(line, expected, "{what}");
    }
    assert_eq!(lines.len(), expected.len());
}

/// As above, for a client that calls too often, one that does not send, and a service without a place.
#[tokio::test(start_paused = true)]
async fn a_call_that_finds_no_room_has_its_line() {
    type Configure = fn(&mut Config);
    let rows: [(&str, u16, Configure); 3] = [
        ("rate", 429, |config| {
            config.client_calls_per_second = NonZeroU32::MIN;
            config.client_calls_at_once = NonZeroU32::MIN;
        }),
        ("calls", 503, |config| config.concurrent_calls = 0),
        ("time", 408, |_| {}),
    ];
    for (cause, status, configure) in rows {
        let trail = Trail::new(cause);
        let (service, state) = service_with(|config| {
            config.audit = AuditSink::File(trail.0.clone());
            configure(config);
        });
        let headers = [("content-type", "application/json")];
        // A client that may call once a second is turned away sooner or later.
        for _ in 0..50 {
            let body = if cause == "time" {
                Body::from_stream(futures_util::stream::pending::<Result<Vec<u8>, Infallible>>())
            } else {
                Body::from(answered().to_string())
            };
            let answer = call(&service, "POST", SERVICE, &headers, body).await;
            if answer.status == status {
                break;
            }
            assert_eq!(answer.status, 200);
        }
        state.audit.flush();
        let line = said(trail.lines().last().unwrap());
        let mut expected = json!({
            "call": "hook", "client": "anonymous", "service": VIEW, "cause": cause, "status": status,
        });
        // Where there is no place nobody is asked who calls.
        if cause == "calls" {
            expected.as_object_mut().unwrap().remove("client");
        }
        assert_eq!(line, expected);
    }
}

/// A service that asks for tokens, with its clock.
async fn guarded(trail: &Trail, format: AuditFormat) -> (Arc<AtomicI64>, Router, Arc<State>) {
    let source = keys_at_source().await;
    let jwt = json!({ "issuer": ISSUER, "jwks-url": source.url("/keys") });
    let (now, state) = state_for(vec![client(&jwt)], |config| {
        config.audit = AuditSink::File(trail.0.clone());
        config.audit_format = format;
        config.store = StorePlace::Memory;
        config.required_data_missing = RequiredDataMissing::Refusal;
    })
    .await;
    (now, router(Arc::clone(&state)), state)
}

async fn with_token(service: &Router, path: &str, token: &str, body: &Value) -> u16 {
    let method = if path == DISCOVERY { "GET" } else { "POST" };
    let bearer = format!("Bearer {token}");
    let headers = [
        ("content-type", "application/json"),
        ("authorization", &bearer),
    ];
    let answer = call(service, method, path, &headers, body.to_string()).await;
    answer.status.as_u16()
}

/// Who is not let in has a line without a client, and with nothing of the token but the client that it
/// names, where that is one.
#[tokio::test]
async fn a_call_that_is_not_trusted_has_a_line_without_a_client() {
    let trail = Trail::new("not-trusted");
    let (now, service, state) = guarded(&trail, AuditFormat::Json).await;
    let good = ES384.sign(&claims(SERVICE));
    let expired = ES384.sign(&but("exp", json!(NOW - 1000)));
    let forged = STRANGER.sign(&claims(SERVICE));
    let elsewhere = ES384.sign(&but("iss", json!("https://0101701234.example")));
    let unknown = |cause: &str| json!({ "client": null, "cause": cause, "status": 401 });
    let claimed = |cause: &str| json!({ "client": null, "claimedClient": "ehr", "cause": cause, "status": 401 });
    let rows = [
        ("0101701234", unknown("form")),
        (expired.as_str(), claimed("expired")),
        (&forged, claimed("signature")),
        (&elsewhere, unknown("issuer")),
        (
            &good,
            json!({ "client": "ehr", "status": 412, "hookInstance": INSTANCE }),
        ),
        (&good, claimed("replayed")),
    ];
    let mut tokens = String::new();
    for (token, line) in &rows {
        let status = with_token(&service, SERVICE, token, &request("patient-view")).await;
        assert_eq!(line["status"], status);
        tokens.push_str(token);
        tokens.push('.');
    }
    state.audit.flush();
    let lines = trail.lines();
    assert_eq!(lines.len(), rows.len());
    for (line, (_, expected)) in lines.iter().zip(&rows) {
        let mut expected = expected.clone();
        expected["call"] = json!("hook");
        expected["service"] = json!(VIEW);
        assert_eq!(said(line), expected);
        for part in tokens.split('.').filter(|part| !part.is_empty()) {
            assert!(!line.to_string().contains(part), "{part}: {line}");
        }
    }

    // A flood is counted: some lines of a second, then one that says how many were left out.
    let counted = |lines: &[Value]| -> Vec<Value> {
        let refused = lines.iter().filter(|line| line["status"] == 401);
        refused
            .filter(|line| !line["withheld"].is_null())
            .cloned()
            .collect()
    };
    for step in [1, 1, -3600] {
        now.fetch_add(step, Ordering::Relaxed);
        for _ in 0..100 {
            assert_eq!(
                with_token(&service, DISCOVERY, "x", &json!(null)).await,
                401
            );
        }
    }
    state.audit.flush();
    let flooded = trail.lines().split_off(rows.len());
    assert_eq!(flooded.len(), 3 * 20);
    let withheld: Vec<Value> = counted(&flooded)
        .iter()
        .map(|line| line["withheld"].clone())
        .collect();
    assert_eq!(withheld, [80, 80], "of the second before");
    // And a client that is let in has its line in the middle of it, with the count.
    now.store(NOW, Ordering::Relaxed);
    let token = ES384.sign(&claims(DISCOVERY));
    assert_eq!(
        with_token(&service, DISCOVERY, &token, &json!(null)).await,
        200
    );
    state.audit.flush();
    let last = said(trail.lines().last().unwrap());
    let expected = json!({ "call": "discovery", "client": "ehr", "status": 200, "withheld": 80 });
    assert_eq!(last, expected);
}

/// SEC-06: one event of each kind, as `tests/audit/validate.mjs` reads them. To write them anew:
/// `WRITE_EXPECTED=1 cargo test --workspace --test http audit`.
#[tokio::test]
async fn a_line_can_be_a_fhir_audit_event() {
    let trail = Trail::new("event");
    let (_now, service, state) = guarded(&trail, AuditFormat::Fhir).await;
    let demonstration = demonstration();
    let mut patient = get(&demonstration, "/demo/requests/p05/order-sign")
        .await
        .json();
    patient.as_object_mut().unwrap().remove("fhirServer");
    let sign = "/cds-services/sid-order-sign";
    let mut problem = answered();
    problem["prefetch"]["observations"] = json!({ "resourceType": "Bundle", "entry": [{
        "resource": {
            "resourceType": "Observation",
            "status": "final",
            "code": { "coding": [{ "system": "http://npu-terminology.org", "code": "NPU19814" }] },
            "effectiveDateTime": "2027-01-01",
            "valueQuantity": { "value": 5, "unit": "ug/L" },
        },
    }] });
    let feedback = json!({ "feedback": [entry(), entry()] });
    let deep = (0..200).fold(json!({}), |inner, _| json!({ "a": inner }));
    let rows = [
        (DISCOVERY, json!(null), 200),
        (sign, patient, 200),
        (SERVICE, problem, 200),
        (SERVICE, json!({}), 400),
        (SERVICE, deep, 400),
        (SERVICE, request("patient-view"), 412),
        ("/cds-services/nowhere", json!({}), 404),
        (FEEDBACK, feedback.clone(), 200),
        (FEEDBACK, json!({ "feedback": [{}] }), 400),
    ];
    for (path, body, status) in rows {
        let token = ES384.sign(&claims(path));
        assert_eq!(
            with_token(&service, path, &token, &body).await,
            status,
            "{path}"
        );
    }
    let token = STRANGER.sign(&claims(SERVICE));
    assert_eq!(
        with_token(&service, SERVICE, &token, &answered()).await,
        401
    );
    for _ in 0..30 {
        assert_eq!(with_token(&service, FEEDBACK, "x", &feedback).await, 401);
    }
    state.store.close().await;
    let token = ES384.sign(&claims(FEEDBACK));
    assert_eq!(with_token(&service, FEEDBACK, &token, &feedback).await, 503);
    state.audit.flush();
    let mut events = trail.lines();
    // All but one of those that are alike.
    let flood: Vec<Value> = events.drain(11..28).collect();
    assert_eq!(flood[0]["outcomeDesc"], "form");
    let mut text = String::new();
    for event in &mut events {
        let details = event["entity"][0]["detail"].as_array_mut().unwrap();
        let took = details
            .iter_mut()
            .find(|detail| detail["type"] == "milliseconds");
        took.unwrap()["valueString"] = json!("1");
        text.push_str(&format!("{event}\n"));
    }
    let outcomes: Vec<&Value> = events.iter().map(|event| &event["outcome"]).collect();
    let expected = ["0", "0", "0", "4", "4", "4", "4", "0", "4", "4", "4", "8"];
    assert_eq!(outcomes, expected);
    expected::check("tests/audit/events.ndjson", &text);
}
