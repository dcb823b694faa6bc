//! The log: one line for each call, and never a body, a name, a token or a patient id.

use std::{
    io::{self, IsTerminal},
    sync::Arc,
    time::Instant,
};

use axum::{
    extract::{MatchedPath, Request, State},
    http::Method,
    middleware::Next,
    response::Response,
};
use tracing_subscriber::EnvFilter;

use super::{
    audit::{Audit, Called},
    error,
    limits::{Limit, ServedTo},
    trust::Refused,
};
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
pub async fn one_line(State(audit): State<Arc<Audit>>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = method_name(request.method());
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "unknown".to_owned(), |path| path.as_str().to_owned());
    let response = next.run(request).await;
    let status = response.status().as_u16();
    let ms = (started.elapsed().as_secs_f64() * 10_000.0).round() / 10.0;
    if let Some(limit) = response.extensions().get::<Limit>() {
        let client = response.extensions().get::<ServedTo>();
        let client = client.map(|client| client.0.as_str());
        tracing::warn!(
            route,
            client,
            status,
            ms,
            limit = limit.code(),
            "over a limit"
        );
        return response;
    }
    if let Some(Refused { denial, client }) = response.extensions().get::<Refused>() {
        let cause = denial.code();
        tracing::warn!(route, client, status, ms, cause, "not trusted");
        return response;
    }
    match response.extensions().get::<Called>() {
        Some(called) => audit.call(called, status, ms),
        None => tracing::info!(method, route, status, ms, "answered"),
    }
    response
}
