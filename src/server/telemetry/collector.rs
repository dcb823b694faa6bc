//! The way of spans to the collector: OTLP over HTTP, through the process' one way out.

use std::{
    future::Future,
    pin::Pin,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use tokio::runtime::Handle;
use url::Url;

use crate::{
    config::BaseUrl,
    server::outbound::{Budget, Outbound, OutboundError, Wanted},
};

/// How long one export may take.
pub const TIME: Duration = Duration::from_secs(4);
/// Most bytes of the collector's answer.
const ANSWER_BYTES: usize = 64 * 1024;
const PROTOBUF: &str = "application/x-protobuf";
/// A collector that has nothing to say may leave the media type out.
const ANSWER: Wanted<'_> = Wanted {
    accept: PROTOBUF,
    media_types: &[PROTOBUF, "application/json", "text/plain", ""],
    authorization: None,
};

/// The collector. Exports come from a thread of their own and are sent by the runtime of the service.
#[derive(Debug)]
pub struct Collector {
    outbound: Outbound,
    url: Url,
    runtime: Handle,
    down: AtomicBool,
}

impl Collector {
    /// The collector at this base address; there must be a runtime.
    ///
    /// # Errors
    ///
    /// The machine has no trust store, and the address needs one.
    pub fn new(endpoint: &BaseUrl) -> Result<Self, OutboundError> {
        let url = endpoint.with("v1/traces");
        // Whoever wrote the address into the configuration means that host, wherever it is.
        let host: Vec<_> = url.host().map(|host| host.to_owned()).into_iter().collect();
        Ok(Self {
            outbound: Outbound::new(std::slice::from_ref(endpoint), &host, Vec::new())?,
            url,
            runtime: Handle::current(),
            down: AtomicBool::new(false),
        })
    }

    /// Where spans are sent.
    pub fn url(&self) -> String {
        self.url.to_string()
    }

    /// Logs when it begins to fail and when it is well again, not every time.
    fn say(&self, failure: Option<&str>) {
        let down = failure.is_some();
        if self.down.swap(down, Ordering::Relaxed) == down {
            return;
        }
        match failure {
            Some(reason) => tracing::warn!(
                reason,
                "traces are not taken by the collector, and are lost"
            ),
            None => tracing::info!("traces are taken by the collector again"),
        }
    }
}

impl HttpClient for Collector {
    // What `async` in a trait stands for where it is used as an object.
    fn send_bytes<'this, 'future>(
        &'this self,
        request: Request<Bytes>,
    ) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'future>>
    where
        'this: 'future,
        Self: 'future,
    {
        let (outbound, url) = (self.outbound.clone(), self.url.clone());
        // The body alone: headers that variables of the environment may add are not sent.
        let body = (PROTOBUF, request.into_body());
        let sending = self.runtime.spawn(async move {
            let budget = Budget::new(ANSWER_BYTES);
            tokio::time::timeout(TIME, outbound.post(&url, body, ANSWER, &budget)).await
        });
        Box::pin(async move {
            let failure = match sending.await {
                Ok(Ok(Ok(answer))) => {
                    self.say(None);
                    return Ok(Response::new(answer.body));
                }
                Ok(Ok(Err(error))) => error.to_string(),
                Ok(Err(_)) => "no answer in time".to_owned(),
                Err(_) => "the process ends".to_owned(),
            };
            self.say(Some(&failure));
            Err(failure.into())
        })
    }
}
