//! Limits: what a call may be, how many there may be, and the status of each that is over one.
//!
//! A body is received here, before a call takes one of the places for calls: a client that sends
//! slowly keeps nobody else waiting, and gives its own place up when its time is over.
//!
//! Where every place is taken, a call is turned away before its token is checked and its body kept, since
//! that costs more than to say so: what is turned away must not take the processor from what is answered.

use std::{
    collections::HashMap,
    future::Future,
    num::NonZeroUsize,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use axum::{
    BoxError,
    body::Body,
    extract::{FromRequestParts, Request, State as Shared},
    http::{Method, header},
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
    /// For calls that are being answered.
    pub places: Arc<Semaphore>,
    /// For those of them that need a processor.
    turns: Arc<Semaphore>,
    /// How many turns there are, taken or not.
    most_turns: usize,
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
        let most_turns = config.calls_per_processor.saturating_mul(processors());
        Self {
            places: Arc::new(Semaphore::new(config.concurrent_calls)),
            turns: Arc::new(Semaphore::new(most_turns)),
            most_turns,
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

/// How many processors there are for this process.
fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

/// A call's turn at the processors, which it has while it computes or waits to compute, and not while it
/// waits for FHIR servers or the store.
#[derive(Debug, Clone)]
pub struct Turn {
    permit: Arc<Mutex<Option<OwnedSemaphorePermit>>>,
    turns: Arc<Semaphore>,
}

impl Turn {
    /// Waits for something that takes no processor, and then for a turn again: a call that has come so far
    /// is not turned away any more.
    pub async fn pause<T>(&self, waiting: impl Future<Output = T>) -> T {
        self.hold(None);
        let done = waiting.await;
        // None only where the semaphore is closed, which it never is.
        self.hold(Arc::clone(&self.turns).acquire_owned().await.ok());
        done
    }

    fn hold(&self, permit: Option<OwnedSemaphorePermit>) {
        *self.permit.lock().unwrap_or_else(PoisonError::into_inner) = permit;
    }
}

/// The client on whose behalf a call is answered, for those who see it again when it has been: in the
/// request from the start, empty until it is known, and there too when the answer is that of a panic.
#[derive(Debug, Clone, Default)]
pub struct ServedTo(Arc<OnceLock<String>>);

impl ServedTo {
    /// That of a request.
    pub fn of(request: &Request) -> Self {
        let there = request.extensions().get::<Self>();
        there.cloned().unwrap_or_default()
    }

    /// The name of the client, `None` where it was not found out.
    pub fn name(&self) -> Option<&str> {
        self.0.get().map(String::as_str)
    }
}

/// 503 for a call that comes while every place or turn is taken, whoever it is. It takes none: one that is
/// free now may be taken when its body has come.
pub async fn early(Shared(state): Shared<Arc<State>>, request: Request, next: Next) -> Response {
    let limits = &state.limits;
    if limits.places.available_permits() > 0 && limits.turns.available_permits() > 0 {
        return next.run(request).await;
    }
    discard(request, &state).await;
    over(Limit::Calls, Refusal::busy())
}

/// Receives the body of a call that is refused, and keeps nothing of it: a connection that is closed while
/// its client still sends may take the answer with it. Not where the client waits to be asked for
/// the body, or announces one that is too large.
pub async fn discard(request: Request, state: &State) {
    let (parts, mut body) = request.into_parts();
    let mut left = state.config.body_limit_bytes;
    let announced = axum::body::HttpBody::size_hint(&body).lower();
    if parts.headers.contains_key(header::EXPECT) || announced > left as u64 {
        return;
    }
    let received = async {
        while let Some(Ok(frame)) = body.frame().await {
            let length = frame.data_ref().map_or(0, |data| data.len());
            match left.checked_sub(length) {
                Some(less) => left = less,
                None => return,
            }
        }
    };
    // Who sends slowly has no more time for it than for a call that is read.
    let _ = tokio::time::timeout(state.config.receive_time, received).await;
}

/// 431 for headers that are too long, 429 for a client that calls more often than it may.
pub async fn rate(Shared(state): Shared<Arc<State>>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let Ok(caller) = Caller::from_request_parts(&mut parts, &state).await;
    if let Some(ServedTo(name)) = parts.extensions.get() {
        // It is known once.
        let _ = name.set(caller.name().to_owned());
    }
    let headers = parts.headers.iter();
    let head: usize = headers
        .map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len())
        .sum();
    let most = state.config.header_limit_bytes;
    let refused = if head > most {
        Some((Limit::Head, Refusal::long_head(most)))
    } else {
        let taken = state.limits.take(caller.name());
        taken
            .err()
            .map(|wait| (Limit::Rate, Refusal::too_many(wait)))
    };
    let request = Request::from_parts(parts, body);
    match refused {
        None => next.run(request).await,
        Some((limit, refusal)) => {
            discard(request, &state).await;
            over(limit, refusal)
        }
    }
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
    // Room for the whole of it at once: a buffer that grows is twice as large as its body in the end. What
    // does not come takes no memory, and what comes is counted below.
    let mut bytes = Vec::with_capacity(usize::try_from(announced).unwrap_or_default());
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

/// Gives a call its [`Turn`], or 503 where none is left; then lets the other calls that have come find out
/// whether there is one before this call takes a processor: an answer is computed without a pause in
/// which they could. A call that is alone keeps its processor, and what is in its cache.
pub async fn turn(Shared(state): Shared<Arc<State>>, mut request: Request, next: Next) -> Response {
    let turns = &state.limits.turns;
    let Ok(permit) = Arc::clone(turns).try_acquire_owned() else {
        return over(Limit::Calls, Refusal::busy());
    };
    request.extensions_mut().insert(Turn {
        permit: Arc::new(Mutex::new(Some(permit))),
        turns: Arc::clone(turns),
    });
    if turns.available_permits() + 1 < state.limits.most_turns {
        tokio::task::yield_now().await;
    }
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
