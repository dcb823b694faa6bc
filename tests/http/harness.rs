//! One call to the service in this process, and what came back.

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode},
};
use jiff::civil::{Date, date};
use serde_json::{Value, json};
use sid_cds::{
    config::{Client, ClientTrust, Config, Origins, RequiredDataMissing, StorePlace, Version},
    server::{Demonstration, State, caller::Caller, clock::Clock, router},
};
use tower::ServiceExt;

/// The origin that [`service`] lets call.
pub const ORIGIN: &str = "https://ehr.example";
/// An origin that it does not.
pub const OTHER_ORIGIN: &str = "https://elsewhere.example";
/// Where [`demonstration`] says that it is.
pub const BASE: &str = "http://127.0.0.1:8080";
/// The day on which the service is called.
pub const TODAY: Date = date(2026, 3, 16);

fn state(today: Date) -> State {
    State::new(config(), Clock::Fixed(today)).unwrap()
}

fn config() -> Config {
    let mut config = Config::load(None).unwrap();
    config.client_trust = ClientTrust::None;
    config.cors_origins = Origins::Listed(vec![ORIGIN.to_owned()]);
    config.store = StorePlace::Memory;
    // Most tests are about something else than what is missing.
    config.required_data_missing = RequiredDataMissing::Card;
    config
}

/// The service, as `serve` runs it.
pub fn service() -> Router {
    router(state(TODAY))
}

/// The service with a hand on its state, configured in another way.
pub fn service_with(configure: impl FnOnce(&mut Config)) -> (Router, Arc<State>) {
    let mut config = config();
    configure(&mut config);
    let state = Arc::new(State::new(config, Clock::Fixed(TODAY)).unwrap());
    (router(Arc::clone(&state)), state)
}

/// The service, as `demo` runs it.
pub fn demonstration() -> Router {
    demonstration_on(TODAY)
}

/// The service, as `demo` runs it on another day.
pub fn demonstration_on(today: Date) -> Router {
    with_patients(state(today))
}

/// The service, as `demo` runs it, for a client that speaks this version of CDS Hooks.
pub fn demonstration_for(version: Version) -> Router {
    let mut state = state(TODAY);
    let mut client = Client::anonymous();
    client.cds_hooks = version;
    state.assumed = Caller::new(client).unwrap();
    with_patients(state)
}

/// The service, as `demo` runs it: for any page.
pub fn open_demonstration() -> Router {
    let mut state = state(TODAY);
    state.config.cors_origins = Origins::Any;
    with_patients(state)
}

fn with_patients(mut state: State) -> Router {
    let zone = state.config.time_zone.clone();
    state.demonstration = Some(Demonstration::built_in(zone, BASE.to_owned()).unwrap());
    router(state)
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e}: {}", self.text))
    }

    /// A header, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// The places of an OperationOutcome's issues, sorted; checks that it is a well-formed one.
    pub fn faults(&self) -> Vec<String> {
        let outcome = self.json();
        assert_eq!(outcome["resourceType"], "OperationOutcome");
        assert_eq!(self.header("content-type"), "application/json");
        let issues = outcome["issue"].as_array().unwrap();
        assert!(!issues.is_empty());
        let mut places: Vec<String> = issues
            .iter()
            .map(|issue| {
                assert_eq!(issue["severity"], "error");
                assert!(issue["code"].is_string());
                assert!(
                    issue["details"]["text"]
                        .as_str()
                        .is_some_and(|text| !text.is_empty())
                );
                issue["expression"][0].as_str().unwrap_or("-").to_owned()
            })
            .collect();
        places.sort();
        places
    }
}

/// One call.
pub async fn call(
    service: &Router,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Body>,
) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(body.into()).unwrap();
    let response = service.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.unwrap();
    Answer {
        status: parts.status,
        headers: parts.headers,
        text: String::from_utf8(bytes.to_vec()).unwrap(),
    }
}

/// A GET.
pub async fn get(service: &Router, path: &str) -> Answer {
    call(service, "GET", path, &[], Body::empty()).await
}

/// A POST of JSON.
pub async fn post(service: &Router, path: &str, body: &Value) -> Answer {
    call(
        service,
        "POST",
        path,
        &[("content-type", "application/json")],
        body.to_string(),
    )
    .await
}

/// A request that the service of this hook accepts.
pub fn request(hook: &str) -> Value {
    let mut request = json!({
        "hook": hook,
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": { "userId": "Practitioner/1", "patientId": "4711" },
    });
    let context = &mut request["context"];
    if hook != "patient-view" {
        context["draftOrders"] = json!({ "resourceType": "Bundle", "entry": [] });
    }
    if hook == "order-select" {
        context["selections"] = json!([]);
    }
    request
}
