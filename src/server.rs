//! The HTTP service: routes, limits, errors, the clock, the log line.

pub mod caller;
pub mod clock;
mod demonstration;
mod error;
mod fetch;
mod fhir;
mod handlers;
mod language;
mod log;
pub mod outbound;
mod page;
mod pages;
mod playground;
mod smart;
pub mod terminology;

use std::{future::Future, io, net::SocketAddr, sync::Arc};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{HeaderValue, Method, header},
    middleware,
    routing::{get, post},
};
use figment::value::magic::RelativePathBuf;
use thiserror::Error;
use tokio::net::TcpListener;
use tower_http::{
    catch_panic::CatchPanicLayer,
    cors::{AllowOrigin, CorsLayer},
};

use crate::{
    cds_hooks::service::{ServiceError, Services},
    chart::terminology::Terminology,
    config::{Config, Origins},
};
use caller::Caller;
use clock::{Clock, Patience};
pub use demonstration::{Demonstration, DemonstrationError};
pub use fhir::Store;
pub use log::start as start_log;
use outbound::OutboundError;
pub use page::curl_lines;
pub use smart::Sessions;
pub use terminology::TerminologyError;

/// How long a browser may keep the answer to a preflight.
const PREFLIGHT_MAX_AGE: std::time::Duration = std::time::Duration::from_secs(600);

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
    /// How long is waited for FHIR servers.
    pub patience: Patience,
    /// Whom a caller is taken for while none is checked.
    pub assumed: Caller,
    /// What encrypts the cookies of the app.
    pub sessions: Sessions,
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
    /// The state of a service without demonstration patients.
    ///
    /// # Errors
    ///
    /// A file of `hooks/` or `terminology/`, or one of the site's, is not what it must be.
    pub fn new(config: Config, clock: Clock) -> Result<Self, ServerError> {
        let files = config.terminology_files.iter();
        let terminology = terminology::load(files.map(RelativePathBuf::relative))?;
        Ok(Self {
            services: Services::with_codes_of(&terminology)?,
            terminology,
            assumed: Caller::new(config.assumed_client())?,
            patience: Patience::For(config.fetch_deadline),
            config,
            clock,
            sessions: Sessions::default(),
            demonstration: None,
        })
    }
}

/// Every route, with its layers: CORS answers a preflight before anything else and marks errors too.
pub fn router(state: State) -> Router {
    let cors = cors(&state.config.cors_origins);
    let body_limit = DefaultBodyLimit::max(state.config.body_limit_bytes);
    let mut routes = Router::new()
        .route("/cds-services", get(handlers::discovery))
        .route("/cds-services/{id}", post(handlers::call))
        .route("/health/live", get(handlers::live))
        .route("/health/ready", get(handlers::ready));
    if state.demonstration.is_some() {
        routes = routes
            .route(
                "/demo/requests/{patient}/{hook}",
                get(demonstration::request),
            )
            .nest("/fhir", fhir::routes());
    }
    let (app, playground) = (
        smart::address(&state).is_some(),
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
        .with_state(Arc::new(state))
        .layer(body_limit)
        .layer(CatchPanicLayer::custom(error::after_panic))
        .layer(middleware::from_fn(log::one_line))
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
        .max_age(PREFLIGHT_MAX_AGE)
}

/// Opens the socket on which [`run`] serves.
///
/// # Errors
///
/// The address cannot be had.
pub async fn listen(address: SocketAddr) -> Result<TcpListener, ServerError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| ServerError::Listen { address, source })
}

/// Serves until `stop` is ready, and finishes the calls that are under way.
///
/// # Errors
///
/// The socket fails.
pub async fn run(
    listener: TcpListener,
    state: State,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServerError> {
    axum::serve(listener, router(state))
        .with_graceful_shutdown(stop)
        .await?;
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
