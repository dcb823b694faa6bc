//! A span: what a call, or a part of one, took.

use std::{convert::Infallible, sync::Arc};

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, StatusCode, request::Parts},
};
use opentelemetry::{
    Context, KeyValue, Value,
    propagation::TextMapPropagator,
    trace::{SpanBuilder, SpanContext, SpanKind, Status, TraceContextExt, TraceState, Tracer},
};
use opentelemetry_http::HeaderExtractor;
use opentelemetry_sdk::{propagation::TraceContextPropagator, trace::SdkTracer};

use super::State;
use crate::chart::Shortfall;

/// A span that is open, or nothing where the call is not traced. It ends when it is told to, or with
/// its last copy.
#[derive(Debug, Clone, Default)]
pub struct Span(Option<Open>);

#[derive(Debug, Clone)]
struct Open {
    tracer: SdkTracer,
    context: Context,
}

impl Span {
    /// The span of a call, which begins a trace.
    pub(super) fn of_call(tracer: &SdkTracer, method: &'static str, route: String) -> Self {
        let name = format!("{method} {route}");
        let attributes = vec![
            KeyValue::new("http.request.method", method),
            KeyValue::new("http.route", route),
        ];
        let builder = SpanBuilder::from_name(name)
            .with_kind(SpanKind::Server)
            .with_attributes(attributes);
        Self(Some(Open::new(tracer, builder, &Context::new())))
    }

    /// A span below this one.
    pub fn child(&self, name: &'static str) -> Self {
        self.below(SpanBuilder::from_name(name).with_kind(SpanKind::Internal))
    }

    /// The span of one question to another system: for which prefetch key, and which page.
    pub fn query(&self, key: &str, page: usize) -> Query {
        let mut builder = SpanBuilder::from_name("query").with_kind(SpanKind::Client);
        if self.0.is_some() {
            let page = i64::try_from(page).unwrap_or(i64::MAX);
            builder = builder.with_attributes(vec![
                KeyValue::new("sid_cds.key", key.to_owned()),
                KeyValue::new("sid_cds.page", page),
            ]);
        }
        Query(self.below(builder))
    }

    fn below(&self, builder: SpanBuilder) -> Self {
        let open = self.0.as_ref();
        Self(open.map(|open| Open::new(&open.tracer, builder, &open.context)))
    }

    /// Sets an attribute: a name of the configuration, a code or a number, nothing of a call.
    pub(super) fn set(&self, key: &'static str, value: impl Into<Value>) {
        if let Some(open) = &self.0 {
            let attribute = KeyValue::new(key, value);
            open.context.span().set_attribute(attribute);
        }
    }

    /// Links to a span of the caller.
    pub(super) fn link(&self, to: SpanContext) {
        if let Some(open) = &self.0 {
            open.context.span().add_link(to, Vec::new());
        }
    }

    /// Ends the span of a call.
    pub(super) fn answered(&self, status: StatusCode) {
        self.set("http.response.status_code", i64::from(status.as_u16()));
        if status.is_server_error() {
            self.fail();
        }
        self.end();
    }

    fn fail(&self) {
        if let Some(open) = &self.0 {
            open.context.span().set_status(Status::error(""));
        }
    }

    /// Ends it.
    pub fn end(&self) {
        if let Some(open) = &self.0 {
            open.context.span().end();
        }
    }
}

impl Open {
    fn new(tracer: &SdkTracer, builder: SpanBuilder, parent: &Context) -> Self {
        let span = tracer.build_with_context(builder, parent);
        Self {
            tracer: tracer.clone(),
            context: parent.with_span(span),
        }
    }
}

/// The span of one question, which is dropped with the question when its time is up.
#[derive(Debug)]
pub struct Query(Span);

impl Query {
    /// The header by which the other system continues the trace: random ids, and whether it is kept.
    pub fn traceparent(&self) -> Option<HeaderValue> {
        let span = self.0.0.as_ref()?.context.span();
        let of = span.span_context();
        let sampled = u8::from(of.is_sampled());
        let (trace, span) = (of.trace_id(), of.span_id());
        HeaderValue::from_str(&format!("00-{trace}-{span}-{sampled:02x}")).ok()
    }

    /// Ends it with what came.
    pub fn done(self, shortfall: Option<Shortfall>) {
        self.end(
            shortfall.map_or("answered", |shortfall| shortfall.code()),
            shortfall.is_some(),
        );
    }

    fn end(&self, outcome: &'static str, failed: bool) {
        self.0.set("sid_cds.outcome", outcome);
        if failed {
            self.0.fail();
        }
        self.0.end();
    }
}

impl Drop for Query {
    fn drop(&mut self) {
        // A span that has ended takes no more.
        self.end(Shortfall::Deadline.code(), true);
    }
}

/// The span of a call, where one is open.
impl FromRequestParts<Arc<State>> for Span {
    type Rejection = Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        _: &Arc<State>,
    ) -> Result<Self, Self::Rejection> {
        Ok(parts.extensions.get().cloned().unwrap_or_default())
    }
}

/// The span that a caller names in `traceparent`, without what `tracestate` says.
pub(super) fn of_caller(headers: &HeaderMap) -> Option<SpanContext> {
    let read = TraceContextPropagator::new()
        .extract_with_context(&Context::new(), &HeaderExtractor(headers));
    let span = read.span();
    let named = span.span_context();
    named.is_valid().then(|| {
        let (trace, span) = (named.trace_id(), named.span_id());
        SpanContext::new(trace, span, named.trace_flags(), true, TraceState::NONE)
    })
}
