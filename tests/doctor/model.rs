//! A small service with something of everything that CDS Hooks has, sound but for one fault.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::Response,
};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header, errors::ErrorKind};
use serde_json::{Value, json};

use super::keys::{ISSUER, text};

/// The origin that may call.
pub const ORIGIN: &str = "https://ehr.example";
const SERVICE: &str = "/cds-services/model";
const LONG: usize = 5 << 19;
const HUGE: usize = 16 << 20;

/// What a call is, as a sound service sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Situation {
    Discovery,
    Sound,
    UnknownMembers,
    Absent,
    Null,
    Empty,
    Failed,
    Long,
    Huge,
    BrokenJson,
    MediaType,
    Address,
    Method,
    OtherHook,
    NoInstance,
    NoServer,
    NoContext,
    NoPatient,
    Preflight,
    Accepted,
    Overridden,
    NoReason,
    Several,
    UnknownCard,
    NoArray,
    OtherOutcome,
    NoTime,
    NoToken,
    Signature,
    AlgNone,
    Symmetric,
    Audience,
    Expired,
    Issuer,
    KeyId,
}

/// What the service does wrong.
#[derive(Debug, Clone, Copy)]
pub enum Fault {
    /// Nothing.
    None,
    /// Another status in this situation.
    Status(Situation, u16),
    /// In its only entry of discovery.
    Entry(fn(&mut Value)),
    /// In the discovery document.
    Discovery(fn(&mut Value)),
    /// In the first card of each answer.
    Card(fn(&mut Value)),
    /// In each answer.
    Answer(fn(&mut Value)),
    /// In the body of each refusal.
    Refusal(fn(&mut Value, Situation, &str)),
    /// In the headers.
    Headers(fn(&mut HeaderMap, Situation)),
    /// It counts its calls, and says so on a card.
    Counts,
}

struct Model {
    base: String,
    fault: Fault,
    /// Answers with cards.
    answers: AtomicUsize,
    /// A caller had a token: from then on every one must.
    trusts: AtomicBool,
}

/// The service at an address.
pub fn service(address: SocketAddr, fault: Fault) -> Router {
    let model = Model {
        base: format!("http://{address}"),
        fault,
        answers: AtomicUsize::new(0),
        trusts: AtomicBool::new(false),
    };
    Router::new().fallback(answer).with_state(Arc::new(model))
}

