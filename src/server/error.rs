//! Errors as a caller sees them: a status and an `OperationOutcome`, never a value of the request.
//!
//! `cds_hooks` finds what is wrong in a body (400); this module adds what is wrong with the HTTP
//! around it. A panic is answered with 500 and an id; the log holds the id and the place in the
//! source, not the panic's message, which may quote data.

use std::{any::Any, cell::RefCell, time::Duration};

use axum::{
    Json,
    http::{
        HeaderValue, Method, StatusCode, Uri,
        header::{RETRY_AFTER, WWW_AUTHENTICATE},
    },
    response::{IntoResponse, Response},
};
use uuid::Uuid;

use crate::cds_hooks::outcome::{Issue, IssueCode, OperationOutcome};

/// A refusal: a status that is an error, and why.
#[derive(Debug)]
pub struct Refusal {
    status: StatusCode,
    outcome: OperationOutcome,
    /// When the call may be made again, in seconds.
    retry_after: Option<u32>,
}

impl Refusal {
    /// 400: the body is wrong.
    pub fn bad_request(outcome: OperationOutcome) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            outcome,
            retry_after: None,
        }
    }

    /// 401, the same whatever the cause (ST-06).
    pub fn not_trusted() -> Self {
        let text = "The caller is not authorised.";
        Self::new(StatusCode::UNAUTHORIZED, IssueCode::Login, text)
    }

    /// 412: required data could not be obtained (PF-10).
    pub fn precondition_failed(outcome: OperationOutcome) -> Self {
        Self {
            status: StatusCode::PRECONDITION_FAILED,
            outcome,
            retry_after: None,
        }
    }

    /// 404.
    pub fn not_found(text: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, IssueCode::NotFound, text)
    }

    /// 413.
    pub fn too_large(limit: usize) -> Self {
        let text = format!("The body is over the limit of {limit} bytes.");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, IssueCode::TooLong, text)
    }

    /// 413: more than is read.
    pub fn too_full(what: &str, limit: usize) -> Self {
        let text = format!("The body holds more than {limit} {what}.");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, IssueCode::TooCostly, text)
    }

    /// 400: nested too deeply.
    pub fn too_deep(limit: usize) -> Self {
        let text = format!("The body is nested more than {limit} deep.");
        Self::new(StatusCode::BAD_REQUEST, IssueCode::TooCostly, text)
    }

    /// 431.
    pub fn long_head(limit: usize) -> Self {
        let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
        let text = format!("The headers are over the limit of {limit} bytes.");
        Self::new(status, IssueCode::TooLong, text)
    }

    /// 408: the body did not come in time.
    pub fn too_slow() -> Self {
        let text = "The body did not come in time.";
        Self::new(StatusCode::REQUEST_TIMEOUT, IssueCode::Timeout, text)
    }

    /// 400: the connection broke off.
    pub fn not_received() -> Self {
        let text = "The body could not be received.";
        Self::new(StatusCode::BAD_REQUEST, IssueCode::Structure, text)
    }

    /// 429.
    pub fn too_many(wait: Duration) -> Self {
        let text = "This client calls more often than it may.";
        let mut refusal = Self::new(StatusCode::TOO_MANY_REQUESTS, IssueCode::Throttled, text);
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        refusal.retry_after = Some(u32::try_from(seconds).unwrap_or(u32::MAX));
        refusal
    }

    /// 503: no place is free.
    pub fn busy() -> Self {
        let text = "Too many calls are being answered.";
        let mut refusal = Self::new(StatusCode::SERVICE_UNAVAILABLE, IssueCode::Transient, text);
        refusal.retry_after = Some(1);
        refusal
    }

    /// 415.
    pub fn media_type(text: &str) -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            IssueCode::NotSupported,
            text,
        )
    }

    /// 503, with the number of seconds after which the call may be made again.
    pub fn unavailable(text: &str, retry_after: u32) -> Self {
        Self {
            retry_after: Some(retry_after),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, IssueCode::Transient, text)
        }
    }

    /// Another status.
    pub fn new(status: StatusCode, code: IssueCode, text: impl Into<String>) -> Self {
        Self {
            status,
            outcome: OperationOutcome::new(Issue::new(code, text)),
            retry_after: None,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.outcome)).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        if self.status == StatusCode::UNAUTHORIZED {
            // RFC 6750 §3: no error code, since that would be a detail.
            let scheme = HeaderValue::from_static("Bearer");
            response.headers_mut().insert(WWW_AUTHENTICATE, scheme);
        }
        response
    }
}

/// 404 for an address that is not served.
pub async fn no_such_address() -> Refusal {
    Refusal::not_found("Nothing is served at this address. Discovery is at /cds-services.")
}

/// 405; the router adds `Allow`.
pub async fn no_such_method(_: Method, _: Uri) -> Refusal {
    let text = "This method is not served at this address.";
    Refusal::new(
        StatusCode::METHOD_NOT_ALLOWED,
        IssueCode::NotSupported,
        text,
    )
}

thread_local! {
    /// Where the panic that is being caught on this thread came from.
    static PANICKED_AT: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Logs the place of a panic and drops its message, which may quote data.
pub fn keep_panics_silent_about_data() {
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string);
        tracing::error!(place, "a fault in the program");
        PANICKED_AT.with_borrow_mut(|panicked_at| *panicked_at = place);
    }));
}

/// 500 with an id that is in the log.
pub fn after_panic(_message: Box<dyn Any + Send>) -> Response {
    let incident = Uuid::new_v4();
    let place = PANICKED_AT.with_borrow_mut(Option::take);
    tracing::error!(%incident, place, "a call failed in the service");
    let text = format!("The service failed. The log has this id: {incident}.");
    Refusal::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        IssueCode::Exception,
        text,
    )
    .into_response()
}

#[cfg(test)]
mod tests {
    use axum::{
        Router,
        body::{Body, to_bytes},
        http::Request,
        routing::get,
    };
    use tower::ServiceExt;
    use tower_http::catch_panic::CatchPanicLayer;

    use super::*;

    async fn panics() -> &'static str {
        panic!("Nancy Ann, 0101701234")
    }

    #[tokio::test]
    async fn a_panic_is_answered_without_its_message() {
        let service = Router::new()
            .route("/", get(panics))
            .layer(CatchPanicLayer::custom(after_panic));
        let request = Request::builder().uri("/").body(Body::empty()).unwrap();
        let response = service.oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let bytes = to_bytes(response.into_body(), 10_000).await.unwrap();
        let outcome: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(outcome["issue"][0]["code"], "exception");
        let text = outcome["issue"][0]["details"]["text"].as_str().unwrap();
        let (_, incident) = text.trim_end_matches('.').rsplit_once(' ').unwrap();
        assert!(incident.parse::<Uuid>().is_ok(), "{text}");
        assert!(!text.contains("Nancy") && !text.contains("0101701234"));
    }
}
