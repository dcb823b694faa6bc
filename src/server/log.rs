//! The log: one line for each call, and never a body, a name, a token or a patient id.

use std::{
    io::{self, IsTerminal},
    sync::Arc,
    time::Instant,
};

use axum::{
    extract::{MatchedPath, Request, State as Shared},
    http::Method,
    middleware::Next,
    response::Response,
};
use tracing_subscriber::EnvFilter;

use super::{State, audit::Call, error, limits::ServedTo};
use crate::config::{Config, LogFormat};

/// The crates that speak HTTP or SQL say at lower levels what they send: none of it is logged.
const QUIET: [&str; 6] = ["h2", "hyper", "hyper_util", "reqwest", "rustls", "sqlx"];

/// The configured filter, with those crates kept quiet.
fn filter(config: &Config) -> EnvFilter {
    QUIET
        .iter()
        .filter_map(|name| format!("{name}=info").parse().ok())
        .fold(EnvFilter::new(&config.log), EnvFilter::add_directive)
}

/// Starts the log on standard error. A second start changes nothing.
pub fn start(config: &Config) {
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter(config))
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr);
    let started = match config.log_format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
    if started.is_ok() {
        error::keep_panics_silent_about_data();
    }
}

/// A method of HTTP's own by its name; a client may send any other word as one, and it is not repeated.
pub(super) fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// Logs a call when it has been answered. The address is the route's pattern: a path may hold an id.
pub async fn one_line(Shared(state): Shared<Arc<State>>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = method_name(request.method());
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "unknown".to_owned(), |path| path.as_str().to_owned());
    let call = Call::of(&request, &state.services);
    let served = ServedTo::of(&request);
    let response = next.run(request).await;
    let ms = (started.elapsed().as_secs_f64() * 10_000.0).round() / 10.0;
    match call {
        Some(call) => state.audit.call(call, &served, &response, ms),
        None => {
            let status = response.status().as_u16();
            tracing::info!(method, route, status, ms, "answered");
        }
    }
    response
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::Body, middleware, routing::post};
    use jiff::civil::date;
    use serde_json::Value;
    use tower::ServiceExt;
    use tower_http::catch_panic::CatchPanicLayer;

    use super::*;
    use crate::{
        config::{AuditSink, ClientTrust, StorePlace},
        server::{clock::Clock, limits, metrics},
    };

    async fn fails() -> &'static str {
        panic!("Nancy Ann, 0101701234")
    }

    /// With the client, which was known before it failed.
    #[tokio::test]
    async fn a_call_that_fails_has_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("audit.ndjson");
        let mut config = Config::load(None).unwrap();
        config.client_trust = ClientTrust::None;
        config.store = StorePlace::Memory;
        config.audit = AuditSink::File(file.clone());
        let state = State::new(config, Clock::Fixed(date(2026, 3, 16))).unwrap();
        let state = Arc::new(state);
        let with = || Arc::clone(&state);
        // In the order of the service's own layers.
        let service = Router::new()
            .route("/cds-services/{id}", post(fails))
            .layer(middleware::from_fn_with_state(with(), limits::rate))
            .layer(CatchPanicLayer::custom(error::after_panic))
            .layer(middleware::from_fn_with_state(with(), one_line))
            .layer(middleware::from_fn_with_state(with(), metrics::count));
        let call = Request::post("/cds-services/sid-patient-view").body(Body::empty());
        let response = service.oneshot(call.unwrap()).await.unwrap();
        assert_eq!(response.status().as_u16(), 500);
        state.audit.flush();
        let text = std::fs::read_to_string(file).unwrap();
        let line: Value = serde_json::from_str(text.trim()).unwrap();
        let said = ["call", "client", "service", "status"].map(|member| line[member].to_string());
        let expected = ["\"hook\"", "\"anonymous\"", "\"sid-patient-view\"", "500"];
        assert_eq!(said, expected);
        let counted = state.metrics.text();
        for line in [
            "calls_total{route=\"/cds-services/sid-patient-view\",client=\"anonymous\",\
             status=\"500\"} 1",
            "faults_total 1",
        ] {
            assert!(counted.contains(line), "{line}: {counted}");
        }
        assert!(!format!("{text}{counted}").contains("Nancy"));
    }
}
