//! Limits: each has its own status, is counted, and lets the next call through.

use std::{
    convert::Infallible,
    num::NonZeroU32,
    sync::{Arc, atomic::AtomicI64},
};

use axum::{
    Router,
    body::{Body, Bytes},
    http::StatusCode,
};
use serde_json::{Value, json};
use sid_cds::{
    config::{BaseUrl, Client, ClientTrust, Config, RequiredDataMissing},
    server::{
        State,
        clock::{Clock, Patience},
        metrics::Metrics,
        router,
    },
};
use tokio::sync::{Notify, mpsc};

use super::{
    harness::{Answer, call, post, request},
    tokens::{Does, NOW, Source},
};

const SERVICE: &str = "/cds-services/sid-patient-view";

/// A service with this configuration, and what it counts.
fn service(set: impl FnOnce(&mut Config)) -> (Router, Arc<Metrics>, Arc<Notify>) {
    let mut config = Config::load(None).unwrap();
    config.client_trust = ClientTrust::None;
    config.required_data_missing = RequiredDataMissing::Card;
    set(&mut config);
    let mut state = State::new(config, Clock::Set(Arc::new(AtomicI64::new(NOW)))).unwrap();
    let told = Arc::new(Notify::new());
    state.patience = Patience::UntilTold(Arc::clone(&told));
    let metrics = Arc::clone(&state.metrics);
    (router(state), metrics, told)
}

/// How often a limit was reached.
fn limited(metrics: &Metrics, limit: &str) -> String {
    let name = format!("sid_cds_limited_total{{limit=\"{limit}\"}} ");
    let text = metrics.text();
    let line = text.lines().find_map(|line| line.strip_prefix(&name));
    line.unwrap_or_else(|| panic!("{limit}: {text}")).to_owned()
}

/// A body that comes when the test sends it.
fn slow_body() -> (mpsc::UnboundedSender<Bytes>, Body) {
    let (send, receive) = mpsc::unbounded_channel::<Bytes>();
    let stream = futures_util::stream::unfold(receive, |mut receive| async {
        let bytes = receive.recv().await?;
        Some((Ok::<_, Infallible>(bytes), receive))
    });
    (send, Body::from_stream(stream))
}

async fn post_body(service: &Router, body: Body) -> Answer {
    let headers = [("content-type", "application/json")];
    call(service, "POST", SERVICE, &headers, body).await
}

#[tokio::test]
async fn what_a_body_may_hold() {
    let (service, metrics, _) = service(|config| {
        config.json_depth_limit = 20;
        config.entry_limit = 50;
        config.resource_limit = 100;
        config.body_limit_bytes = 100_000;
    });
    let with = |prefetch: Value| {
        let mut request = request("patient-view");
        request["prefetch"] = prefetch;
        request
    };
    let bundle = |entries: usize| {
        json!({
            "resourceType": "Bundle",
            "type": "searchset",
            "entry": vec![json!({ "resource": { "resourceType": "Condition" } }); entries],
        })
    };
    let nested =
        |depth: usize| (0..depth).fold(json!({}), |inner, _| json!({ "extension": [inner] }));
    for (what, prefetch, status, limit) in [
        ("nested", nested(8), StatusCode::OK, None),
        (
            "nested deeply",
            nested(9),
            StatusCode::BAD_REQUEST,
            Some("depth"),
        ),
        ("entries", bundle(50), StatusCode::OK, None),
        (
            "many entries",
            bundle(51),
            StatusCode::PAYLOAD_TOO_LARGE,
            Some("entries"),
        ),
        (
            "many resources",
            json!({ "a": bundle(50), "b": bundle(49) }),
            StatusCode::PAYLOAD_TOO_LARGE,
            Some("resources"),
        ),
        (
            "many bytes",
            json!({ "a": "x".repeat(100_000) }),
            StatusCode::PAYLOAD_TOO_LARGE,
            Some("body"),
        ),
    ] {
        let prefetch = if what.contains("resources") {
            prefetch
        } else {
            json!({ "conditions": prefetch })
        };
        let answer = post(&service, SERVICE, &with(prefetch)).await;
        assert_eq!(answer.status, status, "{what}: {}", answer.text);
        if let Some(limit) = limit {
            assert_eq!(answer.faults(), ["-"], "{what}");
            assert_eq!(limited(&metrics, limit), "1", "{what}");
        }
    }
}

/// A body whose size is not announced is stopped where it is over the limit.
#[tokio::test]
async fn a_body_without_end() {
    let (service, metrics, _) = service(|config| config.body_limit_bytes = 100_000);
    let endless = futures_util::stream::repeat_with(|| {
        Ok::<_, Infallible>(Bytes::from_static(&[b' '; 10_000]))
    });
    let answer = post_body(&service, Body::from_stream(endless)).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(limited(&metrics, "body"), "1");
}