async fn answer(State(model): State<Arc<Model>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    // A body that is too long is not read, which takes time.
    let huge = body.len() > HUGE;
    let body = if huge {
        ""
    } else {
        std::str::from_utf8(&body).unwrap()
    };
    let path = parts.uri.path();
    let situation = if huge {
        Situation::Huge
    } else {
        situation(&model, &parts.method, path, &parts.headers, body)
    };
    let mut status = status(situation);
    if let Fault::Status(broken, other) = model.fault
        && broken == situation
    {
        status = other;
    }
    let mut headers = HeaderMap::new();
    let set = |headers: &mut HeaderMap, name, value| {
        headers.insert(name, HeaderValue::from_static(value));
    };
    set(&mut headers, header::CONTENT_TYPE, "application/json");
    set(&mut headers, header::ACCESS_CONTROL_ALLOW_ORIGIN, ORIGIN);
    if situation == Situation::Preflight {
        set(
            &mut headers,
            header::ACCESS_CONTROL_ALLOW_METHODS,
            "GET, POST",
        );
        set(
            &mut headers,
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "Authorization, Content-Type",
        );
    }
    if let Fault::Headers(change) = model.fault {
        change(&mut headers, situation);
    }
    let content = content(&model, situation, status, body);
    let mut response = Response::new(Body::from(content.to_string()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    *response.headers_mut() = headers;
    response
}

fn content(model: &Model, situation: Situation, status: u16, asked: &str) -> Value {
    if status >= 400 {
        let mut outcome = json!({
            "resourceType": "OperationOutcome",
            "issue": [{ "severity": "error", "code": "invalid", "details": { "text": "No." } }],
        });
        if let Fault::Refusal(change) = model.fault {
            change(&mut outcome, situation, asked);
        }
        return outcome;
    }
    if situation == Situation::Discovery {
        let mut discovery = discovery();
        match model.fault {
            Fault::Entry(change) => change(&mut discovery["services"][0]),
            Fault::Discovery(change) => change(&mut discovery),
            _ => {}
        }
        return discovery;
    }
    let mut answer = cards();
    match model.fault {
        Fault::Card(change) => change(&mut answer["cards"][0]),
        Fault::Answer(change) => change(&mut answer),
        Fault::Counts => {
            let calls = model.answers.fetch_add(1, Ordering::Relaxed);
            answer["cards"][0]["summary"] = json!(format!("Call {calls}"));
        }
        _ => {}
    }
    answer
}

fn situation(
    model: &Model,
    method: &Method,
    path: &str,
    headers: &HeaderMap,
    body: &str,
) -> Situation {
    if method == Method::OPTIONS {
        return Situation::Preflight;
    }
    if let Some(fault) = wrong_token(model, path, headers) {
        return fault;
    }
    match (method, path) {
        (&Method::GET, "/cds-services") => return Situation::Discovery,
        (&Method::POST, SERVICE) => {}
        (&Method::POST, "/cds-services/model/feedback") => return feedback(body),
        (_, SERVICE) => return Situation::Method,
        _ => return Situation::Address,
    }
    if headers.get(header::CONTENT_TYPE).unwrap() != "application/json" {
        return Situation::MediaType;
    }
    let Ok(request) = serde_json::from_str::<Value>(body) else {
        return Situation::BrokenJson;
    };
    call(&request, body.len())
}

fn call(request: &Value, length: usize) -> Situation {
    let has = |name: &str| !request[name].is_null();
    if request["hook"] != "order-select" {
        Situation::OtherHook
    } else if !has("hookInstance") {
        Situation::NoInstance
    } else if !has("context") {
        Situation::NoContext
    } else if request["context"]["patientId"].is_null() {
        Situation::NoPatient
    } else if has("fhirAuthorization") && !has("fhirServer") {
        Situation::NoServer
    } else if length > LONG {
        Situation::Long
    } else if has("unknown") {
        Situation::UnknownMembers
    } else {
        prefetch(request)
    }
}

fn prefetch(request: &Value) -> Situation {
    let Some(prefetch) = request.get("prefetch") else {
        return Situation::Absent;
    };
    assert_eq!(prefetch["patient"]["resourceType"], "Patient");
    let conditions = &prefetch["conditions"];
    if conditions.is_null() {
        Situation::Null
    } else if conditions["resourceType"] == "OperationOutcome" {
        Situation::Failed
    } else if conditions.get("link").is_none() {
        Situation::Empty
    } else {
        Situation::Sound
    }
}

fn feedback(body: &str) -> Situation {
    let body: Value = serde_json::from_str(body).unwrap();
    let Some(entries) = body["feedback"].as_array() else {
        return Situation::NoArray;
    };
    let entry = &entries[0];
    if entries.len() > 1 {
        Situation::Several
    } else if entry["outcomeTimestamp"].is_null() {
        Situation::NoTime
    } else if !["accepted", "overridden"].contains(&entry["outcome"].as_str().unwrap()) {
        Situation::OtherOutcome
    } else if entry["card"] != cards()["cards"][0]["uuid"] {
        Situation::UnknownCard
    } else if entry["outcome"] == "accepted" {
        Situation::Accepted
    } else if entry["overrideReason"].is_null() {
        Situation::NoReason
    } else {
        Situation::Overridden
    }
}

/// What is wrong with the token; a caller that never has one is let in.
fn wrong_token(model: &Model, path: &str, headers: &HeaderMap) -> Option<Situation> {
    let Some(token) = headers.get(header::AUTHORIZATION) else {
        let trusts = model.trusts.load(Ordering::Relaxed);
        return trusts.then_some(Situation::NoToken);
    };
    model.trusts.store(true, Ordering::Relaxed);
    let token = token.to_str().unwrap().strip_prefix("Bearer ").unwrap();
    let Ok(header) = decode_header(token) else {
        return Some(Situation::AlgNone);
    };
    if header.alg != Algorithm::ES384 {
        return Some(Situation::Symmetric);
    }
    if header.kid.as_deref() != Some("doctor-ec") {
        return Some(Situation::KeyId);
    }
    let mut validation = Validation::new(Algorithm::ES384);
    validation.set_audience(&[format!("{}{path}", model.base)]);
    validation.set_issuer(&[ISSUER]);
    let key = DecodingKey::from_ec_pem(text("ec.public.pem").as_bytes()).unwrap();
    let fault = decode::<Value>(token, &key, &validation).err()?;
    Some(match fault.kind() {
        ErrorKind::InvalidAudience => Situation::Audience,
        ErrorKind::InvalidIssuer => Situation::Issuer,
        ErrorKind::ExpiredSignature => Situation::Expired,
        _ => Situation::Signature,
    })
}

fn status(situation: Situation) -> u16 {
    use Situation::*;
    match situation {
        Discovery | Sound | UnknownMembers | Absent | Null | Empty | Failed | Long | Preflight
        | Accepted | Overridden | NoReason | Several | UnknownCard => 200,
        BrokenJson | OtherHook | NoInstance | NoServer | NoContext | NoPatient | NoArray
        | OtherOutcome | NoTime => 400,
        NoToken | Signature | AlgNone | Symmetric | Audience | Expired | Issuer | KeyId => 401,
        Address => 404,
        Method => 405,
        Huge => 413,
        MediaType => 415,
    }
}

fn discovery() -> Value {
    json!({ "services": [{
        "hook": "order-select",
        "id": "model",
        "title": "A model",
        "description": "Answers every call with the same cards.",
        "usageRequirements": "None.",
        "version": "2.0.1",
        "prefetch": {
            "patient": "Patient/{{context.patientId}}",
            "conditions": "Condition?patient={{context.patientId}}&recorded-date=ge{{today() - 365 days}}",
        },
        "extension": { "dk.example": { "answer": 42 } },
    }]})
}

fn cards() -> Value {
    json!({
        "cards": [
            {
                "uuid": "7d4bb9e7-4f3b-4b7e-8f52-6a2c36d1f5a1",
                "summary": "A card with everything",
                "detail": "**Data** are escaped: &lt;b>, a < b, <https://example.org>",
                "indicator": "warning",
                "source": {
                    "label": "A model",
                    "url": "https://example.org",
                    "icon": "https://example.org/icon.png",
                    "topic": { "system": "urn:example", "code": "topic", "display": "Topic" },
                },
                "overrideReasons": [
                    { "system": "urn:example", "code": "no", "display": "Not now" },
                ],
                "selectionBehavior": "at-most-one",
                "suggestions": [
                    {
                        "label": "Create and update",
                        "uuid": "a1d1f3d4-7f0c-4f59-9f4e-0d7b1c8e7a11",
                        "isRecommended": true,
                        "actions": [
                            {
                                "type": "create",
                                "description": "Creates a task",
                                "resource": { "resourceType": "Task", "status": "draft" },
                            },
                            {
                                "type": "update",
                                "description": "Updates an order",
                                "resource": { "resourceType": "MedicationRequest", "id": "1" },
                            },
                        ],
                    },
                    {
                        "label": "Delete",
                        "uuid": "b1d1f3d4-7f0c-4f59-9f4e-0d7b1c8e7a12",
                        "isRecommended": false,
                        "actions": [{
                            "type": "delete",
                            "description": "Deletes an order",
                            "resourceId": "MedicationRequest/1",
                        }],
                    },
                ],
                "links": [
                    { "label": "A page", "type": "absolute", "url": "https://example.org/page" },
                    {
                        "label": "An app",
                        "type": "smart",
                        "url": "https://example.org/launch",
                        "appContext": "{\"card\":1}",
                        "autolaunchable": false,
                    },
                ],
                "extension": { "dk.example": { "trace": 1 } },
            },
            {
                "uuid": "c1d1f3d4-7f0c-4f59-9f4e-0d7b1c8e7a13",
                "summary": "A card with little",
                "indicator": "info",
                "source": { "label": "A model" },
            },
        ],
        "systemActions": [{
            "type": "create",
            "description": "Records the call",
            "resource": { "resourceType": "Communication", "status": "completed" },
        }],
    })
}
