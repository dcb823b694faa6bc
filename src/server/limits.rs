//! Limits: what a call may be, how many there may be, and the status of each that is over one.
//!
//! A body is received here, before a call takes one of the places for calls: a client that sends
//! slowly keeps nobody else waiting, and gives its own place up when its time is over.

use std::{collections::HashMap, sync::Arc, time::Duration};

use axum::{
    BoxError,
    body::Body,
    extract::{FromRequestParts, Request, State as Shared},
    http::Method,
    middleware::Next,
    response::{IntoResponse, Response},
};
use governor::{
    DefaultDirectRateLimiter, Quota,
    clock::{Clock as _, DefaultClock},
};
use http_body_util::BodyExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{State, caller::Caller, error::Refusal, telemetry::Span};
use crate::{
    cds_hooks::measure::{self, Excess, measure},
    config::Config,
};

/// The unit in which the memory for bodies is handed out, in bytes.
const UNIT: usize = 1024;

/// A limit that a call or a connection was over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Limit {
    /// Connections.
    Connections,
    /// Calls being answered.
    Calls,
    /// Calls of one client in a second.
    Rate,
    /// Bytes of the headers.
    Head,
    /// Bytes of the body.
    Body,
    /// Bytes of all bodies together.
    Memory,
    /// The time to send a body.
    Time,
    /// Nesting of the body.
    Depth,
    /// Items of one array.
    Entries,
    /// Resources.
    Resources,
}

impl Limit {
    /// Every limit, in order of declaration.
    pub const ALL: [Self; 10] = [
        Self::Connections,
        Self::Calls,
        Self::Rate,
        Self::Head,
        Self::Body,
        Self::Memory,
        Self::Time,
        Self::Depth,
        Self::Entries,
        Self::Resources,
    ];

    /// The code, as it stands in the log and as a label of the metric.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Connections => "connections",
            Self::Calls => "calls",
            Self::Rate => "rate",
            Self::Head => "head",
            Self::Body => "body",
            Self::Memory => "memory",
            Self::Time => "time",
            Self::Depth => "depth",
            Self::Entries => "entries",
            Self::Resources => "resources",
        }
    }
}

/// What is left to hand out.
#[derive(Debug)]
pub struct Limits {
    memory: Arc<Semaphore>,
    rates: HashMap<String, DefaultDirectRateLimiter>,
}

impl Limits {
    /// As the configuration says.
    pub fn new(config: &Config) -> Self {
        let quota = Quota::per_second(config.client_calls_per_second)
            .allow_burst(config.client_calls_at_once);
        let assumed = config.assumed_client();
        let names = config.clients.iter().chain([&assumed]);
        Self {
            memory: Arc::new(Semaphore::new(config.body_memory_bytes / UNIT)),
            rates: names
                .map(|client| (client.name.clone(), DefaultDirectRateLimiter::direct(quota)))
                .collect(),
        }
    }

    /// Takes a call of this client from its rate.
    ///
    /// # Errors
    ///
    /// It has to wait so long.
    fn take(&self, client: &str) -> Result<(), Duration> {
        let Some(rate) = self.rates.get(client) else {
            return Ok(());
        };
        rate.check()
            .map_err(|until| until.wait_time_from(DefaultClock::default().now()))
    }
}

/// The client on whose behalf a call was answered; travels with the response.
#[derive(Debug, Clone)]
pub struct ServedTo(pub String);

/// 431 for headers that are too long, 429 for a client that calls more often than it may.
pub async fn rate(Shared(state): Shared<Arc<State>>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let Ok(caller) = Caller::from_request_parts(&mut parts, &state).await;
    let headers = parts.headers.iter();
    let head: usize = headers
        .map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len())
        .sum();
    let most = state.config.header_limit_bytes;
    let mut response = if head > most {
        over(Limit::Head, Refusal::long_head(most))
    } else {
        match state.limits.take(caller.name()) {
            Ok(()) => next.run(Request::from_parts(parts, body)).await,
            Err(wait) => over(Limit::Rate, Refusal::too_many(wait)),
        }
    };
    let served = ServedTo(caller.name().to_owned());
    response.extensions_mut().insert(served);
    response
}

/// Receives the body of a call: within its size, its time and the memory there is, and no deeper or
/// fuller than what is read.
pub async fn receive(Shared(state): Shared<Arc<State>>, request: Request, next: Next) -> Response {
    if request.method() != Method::POST {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let config = &state.config;
    let call: Option<&Span> = parts.extensions.get();
    let span = call.map(|call| call.child("receive"));
    let received = tokio::time::timeout(config.receive_time, collect(body, &state)).await;
    span.unwrap_or_default().end();
    let (bytes, _memory) = match received {
        Ok(Ok(received)) => received,
        Ok(Err(response)) => return response,
        Err(_) => return over(Limit::Time, Refusal::too_slow()),
    };
    let limits = measure::Limits {
        depth: config.json_depth_limit,
        entries: config.entry_limit,
        resources: config.resource_limit,
    };
    if let Err(excess) = measure(&bytes, limits) {
        let (limit, refusal) = match excess {
            Excess::Depth => (Limit::Depth, Refusal::too_deep(limits.depth)),
            Excess::Entries => (
                Limit::Entries,
                Refusal::too_full("entries in one Bundle", limits.entries),
            ),
            Excess::Resources => (
                Limit::Resources,
                Refusal::too_full("resources", limits.resources),
            ),
        };
        return over(limit, refusal);
    }
    next.run(Request::from_parts(parts, Body::from(bytes)))
        .await
}

/// The body, and the memory that it takes until the call is answered.
async fn collect(
    mut body: Body,
    state: &State,
) -> Result<(Vec<u8>, Option<OwnedSemaphorePermit>), Response> {
    let most = state.config.body_limit_bytes;
    let too_large = || over(Limit::Body, Refusal::too_large(most));
    // What the client announces; it need not be true.
    let announced = axum::body::HttpBody::size_hint(&body).lower();
    if announced > most as u64 {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    let mut held: Option<OwnedSemaphorePermit> = None;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Refusal::not_received().into_response())?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        if bytes.len() + data.len() > most {
            return Err(too_large());
        }
        bytes.extend_from_slice(&data);
        let units = bytes.len().div_ceil(UNIT);
        let more = units.saturating_sub(held.as_ref().map_or(0, OwnedSemaphorePermit::num_permits));
        let more = u32::try_from(more).unwrap_or(u32::MAX);
        let taken = Arc::clone(&state.limits.memory)
            .try_acquire_many_owned(more)
            .map_err(|_| over(Limit::Memory, Refusal::busy()))?;
        match &mut held {
            Some(held) => held.merge(taken),
            None => held = Some(taken),
        }
    }
    Ok((bytes, held))
}

/// Lets the other calls that have come find out whether there is a place before this one, which has
/// one, takes a processor: an answer is computed without a pause in which they could.
pub async fn let_others_ask(request: Request, next: Next) -> Response {
    tokio::task::yield_now().await;
    next.run(request).await
}

/// 503 for a call that finds every place taken.
pub async fn shed(_: BoxError) -> Response {
    over(Limit::Calls, Refusal::busy())
}

/// The limit travels with the response, to the log line and the metrics.
fn over(limit: Limit, refusal: Refusal) -> Response {
    let mut response = refusal.into_response();
    response.extensions_mut().insert(limit);
    response
}
