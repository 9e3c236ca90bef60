//! Calls to plugins as OpenTelemetry spans, for a collector: built with the feature `otel`, and on
//! where `OTEL_EXPORTER_OTLP_ENDPOINT` is set.
//!
//! A call that has ended is handed over and forgotten; what the exporter has no room for is
//! dropped. It refuses to know what a call said.

use std::collections::HashMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::{Span as _, SpanKind, Status, Tracer as _, TracerProvider as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use outboard_proto::common::Trace;
use tokio::sync::mpsc;

use crate::routing::{Ended, Switchboard};
use crate::statistics::Outcome;

/// What turns it on; the exporter reads it too, with its fellows of the specification.
const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
/// Ended calls on their way to the exporter, which has a queue of its own.
const WAITING: usize = 1024;

/// Keeps the exporter; it writes what it has when it is shut down.
pub struct Exporting(SdkTracerProvider);

/// Begins to export, if somebody is named who takes it.
///
/// # Errors
/// The exporter cannot be built: its variables say something else than they should.
pub fn begin(board: &Switchboard) -> Result<Option<Exporting>, String> {
    if std::env::var_os(ENDPOINT).is_none() {
        return Ok(None);
    }
    let exporter = opentelemetry_otlp::SpanExporter::builder().with_tonic().build();
    let exporter = exporter.map_err(|error| format!("{ENDPOINT}: {error}"))?;
    let resource = Resource::builder().with_service_name("outboardd").build();
    let provider =
        SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build();
    let tracer = provider.tracer("outboard");
    let (sender, mut ended) = mpsc::channel(WAITING);
    board.tell_ended_calls(sender);
    tokio::spawn(async move {
        while let Some(call) = ended.recv().await {
            record(&tracer, call);
        }
    });
    Ok(Some(Exporting(provider)))
}

impl Exporting {
    /// Writes what is left; blocks, for as long as the exporter's own time-out at most.
    pub fn end(self) {
        if let Err(error) = self.0.shutdown() {
            tracing::warn!(%error, "spans that were left could not be exported");
        }
    }
}

fn record(tracer: &SdkTracer, call: Ended) {
    let end = instant(call.ended_us);
    let attributes = vec![
        KeyValue::new("outboard.plugin", call.plugin.to_string()),
        KeyValue::new("outboard.kind", call.kind.as_str()),
        KeyValue::new("outboard.name", call.name.to_string()),
        KeyValue::new("outboard.outcome", call.outcome.as_str()),
    ];
    let builder = tracer
        .span_builder(format!("{} {}", call.kind.as_str(), call.name))
        .with_kind(SpanKind::Client)
        .with_start_time(end.checked_sub(call.took).unwrap_or(end))
        .with_attributes(attributes);
    let mut span = tracer.build_with_context(builder, &parent(call.trace));
    if call.outcome != Outcome::Ok {
        span.set_status(Status::error(call.outcome.as_str()));
    }
    span.end_with_timestamp(end);
}

/// What the app was doing.
fn parent(trace: Option<Trace>) -> Context {
    let Some(Trace { traceparent, tracestate }) = trace else { return Context::new() };
    let carried = HashMap::from([
        ("traceparent".to_owned(), traceparent),
        ("tracestate".to_owned(), tracestate),
    ]);
    TraceContextPropagator::new().extract_with_context(&Context::new(), &carried)
}

fn instant(us: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_micros(u64::try_from(us).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::TraceContextExt as _;

    use super::*;

    #[test]
    fn a_span_belongs_to_the_trace_of_what_was_handled() {
        let trace = Trace {
            traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned(),
            tracestate: String::new(),
        };
        let context = parent(Some(trace));
        let span = context.span().span_context().clone();
        assert_eq!(span.trace_id().to_string(), "0af7651916cd43dd8448eb211c80319c");
        assert_eq!(span.span_id().to_string(), "b7ad6b7169203331");
        let rubbish = Trace { traceparent: "rubbish".to_owned(), ..Trace::default() };
        assert!(!parent(Some(rubbish)).span().span_context().is_valid());
    }
}
