//! Traces: on what a call spent its time, for a collector of OpenTelemetry. Off without an address.
//!
//! A span is made by this module and those beside it, not from log lines: its name and attributes are
//! names of the configuration, codes and numbers, and nothing of a record or a token has a way into one.
//! Spans wait in a queue of fixed length, which a thread of its own empties; where the collector is down
//! or slow they are dropped, and no call waits.

mod collector;
mod span;
mod stages;

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{Request, State as Shared},
    middleware::Next,
    response::Response,
};
use opentelemetry::{KeyValue, trace::TracerProvider as _};
use opentelemetry_otlp::{
    ExporterBuildError, Protocol, RetryPolicy, SpanExporter, WithExportConfig, WithHttpConfig,
};
use opentelemetry_sdk::{
    Resource,
    trace::{BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracer, SdkTracerProvider},
};
use thiserror::Error;

use super::{
    State,
    limits::{Limit, ServedTo},
    log, metrics,
    outbound::OutboundError,
    trust::Refused,
};
use crate::config::{ClientTrust, Config};
use collector::Collector;
pub use span::{Query, Span};
pub use stages::{SERVER_TIMING, Stage, Stages, readable_by};

/// Spans that wait for the collector, about two megabytes.
const QUEUE: usize = 2048;
/// Spans of one export.
const BATCH: usize = 512;
/// How often what waits is sent.
const EVERY: Duration = Duration::from_secs(5);
/// How long a stop waits for the collector.
const LAST_WAIT: Duration = Duration::from_secs(5);

/// What makes and sends spans; nothing where no collector is configured.
#[derive(Debug, Default)]
pub struct Telemetry(Option<Sending>);

#[derive(Debug)]
struct Sending {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
}

/// Why traces cannot be sent.
#[derive(Debug, Error)]
pub enum TelemetryError {
    /// The encoder.
    #[error("traces-endpoint: {0}")]
    Exporter(#[from] ExporterBuildError),
    /// The way to other servers.
    #[error(transparent)]
    Outbound(#[from] OutboundError),
}

impl Telemetry {
    /// As the configuration says; there must be a runtime. Nobody is called yet.
    ///
    /// # Errors
    ///
    /// The machine has no trust store, and the collector needs one; or a variable of the environment
    /// that OpenTelemetry knows asks for what is not built in.
    pub fn start(config: &Config) -> Result<Self, TelemetryError> {
        let Some(endpoint) = &config.traces_endpoint else {
            return Ok(Self(None));
        };
        let collector = Collector::new(endpoint)?;
        let exporter = SpanExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(collector.url())
            .with_timeout(collector::TIME)
            // What could not be sent is old by the time that it could: the next batch is tried instead.
            .with_retry_policy(RetryPolicy::disabled())
            .with_http_client(collector)
            .build()?;
        let batches = BatchConfigBuilder::default()
            .with_max_queue_size(QUEUE)
            .with_max_export_batch_size(BATCH)
            .with_scheduled_delay(EVERY)
            .build();
        // Nothing of the machine or its environment, which the default would add.
        let resource = Resource::builder_empty().with_attributes([
            KeyValue::new("service.name", "sid-cds"),
            KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
        ]);
        let share = f64::from(config.traces_percent) / 100.0;
        let of_root = Sampler::TraceIdRatioBased(share);
        let provider = SdkTracerProvider::builder()
            .with_resource(resource.build())
            .with_sampler(Sampler::ParentBased(Box::new(of_root)))
            .with_span_processor(
                BatchSpanProcessor::builder(exporter)
                    .with_batch_config(batches)
                    .build(),
            )
            .build();
        let tracer = provider.tracer("sid-cds");
        Ok(Self(Some(Sending { provider, tracer })))
    }

    /// Is there a collector?
    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Sends what waits, within a few seconds. What ends later is not sent.
    pub async fn stop(&self) {
        let Some(sending) = &self.0 else {
            return;
        };
        let provider = sending.provider.clone();
        let stopped =
            tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(LAST_WAIT));
        if !matches!(stopped.await, Ok(Ok(()))) {
            tracing::warn!("the last traces were not sent");
        }
    }
}

/// Traces a call to a service, from before it is known who calls until the answer is there.
///
/// The trace is this service's own, whatever `traceparent` says: a caller would otherwise decide what is
/// kept, and put calls together that are not. The caller's span is linked to, once it is known that it
/// is a client of the configuration; `tracestate`, which may hold any text, is not read.
pub async fn trace(
    Shared(state): Shared<Arc<State>>,
    mut request: Request,
    next: Next,
) -> Response {
    let Some(sending) = &state.telemetry.0 else {
        return next.run(request).await;
    };
    let method = log::method_name(request.method());
    let route = metrics::counted_as(&state, &request);
    let call = Span::of_call(&sending.tracer, method, route);
    let callers = span::of_caller(request.headers());
    request.extensions_mut().insert(call.clone());
    let served = ServedTo::of(&request);
    let response = next.run(request).await;
    if let Some(client) = served.name() {
        call.set("sid_cds.client", client.to_owned());
        let checked = state.config.client_trust != ClientTrust::None;
        if let Some(callers) = callers.filter(|_| checked) {
            call.link(callers);
        }
    }
    if let Some(Refused { denial, .. }) = response.extensions().get() {
        call.set("sid_cds.cause", denial.code());
    }
    if let Some(limit) = response.extensions().get::<Limit>() {
        call.set("sid_cds.limit", limit.code());
    }
    call.answered(response.status());
    response
}
