//! The HTTP service: routes, limits, errors, the clock, the log line.

mod artefacts;
mod audit;
pub mod caller;
pub mod canary;
pub mod clock;
mod demonstration;
mod error;
mod feedback;
mod fetch;
mod fhir;
mod handlers;
mod language;
pub mod limits;
mod log;
pub mod metrics;
pub mod outbound;
mod page;
mod pages;
mod playground;
pub mod readiness;
mod report;
mod shown;
mod smart;
mod socket;
pub mod telemetry;
pub mod terminology;
pub mod trust;

use std::{future::Future, io, net::SocketAddr, sync::Arc};

use axum::{
    Router,
    error_handling::HandleErrorLayer,
    extract::DefaultBodyLimit,
    http::{HeaderValue, Method, header},
    middleware,
    routing::{get, post},
};
use figment::value::magic::RelativePathBuf;
use thiserror::Error;
use tokio::{
    net::{TcpListener, TcpSocket},
    task::JoinSet,
};
use tower::{ServiceBuilder, limit::GlobalConcurrencyLimitLayer};
use tower_http::{
    catch_panic::CatchPanicLayer,
    cors::{AllowOrigin, CorsLayer},
};

use self::metrics::Metrics;
use crate::{
    cds_hooks::{
        service::{ServiceError, Services},
        template::Tokens,
    },
    chart::terminology::Terminology,
    config::{Config, Origins, PrefetchTokens},
    store::{self, StoreError},
};
use audit::Audit;
use caller::Caller;
use canary::{Canaries, CanaryError};
use clock::{Clock, Patience};
pub use demonstration::{Demonstration, DemonstrationError};
pub use fhir::Store;
use limits::Limits;
pub use log::start as start_log;
use outbound::OutboundError;
pub use page::curl_lines;
use readiness::Readiness;
pub use report::router as report_router;
use shown::ShownQueue;
pub use smart::{Sessions, Writes};
use telemetry::{SERVER_TIMING, Telemetry, TelemetryError};
pub use terminology::TerminologyError;
use trust::{Trust, TrustError};

/// How often the recorded times are sorted into their buckets.
const SETTLE_METRICS: std::time::Duration = std::time::Duration::from_secs(5);
/// How long a browser may keep the answer to a preflight.
const PREFLIGHT_MAX_AGE: std::time::Duration = std::time::Duration::from_secs(600);
/// Connections that the system holds until they are accepted; it may hold fewer. Those that come on top are
/// lost to clients that believe they are connected.
const BACKLOG: u32 = 4096;

/// How long a stop waits for a report.
const REPORT_WAIT: std::time::Duration = std::time::Duration::from_secs(1);

/// What every handler reads.
#[derive(Debug)]
pub struct State {
    /// The services.
    pub services: Services,
    /// The value sets.
    pub terminology: Terminology,
    /// The configuration.
    pub config: Config,
    /// What day it is.
    pub clock: Clock,
    /// How callers are trusted.
    pub trust: Trust,
    /// What is left of the limits.
    pub limits: Limits,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Whether calls should be sent here.
    pub readiness: Readiness,
    /// The patients that must come out as they did.
    pub canaries: Canaries,
    /// How long is waited for FHIR servers.
    pub patience: Patience,
    /// Whom a caller is taken for while none is checked.
    pub assumed: Caller,
    /// What encrypts the cookies of the app.
    pub sessions: Sessions,
    /// The statements that the app has sent.
    pub writes: Arc<Writes>,
    /// What was shown and what came back.
    pub store: Arc<store::Store>,
    /// The same, for reports.
    pub reports: Arc<store::Store>,
    /// The way of what was shown to the store.
    pub shown: ShownQueue,
    /// The audit trail.
    pub audit: Arc<Audit>,
    /// Where traces go.
    pub telemetry: Telemetry,
    /// The demonstration patients, in demonstration mode.
    pub demonstration: Option<Demonstration>,
}

