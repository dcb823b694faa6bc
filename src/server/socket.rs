//! The socket: TLS, how long a connection may take over anything, how many there may be, and a stop
//! that finishes what is under way.

use std::{future::Future, io, net::SocketAddr, pin::Pin, sync::Arc, time::Duration};

use axum::{
    Extension, Router,
    extract::{Request, State as Shared},
    http::{HeaderValue, header},
    middleware::{AddExtension, Next},
    response::Response,
};
use axum_server::{
    Handle,
    accept::Accept,
    tls_rustls::{RustlsAcceptor, RustlsConfig},
};
use metrics::gauge;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_io_timeout::TimeoutStream;
use tower::Layer;

use super::{ServerError, State, limits::Limit};

/// What hyper reads of a head before it gives up by itself, above the limit of the configuration.
const HEADROOM: usize = 32_768;

/// Serves until `stop` is ready; then says so to whoever watches readiness, waits for the configured
/// delay, takes no new connection, and finishes the calls that are under way within the time that they
/// may take.
///
/// # Errors
///
/// The certificate or its key cannot be used, or the socket fails.
pub async fn serve(
    listener: TcpListener,
    state: &Arc<State>,
    routes: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServerError> {
    let config = &state.config;
    let handle: Handle<SocketAddr> = Handle::new();
    let mut server = axum_server::from_tcp(listener.into_std()?)?
        .handle(handle.clone())
        .http1_only()
        .first_request_timeout(config.head_time + config.receive_time);
    server
        .http_builder()
        .http1()
        .half_close(true)
        .max_buf_size(config.header_limit_bytes + HEADROOM)
        .header_read_timeout(config.head_time);
    let service = routes.into_make_service();
    let gate = Gate {
        state: Arc::clone(state),
        slots: Arc::new(Semaphore::new(config.connections)),
    };
    let (readiness, delay, grace) = (Arc::clone(state), config.stop_delay, config.stop_grace);
    let stopping = tokio::spawn(async move {
        stop.await;
        readiness.readiness.stop();
        tokio::time::sleep(delay).await;
        handle.graceful_shutdown(Some(grace));
    });
    let served = match config.tls() {
        None => server.acceptor(gate).serve(service).await,
        Some((certificate, key)) => {
            let acceptor = RustlsAcceptor::new(tls(certificate, key).await?)
                .handshake_timeout(config.head_time)
                .acceptor(gate);
            server.acceptor(acceptor).serve(service).await
        }
    };
    stopping.abort();
    Ok(served?)
}

async fn tls(certificate: &str, key: &str) -> Result<RustlsConfig, ServerError> {
    let config = RustlsConfig::from_pem_file(certificate, key)
        .await
        .map_err(|source| ServerError::Tls {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
            source,
        })?;
    let mut http1 = config.get_inner().as_ref().clone();
    http1.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(RustlsConfig::from_config(Arc::new(http1)))
}

/// Lets as many connections in as there may be, and gives none of them all the time in the world.
#[derive(Debug, Clone)]
struct Gate {
    state: Arc<State>,
    slots: Arc<Semaphore>,
}

/// Held as long as the connection, or a call on it, lives.
#[derive(Debug)]
struct Slot {
    state: Arc<State>,
    slots: Arc<Semaphore>,
    permit: Option<OwnedSemaphorePermit>,
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.permit = None;
        open(&self.state, &self.slots);
    }
}

/// Says how many connections there are.
fn open(state: &State, slots: &Semaphore) {
    #[allow(clippy::cast_precision_loss, reason = "far below 2^52")]
    let count = (state.config.connections - slots.available_permits()) as f64;
    state
        .metrics
        .record(|| gauge!("sid_cds_connections").set(count));
}

impl<S: Send + 'static> Accept<TcpStream, S> for Gate {
    type Stream = Pin<Box<TimeoutStream<TcpStream>>>;
    type Service = AddExtension<S, Arc<Slot>>;
    type Future = std::future::Ready<io::Result<(Self::Stream, Self::Service)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let Ok(permit) = Arc::clone(&self.slots).try_acquire_owned() else {
            self.state.metrics.limited(Limit::Connections);
            return std::future::ready(Err(io::ErrorKind::ConnectionRefused.into()));
        };
        let slot = Arc::new(Slot {
            state: Arc::clone(&self.state),
            slots: Arc::clone(&self.slots),
            permit: Some(permit),
        });
        open(&self.state, &self.slots);
        // An answer must not wait for the client to acknowledge the one before it.
        let _ = stream.set_nodelay(true);
        let config = &self.state.config;
        let mut stream = TimeoutStream::new(stream);
        // While a call is answered nothing comes from the client either.
        let longest: Duration = config.idle_time;
        stream.set_read_timeout(Some(longest));
        stream.set_write_timeout(Some(config.send_time));
        std::future::ready(Ok((Box::pin(stream), Extension(slot).layer(service))))
    }
}

/// While the service stops, each answer is the last of its connection.
pub async fn last_answer(
    Shared(state): Shared<Arc<State>>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    if state.readiness.is_stopping() {
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(header::CONNECTION, close);
    }
    response
}
