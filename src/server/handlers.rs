//! The handlers of the CDS Hooks and health routes.

use std::sync::Arc;

use axum::{
    Extension, Json,
    body::Bytes,
    extract::{Path, State as Shared, rejection::BytesRejection},
    http::{HeaderMap, HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::{
    State,
    audit::Called,
    caller::Caller,
    error::Refusal,
    fetch::{Limits, fetch},
    language,
    limits::Turn,
    shown::Showing,
    smart,
    telemetry::{self, SERVER_TIMING, Span, Stage, Stages},
};
use crate::{
    cards::{self, Language},
    cds_hooks::{
        self, Answer, Settings, completion::Fetched, outcome::IssueCode, request::Request,
        service::Service,
    },
    config::{RequiredDataMissing, Version},
};

/// Lets a page read how long an answer took.
const TIMING_ALLOW_ORIGIN: HeaderName = HeaderName::from_static("timing-allow-origin");
/// What 404 says of a service's address.
pub const NO_SUCH_SERVICE: &str = "There is no such service. Discovery lists them.";

/// `GET /cds-services`.
pub async fn discovery(Shared(state): Shared<Arc<State>>, headers: HeaderMap) -> Response {
    let etag = state.services.etag();
    let caching = [(header::ETAG, etag), (header::CACHE_CONTROL, "no-cache")];
    let known = headers
        .get(header::IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|tags| {
            tags.split(',')
                .any(|tag| tag.trim().trim_start_matches("W/") == etag)
        });
    if known {
        return (StatusCode::NOT_MODIFIED, caching).into_response();
    }
    let json = [(header::CONTENT_TYPE, "application/json")];
    (caching, json, state.services.discovery().to_owned()).into_response()
}

/// `POST /cds-services/{id}`.
pub async fn call(
    Shared(state): Shared<Arc<State>>,
    caller: Caller,
    Extension(turn): Extension<Turn>,
    span: Span,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let Some(service) = state.services.get(&id) else {
        return Refusal::not_found(NO_SUCH_SERVICE).into_response();
    };
    let mut stages = Stages::of(span);
    let language = language::of(state.config.language, &headers);
    let asked = Asked {
        service,
        caller: &caller,
        turn: &turn,
        language,
        headers: &headers,
    };
    let mut hook_instance = None;
    let mut answer = answer(&state, asked, body, &mut stages, &mut hook_instance).await;
    stages.begin(Stage::Write);
    if let Ok(answer) = &mut answer {
        if let Some(key) = state.config.card_key {
            cards::with_key(&mut answer.cards, key);
        }
        smart::link(&mut answer.cards, &state, caller.client(), language);
        state.metrics.answered(answer);
        state.shown.add(Showing {
            cards: &answer.cards,
            guideline: answer.concluded.guideline,
            at: state.clock.now(),
            day: answer.concluded.as_of,
            service: service.id(),
            client: caller.name(),
            call: stages.call(),
        });
    }
    let called = Called::hook(hook_instance, &answer);
    let mut response = match answer {
        Ok(answer) => (
            [
                (header::CONTENT_LANGUAGE, language::tag(language)),
                (header::VARY, "accept-language"),
                (header::CACHE_CONTROL, "no-store"),
            ],
            Json(answer),
        )
            .into_response(),
        Err(refusal) => refusal.into_response(),
    };
    if let Some(called) = called {
        response.extensions_mut().insert(called);
    }
    timed(response, stages, &state, &headers)
}

/// The answer with how long its stages took, for its client and for the page that may read it.
pub(super) fn timed(
    mut response: Response,
    stages: Stages,
    state: &State,
    headers: &HeaderMap,
) -> Response {
    let out = response.headers_mut();
    if let Some(timing) = stages.header() {
        out.insert(SERVER_TIMING, timing);
    }
    if let Some(origin) = telemetry::readable_by(&state.config.cors_origins, headers) {
        out.insert(TIMING_ALLOW_ORIGIN, origin);
    }
    response
}

/// Who asks which service, and how.
#[derive(Debug, Clone, Copy)]
struct Asked<'a> {
    service: &'a Service,
    caller: &'a Caller,
    turn: &'a Turn,
    language: Language,
    headers: &'a HeaderMap,
}

/// The answer; puts the hook instance in its place as soon as it is known.
async fn answer(
    state: &State,
    asked: Asked<'_>,
    body: Result<Bytes, BytesRejection>,
    stages: &mut Stages,
    hook_instance: &mut Option<String>,
) -> Result<Answer, Refusal> {
    let Asked {
        service,
        caller,
        turn,
        language,
        headers,
    } = asked;
    let time_is_up = state.patience.over();
    stages.begin(Stage::Read);
    let body = self::body(state, headers, body)?;
    let zone = &state.config.time_zone.0;
    let today = state.clock.today(zone);
    let request = Request::read(service, &body).map_err(Refusal::bad_request)?;
    *hook_instance = Some(request.hook_instance().to_owned());
    let wanted = request.wanted(service, today);
    let limits = Limits::from(&state.config);
    // A call that waits for FHIR servers gives up its turn.
    let fetched = if wanted.is_empty() {
        Fetched::default()
    } else {
        let span = stages.begin(Stage::Fetch);
        turn.pause(fetch(
            wanted,
            request.access(),
            caller,
            limits,
            time_is_up,
            span,
        ))
        .await
    };
    let settings = Settings {
        zone,
        terminology: &state.terminology,
        language,
        refuses: state.config.required_data_missing == RequiredDataMissing::Refusal,
    };
    let mut answer =
        cds_hooks::answer_in_steps(service, &request, &fetched, today, settings, |step| {
            stages.begin(step.into());
        })
        .map_err(Refusal::precondition_failed)?;
    if caller.client().cds_hooks == Version::V1_0 {
        answer.name_deletes_as_in_1_0();
    }
    Ok(answer)
}

/// The body, of a media type that is read and within the limit.
pub fn body(
    state: &State,
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Bytes, Refusal> {
    check_media_type(headers)?;
    body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Refusal::too_large(state.config.body_limit_bytes),
        status => Refusal::new(
            status,
            IssueCode::Structure,
            "The body could not be received.",
        ),
    })
}