/// Why the service does not start or stops.
#[derive(Debug, Error)]
pub enum ServerError {
    /// A file that the program is built with.
    #[error(transparent)]
    Service(#[from] ServiceError),
    /// The program's own codes, or those of the site.
    #[error(transparent)]
    Terminology(#[from] TerminologyError),
    /// The way to other servers.
    #[error(transparent)]
    Outbound(#[from] OutboundError),
    /// A demonstration patient.
    #[error(transparent)]
    Demonstration(#[from] DemonstrationError),
    /// A canary.
    #[error(transparent)]
    Canary(#[from] CanaryError),
    /// The certificate of the service.
    #[error("tls-certificate {certificate}, tls-key {key}: {source}")]
    Tls {
        /// The file of the certificate.
        certificate: String,
        /// The file of the key.
        key: String,
        /// What is wrong.
        source: io::Error,
    },
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file of the audit trail.
    #[error("audit: the file cannot be opened: {0}")]
    Audit(io::Error),
    /// Traces.
    #[error(transparent)]
    Telemetry(#[from] TelemetryError),
    /// A key file of a client.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// The address.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// Address and port.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The socket or a signal.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl State {
    /// The state of a service without demonstration patients; there must be a runtime.
    ///
    /// # Errors
    ///
    /// A file of `hooks/` or `terminology/`, one of the site's, or the key file of a client is not what
    /// it must be; the store is nowhere, or the file of the audit trail cannot be opened.
    pub fn new(config: Config, clock: Clock) -> Result<Self, ServerError> {
        let store = Arc::new(store::Store::new(config.store.clone())?);
        let files = config.terminology_files.iter();
        let terminology = terminology::load(files.map(RelativePathBuf::relative))?;
        Ok(Self {
            trust: Trust::new(&config)?,
            limits: Limits::new(&config),
            metrics: Arc::new(Metrics::new(clock.clone())),
            readiness: Readiness::default(),
            canaries: Canaries::built_in()?,
            services: Services::with_codes_of(&terminology, tokens(config.prefetch_tokens))?,
            terminology,
            assumed: Caller::new(config.assumed_client())?,
            patience: Patience::For(config.fetch_deadline),
            shown: ShownQueue::start(Arc::clone(&store)),
            reports: store.apart()?,
            store,
            telemetry: Telemetry::start(&config)?,
            audit: Arc::new(Audit::start(&config, clock.clone()).map_err(ServerError::Audit)?),
            sessions: Sessions::new(config.app_key.as_ref()),
            writes: Arc::default(),
            config,
            clock,
            demonstration: None,
        })
    }
}

fn tokens(configured: PrefetchTokens) -> Tokens {
    match configured {
        PrefetchTokens::Today => Tokens::Today,
        PrefetchTokens::Context => Tokens::Context,
    }
}

/// Every route, with its layers: CORS answers a preflight before anything else and marks errors too.
pub fn router(state: impl Into<Arc<State>>) -> Router {
    routes(&state.into())
}

fn routes(state: &Arc<State>) -> Router {
    let config = &state.config;
    let cors = cors(&config.cors_origins);
    // Bodies are received and measured by `limits::receive`.
    let body_limit = DefaultBodyLimit::disable();
    let places = ServiceBuilder::new()
        .layer(HandleErrorLayer::new(limits::shed))
        .load_shed()
        .layer(GlobalConcurrencyLimitLayer::with_semaphore(Arc::clone(
            &state.limits.places,
        )));
    let with = || Arc::clone(state);
    // A layer reaches only what stands above it: whatever is served to clients stands here. A call
    // comes in from the last of them: whether there is a place, who it is, how often it calls, its body,
    // a place, a turn.
    let mut guarded = Router::new()
        .route("/cds-services", get(handlers::discovery))
        .route("/cds-services/{id}", post(handlers::call))
        .route("/cds-services/{id}/feedback", post(feedback::receive))
        .method_not_allowed_fallback(error::no_such_method)
        .layer(middleware::from_fn_with_state(with(), limits::turn))
        .layer(places)
        .layer(middleware::from_fn_with_state(with(), limits::receive))
        .layer(middleware::from_fn_with_state(with(), limits::rate))
        .layer(middleware::from_fn_with_state(with(), trust::guard))
        .layer(middleware::from_fn_with_state(with(), limits::early));
    if state.telemetry.is_on() {
        guarded = guarded.layer(middleware::from_fn_with_state(with(), telemetry::trace));
    }
    let mut routes = Router::new()
        .merge(guarded)
        .route("/fhir-artifacts", get(artefacts::all))
        .route("/fhir-artifacts/{type}", get(artefacts::of_type))
        .route("/fhir-artifacts/{type}/{id}", get(artefacts::one))
        .route("/health/live", get(handlers::live))
        .route("/health/ready", get(handlers::ready));
    if state.demonstration.is_some() {
        routes = routes
            .route(
                "/demo/requests/{patient}/{hook}",
                get(demonstration::request),
            )
            .nest("/fhir", fhir::routes())
            .merge(report::routes());
    }
    let (app, playground) = (
        smart::address(state).is_some(),
        state.demonstration.is_some() || state.config.playground,
    );
    if app || playground {
        routes = routes.route("/assets/{name}", get(pages::file));
    }
    if playground {
        routes = routes.merge(playground::routes());
    }
    if app {
        routes = routes.merge(smart::routes());
    }
    routes
        .fallback(error::no_such_address)
        .method_not_allowed_fallback(error::no_such_method)
        .with_state(with())
        .layer(body_limit)
        .layer(CatchPanicLayer::custom(error::after_panic))
        .layer(middleware::from_fn_with_state(with(), log::one_line))
        .layer(middleware::from_fn_with_state(with(), metrics::count))
        .layer(middleware::from_fn_with_state(with(), socket::last_answer))
        .layer(cors)
}

/// CORS-01, CORS-02. No credentials: the token travels in a header that the page sets itself.
fn cors(origins: &Origins) -> CorsLayer {
    let allowed = match origins {
        Origins::Any => AllowOrigin::any(),
        Origins::Listed(listed) => AllowOrigin::list(
            listed
                .iter()
                .filter_map(|origin| HeaderValue::from_str(origin).ok()),
        ),
    };
    CorsLayer::new()
        .allow_origin(allowed)
        .allow_methods([Method::GET, Method::POST, Method::OPTIONS])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE])
        .expose_headers([SERVER_TIMING])
        .max_age(PREFLIGHT_MAX_AGE)
}

/// Opens the store, before the socket: what a person has to mend stops the start, and a database that
/// does not answer is waited for while cards are answered.
///
/// # Errors
///
/// The store cannot be used before someone has done something about it.
pub async fn open_store(state: &State) -> Result<(), ServerError> {
    match state.store.open().await {
        Ok(()) => {
            tracing::debug!(store = %state.store.place(), "the store is open");
            Ok(())
        }
        Err(StoreError::Unavailable(reason)) => {
            let store = state.store.place();
            tracing::error!(%store, reason, "the store does not answer: feedback gets 503 until it does");
            Ok(())
        }
        Err(refused) => Err(refused.into()),
    }
}

/// Opens the socket on which [`run`] serves.
///
/// # Errors
///
/// The address cannot be had.
pub async fn listen(address: SocketAddr) -> Result<TcpListener, ServerError> {
    let bind = || {
        let socket = match address {
            SocketAddr::V4(_) => TcpSocket::new_v4(),
            SocketAddr::V6(_) => TcpSocket::new_v6(),
        }?;
        // A restart takes the port again at once.
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)
    };
    bind().map_err(|source| ServerError::Listen { address, source })
}

/// Serves until `stop` is ready, and finishes the calls that are under way.
///
/// # Errors
///
/// The certificate cannot be used, or a socket fails.
pub async fn run(
    listener: TcpListener,
    state: State,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServerError> {
    let state = Arc::new(state);
    state.metrics.install();
    canary::assess(&state).await;
    let mut beside = JoinSet::new();
    if let Some(address) = state.config.metrics_listen {
        let listener = listen(address).await?;
        let address = listener.local_addr()?;
        tracing::info!(%address, "metrics");
        let of = Arc::clone(&state);
        let text = move || async move { of.metrics.text() };
        let routes = Router::new().route("/metrics", get(text));
        beside.spawn(async { axum::serve(listener, routes).await.map_err(ServerError::Io) });
    }
    if let Some(address) = state.config.report_listen {
        let listener = listen(address).await?;
        let address = listener.local_addr()?;
        tracing::info!(%address, "report");
        let routes = report::router(Arc::clone(&state));
        beside.spawn(async { axum::serve(listener, routes).await.map_err(ServerError::Io) });
    }
    let of = Arc::clone(&state);
    beside.spawn(async move {
        loop {
            tokio::time::sleep(SETTLE_METRICS).await;
            of.metrics.settle();
        }
    });
    let of = Arc::clone(&state);
    beside.spawn(async move {
        of.trust.prepare(of.clock.now().as_second()).await;
        canary::watch(of).await;
        Ok(())
    });
    // What runs beside ends with this.
    socket::serve(listener, &state, routes(&state), stop).await?;
    state.shown.flush().await;
    state.audit.flush();
    state.store.close().await;
    // A report that is being read is not waited for.
    let _ = tokio::time::timeout(REPORT_WAIT, state.reports.close()).await;
    state.telemetry.stop().await;
    Ok(())
}

/// Ready on SIGTERM or ctrl-c.
///
/// # Errors
///
/// The signals cannot be listened to.
pub fn asked_to_stop() -> Result<impl Future<Output = ()> + Send + 'static, ServerError> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping: calls that are under way are finished");
    })
}
