//! A service that asks for tokens, and calls to it.

use std::sync::{Arc, atomic::AtomicI64};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode},
};
use serde_json::{Value, json};
use sid_cds::{
    config::{Client, ClientTrust, Config, Origins, RequiredDataMissing},
    server::{State, clock::Clock, router, trust::Refused},
};
use tower::ServiceExt;

use super::{
    harness::{ORIGIN, request},
    tokens::{ADDRESS, Does, ISSUER, NOW, Signer, Source, claims, key_set},
};

pub const DISCOVERY: &str = "/cds-services";
pub const SERVICE: &str = "/cds-services/sid-patient-view";

/// The client, with what its table says of its tokens besides.
pub fn client(jwt: &Value) -> Client {
    serde_json::from_value(json!({
        "name": "ehr",
        "private-network-hosts": ["127.0.0.1"],
        "jwt": jwt,
    }))
    .unwrap()
}

/// The clock, and a service that lets these clients call.
pub async fn service_for(clients: Vec<Client>) -> (Arc<AtomicI64>, Router) {
    let (now, state) = state_for(clients, |_| {}).await;
    (now, router(state))
}

/// The clock, and the state of a service that lets these clients call, configured in another way.
pub async fn state_for(
    clients: Vec<Client>,
    configure: impl FnOnce(&mut Config),
) -> (Arc<AtomicI64>, Arc<State>) {
    let mut config = Config::load(None).unwrap();
    assert_eq!(config.client_trust, ClientTrust::Jwt, "the default");
    config.clients = clients;
    config.public_urls = vec![
        ADDRESS.to_owned(),
        "https://cds.elsewhere.example".to_owned(),
    ];
    config.cors_origins = Origins::Listed(vec![ORIGIN.to_owned()]);
    config.required_data_missing = RequiredDataMissing::Card;
    configure(&mut config);
    let now = Arc::new(AtomicI64::new(NOW));
    let state = State::new(config, Clock::Set(Arc::clone(&now))).unwrap();
    state.trust.prepare(NOW).await;
    (now, Arc::new(state))
}

/// A service that lets the client with the keys at `source` call.
pub async fn service_with(source: &Source, further: &[(&str, Value)]) -> (Arc<AtomicI64>, Router) {
    let mut jwt = json!({ "issuer": ISSUER, "jwks-url": source.url("/keys") });
    for (name, value) in further {
        jwt[name] = value.clone();
    }
    service_for(vec![client(&jwt)]).await
}

pub async fn keys_at_source() -> Source {
    Source::start(Does::answers(&key_set().to_string())).await
}

/// Status, all that the caller sees, and the cause, which it does not.
pub async fn send(service: &Router, method: &str, path: &str, headers: &[(&str, String)]) -> Sent {
    let mut call = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        call = call.header(*name, value);
    }
    let body = if method == "POST" {
        call = call.header("content-type", "application/json");
        Body::from(request("patient-view").to_string())
    } else {
        Body::empty()
    };
    let response = service
        .clone()
        .oneshot(call.body(body).unwrap())
        .await
        .unwrap();
    let cause = response
        .extensions()
        .get::<Refused>()
        .map(|refused| refused.denial.code());
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.unwrap();
    Sent {
        status: parts.status,
        seen: format!(
            "{:?} {:?}",
            parts.headers,
            String::from_utf8(bytes.to_vec())
        ),
        cause,
    }
}

pub struct Sent {
    pub status: StatusCode,
    pub seen: String,
    pub cause: Option<&'static str>,
}

pub async fn send_token(service: &Router, path: &str, token: &str) -> Sent {
    let method = if path == DISCOVERY { "GET" } else { "POST" };
    let headers = [("authorization", format!("Bearer {token}"))];
    send(service, method, path, &headers).await
}

/// The claims of a good call, with one of them changed; null takes it away.
pub fn but(name: &str, value: Value) -> Value {
    let mut claims = claims(SERVICE);
    if value.is_null() {
        claims.as_object_mut().unwrap().remove(name);
    } else {
        claims[name] = value;
    }
    claims
}

/// A token signed with the client's key, whose header has one member changed; null takes it away.
pub fn with_header(signer: &Signer, name: &str, value: Value) -> String {
    let mut header = signer.header();
    if value.is_null() {
        header.as_object_mut().unwrap().remove(name);
    } else {
        header[name] = value;
    }
    signer.sign_text(&header.to_string(), &claims(SERVICE).to_string())
}
