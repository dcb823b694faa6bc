//! Where the time of a call goes: traces, as a collector gets them, and `Server-Timing`.

use std::{
    collections::{BTreeMap, BTreeSet},
    num::NonZeroU32,
    sync::{Arc, atomic::AtomicI64},
    time::Instant,
};

use axum::{Router, body::Body, http::StatusCode};
use opentelemetry_proto::tonic::trace::v1::{Span, span::SpanKind, status::StatusCode as Outcome};
use serde_json::{Value, json};
use sid_cds::{
    config::{BaseUrl, Client, Config, StorePlace},
    server::{
        State,
        clock::{Clock, Patience},
        router,
    },
};

use super::{
    fetching_harness::{bare, whole},
    harness::{
        Answer, ORIGIN, OTHER_ORIGIN, call, demonstration, get, request, service, service_with,
    },
    tokens::{ADDRESS, ES384, ISSUER, NOW, claims},
    trust_harness::{SERVICE, keys_at_source},
    upstream::{Deed, Upstream},
};
use crate::collector::{Collector, attribute};

/// What a caller says that its own span is.
const CALLERS_TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLERS_SPAN: &str = "00f067aa0ba902b7";
/// What is in no span.
const PATIENT: &str = "p05";

fn traceparent() -> String {
    format!("00-{CALLERS_TRACE}-{CALLERS_SPAN}-01")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn of(span: &Span, key: &str) -> String {
    attribute(&span.attributes, key).unwrap_or_default()
}

/// The span of the call: the only one without a span above it.
fn root(spans: &[Span]) -> &Span {
    let mut roots = spans.iter().filter(|span| span.parent_span_id.is_empty());
    let root = roots.next().unwrap();
    assert!(roots.next().is_none(), "one call, one trace");
    root
}

/// A service with a client whose tokens are checked, which may fetch, and whose calls are traced.
async fn traced(collector: &Collector, fhir_server: &str) -> (Router, Arc<State>) {
    let source = keys_at_source().await;
    let mut config = Config::load(None).unwrap();
    config.clients = vec![
        serde_json::from_value::<Client>(json!({
            "name": "ehr",
            "fhir-servers": [fhir_server],
            "private-network-hosts": ["127.0.0.1"],
            "jwt": { "issuer": ISSUER, "jwks-url": source.url("/keys") },
        }))
        .unwrap(),
    ];
    config.public_urls = vec![ADDRESS.to_owned()];
    config.store = StorePlace::Memory;
    config.traces_endpoint = BaseUrl::parse(&collector.endpoint());
    let clock = Clock::Set(Arc::new(AtomicI64::new(NOW)));
    let mut state = State::new(config, clock).unwrap();
    // What ends a call is not the clock.
    state.patience = Patience::UntilTold(Arc::default());
    let state = Arc::new(state);
    state.trust.prepare(NOW).await;
    (router(Arc::clone(&state)), state)
}

/// Everything is with the collector.
async fn flush(state: &State) {
    state.shown.flush().await;
    state.telemetry.stop().await;
}

async fn post(service: &Router, headers: &[(&str, &str)], body: &Value) -> Answer {
    let json = [("content-type", "application/json")];
    let headers: Vec<_> = json.iter().chain(headers).copied().collect();
    call(service, "POST", SERVICE, &headers, body.to_string()).await
}

#[tokio::test]
async fn a_call_is_a_trace_with_its_parts_in_their_places() {
    let collector = Collector::start();
    let upstream = Upstream::start(2, |_| Deed::Answer).await;
    let (service, state) = traced(&collector, &upstream.base).await;
    let token = format!("Bearer {}", ES384.sign(&claims(SERVICE)));
    let asked = bare(&whole(PATIENT, "patient-view").await, &upstream.base);
    let headers = [
        ("authorization", token.as_str()),
        ("traceparent", &traceparent()),
        ("tracestate", "ehr=Qvistgaardsen"),
    ];
    let answer = post(&service, &headers, &asked).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    flush(&state).await;

    let spans = collector.spans();
    let call = root(&spans);
    assert_eq!(call.name, "POST /cds-services/sid-patient-view");
    assert_eq!(call.kind, SpanKind::Server as i32);
    for (key, value) in [
        ("http.request.method", "POST"),
        ("http.route", "/cds-services/sid-patient-view"),
        ("http.response.status_code", "200"),
        ("sid_cds.client", "ehr"),
    ] {
        assert_eq!(of(call, key), value, "{key}");
    }
    // The caller's span is linked to, and decides nothing.
    assert_ne!(hex(&call.trace_id), CALLERS_TRACE);
    let [link] = &call.links[..] else {
        panic!("{:?}", call.links);
    };
    assert_eq!(hex(&link.trace_id), CALLERS_TRACE);
    assert_eq!(hex(&link.span_id), CALLERS_SPAN);
    assert_eq!(link.trace_state, "");

    let mut below: BTreeMap<&[u8], Vec<&Span>> = BTreeMap::new();
    for span in &spans {
        assert_eq!(span.trace_id, call.trace_id, "{}", span.name);
        assert!(span.end_time_unix_nano >= span.start_time_unix_nano);
        below.entry(&span.parent_span_id).or_default().push(span);
    }
    let mut parts = below.remove(&call.span_id[..]).unwrap();
    parts.sort_by_key(|span| span.start_time_unix_nano);
    let names: Vec<&str> = parts.iter().map(|span| span.name.as_str()).collect();
    let stages = [
        "trust",
        "receive",
        "read",
        "fetch",
        "chart",
        "guideline",
        "cards",
        "write",
    ];
    assert_eq!(names.iter().filter(|name| **name == "store").count(), 1);
    let of_the_answer: Vec<&&Span> = parts.iter().filter(|span| span.name != "store").collect();
    assert_eq!(of_the_answer.len(), stages.len(), "{names:?}");
    for (span, name) in of_the_answer.iter().zip(stages) {
        assert_eq!(span.name, name, "{names:?}");
        assert!(
            span.start_time_unix_nano >= call.start_time_unix_nano,
            "{name}"
        );
        assert!(span.end_time_unix_nano <= call.end_time_unix_nano, "{name}");
    }
    for pair in of_the_answer.windows(2) {
        assert!(
            pair[0].end_time_unix_nano <= pair[1].start_time_unix_nano,
            "{}",
            pair[0].name
        );
    }

    // One span for each question, and the FHIR server can go on from it.
    let fetch = parts.iter().find(|span| span.name == "fetch").unwrap();
    let queries = below.remove(&fetch.span_id[..]).unwrap();
    let seen = upstream.seen();
    assert_eq!(queries.len(), seen.len());
    assert!(queries.iter().any(|query| of(query, "sid_cds.page") == "2"));
    let told: BTreeSet<String> = queries
        .iter()
        .map(|query| {
            assert_eq!(query.kind, SpanKind::Client as i32);
            assert_eq!(of(query, "sid_cds.outcome"), "answered");
            format!("00-{}-{}-01", hex(&query.trace_id), hex(&query.span_id))
        })
        .collect();
    let heard: BTreeSet<String> = seen
        .iter()
        .map(|seen| {
            assert_eq!(seen.header("tracestate"), None);
            seen.header("traceparent").unwrap().to_owned()
        })
        .collect();
    assert_eq!(told, heard);
    let keys: BTreeSet<String> = queries
        .iter()
        .map(|query| of(query, "sid_cds.key"))
        .collect();
    let discovery = state.services.discovery();
    for key in &keys {
        assert!(
            discovery.contains(&format!("\"{key}\"")) || key == "reference",
            "{key}"
        );
    }
    assert!(keys.contains("observations"), "{keys:?}");

    let text = collector.text();
    let base = upstream.base.trim_start_matches("http://");
    for unsaid in [PATIENT, "Qvistgaardsen", base, "patient=", "eyJ"] {
        assert!(!text.contains(unsaid), "{unsaid}");
    }
    for resource in collector.resources() {
        let mut keys: Vec<_> = resource
            .attributes
            .iter()
            .map(|one| one.key.as_str())
            .collect();
        keys.sort_unstable();
        assert_eq!(keys, ["service.name", "service.version"]);
    }
}

#[tokio::test]
async fn what_fails_is_said_with_its_code() {
    let collector = Collector::start();
    let upstream = Upstream::start(1000, |target| {
        if target.starts_with("Condition") {
            Deed::Status(403)
        } else {
            Deed::Answer
        }
    })
    .await;
    let (service, state) = traced(&collector, &upstream.base).await;
    let asked = bare(&whole(PATIENT, "patient-view").await, &upstream.base);
    // 412: required data could not be obtained.
    let token = format!("Bearer {}", ES384.sign(&claims(SERVICE)));
    let answer = post(&service, &[("authorization", &token)], &asked).await;
    assert_eq!(answer.status, StatusCode::PRECONDITION_FAILED);
    // 401: whoever is not known is not linked to.
    let parent = traceparent();
    let headers = [
        ("authorization", "Bearer x"),
        ("traceparent", parent.as_str()),
    ];
    let answer = post(&service, &headers, &asked).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    flush(&state).await;
    let spans = collector.spans();
    let denied = spans
        .iter()
        .find(|span| span.name == "query" && of(span, "sid_cds.key") == "conditions")
        .unwrap();
    assert_eq!(of(denied, "sid_cds.outcome"), "denied");
    let status = denied.status.as_ref().unwrap();
    assert_eq!(status.code, Outcome::Error as i32);
    assert_eq!(status.message, "");
    let with_status = |status: &str| {
        spans
            .iter()
            .find(|span| of(span, "http.response.status_code") == status)
            .unwrap()
    };
    assert_eq!(with_status("412").links.len(), 0);
    let refused = with_status("401");
    assert_eq!(of(refused, "sid_cds.cause"), "form");
    assert_eq!(refused.links.len(), 0, "{:?}", refused.links);
    assert_eq!(of(refused, "sid_cds.client"), "");
}

/// A caller that nobody checks is not linked to either.
#[tokio::test]
async fn without_client_trust_no_caller_is_linked_to() {
    let collector = Collector::start();
    let (service, state) = service_with(|config| {
        config.traces_endpoint = BaseUrl::parse(&collector.endpoint());
    });
    let parent = traceparent();
    let answer = post(
        &service,
        &[("traceparent", &parent)],
        &request("patient-view"),
    )
    .await;
    assert_eq!(answer.status, StatusCode::OK);
    let answer = get(&service, "/health/live").await;
    assert_eq!(answer.status, StatusCode::OK);
    flush(&state).await;
    // Who asks whether the process lives is not traced.
    let spans = collector.spans();
    assert!(root(&spans).links.is_empty());
    assert!(!collector.text().contains(CALLERS_TRACE));
}

/// Calls are answered while the collector hangs, and what waits for it does not grow: of the spans of
/// these calls it gets what the queue held and the exports that were begun, and the others are dropped.
#[tokio::test]
async fn a_collector_that_hangs_holds_no_call_up_and_fills_no_memory() {
    const QUEUE: usize = 2048;
    const EXPORT: usize = 512;
    const CALLS: usize = 500;
    let collector = Collector::hanging();
    let (service, state) = service_with(|config| {
        config.traces_endpoint = BaseUrl::parse(&collector.endpoint());
        config.client_calls_at_once = NonZeroU32::new(1000).unwrap();
    });
    let request = request("patient-view");
    let begun = Instant::now();
    for _ in 0..CALLS {
        let answer = post(&service, &[], &request).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    }
    collector.release();
    flush(&state).await;
    // An export is given up after four seconds, and the next one begins.
    let exports = 2 + usize::try_from(begun.elapsed().as_secs() / 4).unwrap();
    // Each call has its own span and at least seven below it: some four thousand in all.
    let kept = collector.spans().len();
    assert!((1..=QUEUE + exports * EXPORT).contains(&kept), "{kept}");
}

#[tokio::test]
async fn a_collector_that_is_not_there_changes_no_answer() {
    let gone = {
        let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", socket.local_addr().unwrap())
    };
    let (service, state) = service_with(|config| config.traces_endpoint = BaseUrl::parse(&gone));
    let (plain, _) = service_with(|_| ());
    let request = request("patient-view");
    let answer = post(&service, &[], &request).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.text, post(&plain, &[], &request).await.text);
    flush(&state).await;
}

