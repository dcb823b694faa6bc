//! The log: one line for each call, and never a body, a name, a token or a patient id.

use std::time::Instant;

use axum::{
    extract::{MatchedPath, Request},
    middleware::Next,
    response::Response,
};
use tracing_subscriber::EnvFilter;

use super::error;
use crate::{
    cds_hooks::Answer,
    config::{Config, LogFormat},
    guideline::{assessment::Population, assessment::CardCode},
};

/// Starts the log on standard error. A second start changes nothing.
pub fn start(config: &Config) {
    let builder = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(&config.log))
        .with_writer(std::io::stderr);
    let started = match config.log_format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
    if started.is_ok() {
        error::keep_panics_quiet();
    }
}

/// What the log line says of an answer; travels with the response.
#[derive(Debug, Clone)]
pub struct Summary {
    service: String,
    cards: Vec<CardCode>,
    population: Population,
}

impl Summary {
    /// Of an answer of a service.
    pub fn of(service: &str, answer: &Answer) -> Self {
        Self {
            service: service.to_owned(),
            cards: answer.cards.iter().map(|card| card.code).collect(),
            population: answer.population,
        }
    }
}

/// Logs a call when it has been answered. The address is the route's pattern: a path may hold an id.
pub async fn one_line(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "unknown".to_owned(), |path| path.as_str().to_owned());
    let response = next.run(request).await;
    let status = response.status().as_u16();
    let ms = started.elapsed().as_secs_f64() * 1000.0;
    let ms = (ms * 10.0).round() / 10.0;
    match response.extensions().get::<Summary>() {
        Some(Summary { service, cards, population }) => {
            tracing::info!(%service, status, ms, ?cards, ?population, "answered");
        }
        None => tracing::info!(%method, route, status, ms, "answered"),
    }
    response
}