/// `GET /health/live`: the process answers.
pub async fn live() -> Response {
    Json(json!({ "status": "live" })).into_response()
}

/// `GET /health/ready`: schemas and value sets are loaded, which is so once the socket is open; 503
/// while the service stops, and while a canary fails. A store that is down is said; it makes the answer
/// 503 only where the configuration says so, since cards do not need it.
pub async fn ready(Shared(state): Shared<Arc<State>>) -> Response {
    let mut reasons = state.readiness.reasons();
    let store = match state.store.check().await {
        Ok(()) => "up",
        Err(error) => {
            tracing::warn!(%error, "the store is down");
            if !state.config.ready_without_store {
                reasons.push("store-down");
            }
            "down"
        }
    };
    if reasons.is_empty() {
        return Json(json!({ "status": "ready", "store": store })).into_response();
    }
    let answer = json!({ "status": "not-ready", "reasons": reasons, "store": store });
    (StatusCode::SERVICE_UNAVAILABLE, Json(answer)).into_response()
}

/// GEN-07: JSON or FHIR JSON, in UTF-8, not compressed.
pub(super) fn check_media_type(headers: &HeaderMap) -> Result<(), Refusal> {
    if headers.contains_key(header::CONTENT_ENCODING) {
        return Err(Refusal::media_type("The body must not be compressed."));
    }
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_ascii_lowercase();
    let mut parts = content_type.split(';').map(str::trim);
    let json = matches!(
        parts.next(),
        Some("application/json" | "application/fhir+json")
    );
    let utf8 = parts
        .filter_map(|parameter| parameter.strip_prefix("charset="))
        .all(|charset| charset.trim_matches('"') == "utf-8");
    if json && utf8 {
        return Ok(());
    }
    Err(Refusal::media_type(
        "The body must be application/json or application/fhir+json, in UTF-8.",
    ))
}