/// The names of a `Server-Timing`, each with a time of zero or more.
fn stages(answer: &Answer) -> Vec<String> {
    let header = answer.header("server-timing");
    let metrics = header.split(", ").map(|metric| {
        let (name, took) = metric
            .split_once(";dur=")
            .unwrap_or_else(|| panic!("{header}"));
        assert!(took.parse::<f64>().unwrap() >= 0.0, "{header}");
        name.to_owned()
    });
    metrics.collect()
}

#[tokio::test]
async fn an_answer_says_how_long_its_stages_took() {
    let service = demonstration();
    let sent = get(&service, "/demo/requests/p05/patient-view")
        .await
        .json();
    let answered = ["read", "chart", "guideline", "cards", "write", "total"];
    assert_eq!(stages(&post(&service, &[], &sent).await), answered);
    let mut lacking = sent;
    lacking["prefetch"]
        .as_object_mut()
        .unwrap()
        .remove("encounters");
    let answer = post(&service, &[], &lacking).await;
    assert_eq!(
        stages(&answer),
        [
            "read",
            "fetch",
            "chart",
            "guideline",
            "cards",
            "write",
            "total"
        ]
    );
    let answer = post(&service, &[], &json!({})).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(stages(&answer), ["read", "write", "total"]);
    let feedback = json!({ "feedback": [{
        "card": "f6b95768-b1c8-40dc-8385-bf3504b82ffb",
        "outcome": "overridden",
        "outcomeTimestamp": "2026-03-16T10:00:00Z",
    }] });
    let path = format!("{SERVICE}/feedback");
    let json = [("content-type", "application/json")];
    let answer = call(&service, "POST", &path, &json, feedback.to_string()).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert_eq!(stages(&answer), ["read", "store", "write", "total"]);
}

/// A page that may read an answer may read its times, and no other page.
#[tokio::test]
async fn times_are_for_pages_that_may_call() {
    let service = service();
    let body = request("patient-view");
    for (origin, allowed) in [(Some(ORIGIN), ORIGIN), (Some(OTHER_ORIGIN), ""), (None, "")] {
        let headers: Vec<(&str, &str)> = origin.iter().map(|origin| ("origin", *origin)).collect();
        let answer = post(&service, &headers, &body).await;
        assert_eq!(answer.header("timing-allow-origin"), allowed, "{origin:?}");
        if origin.is_some() {
            assert_eq!(
                answer.header("access-control-expose-headers"),
                "server-timing"
            );
        }
    }
    let open = super::harness::open_demonstration();
    let answer = post(&open, &[("origin", OTHER_ORIGIN)], &body).await;
    assert_eq!(answer.header("timing-allow-origin"), "*");
    let discovery = call(
        &service,
        "GET",
        "/cds-services",
        &[("origin", ORIGIN)],
        Body::empty(),
    )
    .await;
    assert_eq!(discovery.header("server-timing"), "");
}