/// A client that stops sending is told so when its time is over.
#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_come() {
    let (service, metrics, _) = service(|_| {});
    let (send, body) = slow_body();
    send.send(Bytes::from_static(b"{")).unwrap();
    let answer = post_body(&service, body).await;
    assert_eq!(answer.status, StatusCode::REQUEST_TIMEOUT);
    answer.faults();
    assert_eq!(limited(&metrics, "time"), "1");
}

/// Bodies that are being received take memory; when there is none, the next is turned away, and
/// when there is again, it is not.
#[tokio::test]
async fn memory_for_bodies() {
    let (service, metrics, _) = service(|config| config.body_memory_bytes = 300_000);
    let padded = || {
        let mut body = request("patient-view");
        body["padding"] = json!("x".repeat(150_000));
        Bytes::from(body.to_string())
    };
    let (send, body) = slow_body();
    let first = tokio::spawn({
        let service = service.clone();
        async move { post_body(&service, body).await }
    });
    let bytes = padded();
    send.send(bytes.slice(..bytes.len() - 1)).unwrap();
    // The first call takes in what was sent before the second one comes.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    let answer = post_body(&service, Body::from(padded())).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.header("retry-after"), "1");
    answer.faults();
    assert_eq!(limited(&metrics, "memory"), "1");
    send.send(bytes.slice(bytes.len() - 1..)).unwrap();
    drop(send);
    assert_eq!(first.await.unwrap().status, StatusCode::OK);
    let answer = post_body(&service, Body::from(padded())).await;
    assert_eq!(answer.status, StatusCode::OK);
}

/// When every place for calls is taken, the next is turned away at once.
#[tokio::test]
async fn places_for_calls() {
    let fhir = Source::start(Does::Hangs).await;
    let base = BaseUrl::parse(&fhir.url("/fhir")).unwrap();
    let client: Client = serde_json::from_value(json!({
        "name": "ehr",
        "fhir-servers": [base.to_string()],
        "private-network-hosts": ["127.0.0.1"],
    }))
    .unwrap();
    let (service, metrics, told) = service(|config| {
        config.clients = vec![client];
        config.concurrent_calls = 1;
        config.header_limit_bytes = 8_192;
    });
    let mut waiting = request("patient-view");
    waiting["fhirServer"] = json!(base.to_string());
    let first = tokio::spawn({
        let (service, waiting) = (service.clone(), waiting.clone());
        async move { post(&service, SERVICE, &waiting).await }
    });
    // The first call is being answered once it asks the FHIR server.
    while fhir.asked() == 0 {
        tokio::task::yield_now().await;
    }
    let second = post(&service, SERVICE, &request("patient-view")).await;
    assert_eq!(second.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(second.header("retry-after"), "1");
    second.faults();
    assert_eq!(limited(&metrics, "calls"), "1");
    // Nothing else is looked at: not who calls, not how long the head is, not the body.
    let long = "x".repeat(10_000);
    let headers = [("authorization", long.as_str())];
    let third = call(&service, "POST", SERVICE, &headers, "no JSON").await;
    assert_eq!(third.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(limited(&metrics, "calls"), "2");
    let health = call(&service, "GET", "/health/live", &[], Body::empty()).await;
    assert_eq!(
        health.status,
        StatusCode::OK,
        "whoever watches the service is answered"
    );
    told.notify_one();
    assert_eq!(first.await.unwrap().status, StatusCode::OK);
    let fourth = post(&service, SERVICE, &request("patient-view")).await;
    assert_eq!(fourth.status, StatusCode::OK);
}

/// A client that calls too often is told when to come again.
#[tokio::test]
async fn calls_of_one_client() {
    let (service, metrics, _) = service(|config| {
        config.client_calls_per_second = NonZeroU32::MIN;
        config.client_calls_at_once = NonZeroU32::new(2).unwrap();
    });
    // More than two at once are turned away; a slow machine earns one a second.
    let mut turned_away = None;
    for _ in 0..50 {
        let answer = post(&service, SERVICE, &request("patient-view")).await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            turned_away = Some(answer);
            break;
        }
        assert_eq!(answer.status, StatusCode::OK);
    }
    let answer = turned_away.unwrap();
    assert_eq!(answer.header("retry-after"), "1");
    answer.faults();
    assert_eq!(limited(&metrics, "rate"), "1");
}

/// A head that is larger than any has to be.
#[tokio::test]
async fn headers() {
    let (service, metrics, _) = service(|_| {});
    let long = "x".repeat(40_000);
    let headers = [
        ("content-type", "application/json"),
        ("x-long", long.as_str()),
    ];
    let body = request("patient-view").to_string();
    let answer = call(&service, "POST", SERVICE, &headers, body).await;
    assert_eq!(answer.status, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    answer.faults();
    assert_eq!(limited(&metrics, "head"), "1");
}
