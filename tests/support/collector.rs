//! A collector of OpenTelemetry: takes OTLP over HTTP as protobuf, and keeps what came.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, header},
    routing::post,
};
use opentelemetry_proto::tonic::{
    collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse},
    common::v1::{KeyValue, any_value::Value},
    resource::v1::Resource,
    trace::v1::Span,
};
use prost::Message;
use tokio::{net::TcpListener, runtime::Runtime, sync::Semaphore};

/// The collector, on a runtime of its own.
pub struct Collector {
    pub address: SocketAddr,
    kept: Arc<Kept>,
    runtime: Option<Runtime>,
}

struct Kept {
    exports: Mutex<Vec<ExportTraceServiceRequest>>,
    headers: Mutex<Vec<HeaderMap>>,
    /// Each export takes a permit; none are there while exports are held.
    open: Semaphore,
}

impl Collector {
    /// One that answers at once.
    pub fn start() -> Self {
        Self::with_permits(Semaphore::MAX_PERMITS)
    }

    /// One that takes connections, and answers nothing until [`Self::release`].
    pub fn hanging() -> Self {
        Self::with_permits(0)
    }

    fn with_permits(permits: usize) -> Self {
        let kept = Arc::new(Kept {
            exports: Mutex::default(),
            headers: Mutex::default(),
            open: Semaphore::new(permits),
        });
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        socket.set_nonblocking(true).unwrap();
        let address = socket.local_addr().unwrap();
        let routes = Router::new()
            .route("/v1/traces", post(take))
            .with_state(Arc::clone(&kept));
        runtime.spawn(async move {
            let listener = TcpListener::from_std(socket).unwrap();
            axum::serve(listener, routes).await.unwrap();
        });
        Self {
            address,
            kept,
            runtime: Some(runtime),
        }
    }

    /// Its address, as it is configured.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Answers what waits, and what comes.
    pub fn release(&self) {
        self.kept.open.add_permits(1_000_000);
    }

    /// The spans of every export that was answered.
    pub fn spans(&self) -> Vec<Span> {
        let exports = self.kept.exports.lock().unwrap();
        let scopes = exports
            .iter()
            .flat_map(|export| &export.resource_spans)
            .flat_map(|of| &of.scope_spans);
        scopes.flat_map(|of| of.spans.clone()).collect()
    }

    /// Of whom the spans say that they are.
    pub fn resources(&self) -> Vec<Resource> {
        let exports = self.kept.exports.lock().unwrap();
        let all = exports.iter().flat_map(|export| &export.resource_spans);
        all.filter_map(|of| of.resource.clone()).collect()
    }

    /// Everything that came, as text.
    pub fn text(&self) -> String {
        let exports = self.kept.exports.lock().unwrap();
        format!("{exports:?} {:?}", self.kept.headers.lock().unwrap())
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn take(
    State(kept): State<Arc<Kept>>,
    headers: HeaderMap,
    body: Bytes,
) -> ([(header::HeaderName, &'static str); 1], Vec<u8>) {
    // Whoever gives up before it is answered is not kept.
    kept.open.acquire().await.unwrap().forget();
    assert_eq!(headers[header::CONTENT_TYPE], "application/x-protobuf");
    let export = ExportTraceServiceRequest::decode(body).unwrap();
    kept.exports.lock().unwrap().push(export);
    kept.headers.lock().unwrap().push(headers);
    let answer = ExportTraceServiceResponse::default().encode_to_vec();
    ([(header::CONTENT_TYPE, "application/x-protobuf")], answer)
}

/// An attribute as text.
pub fn attribute(attributes: &[KeyValue], key: &str) -> Option<String> {
    let found = attributes.iter().find(|attribute| attribute.key == key)?;
    match found.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text.clone()),
        Value::IntValue(number) => Some(number.to_string()),
        other => Some(format!("{other:?}")),
    }
}
