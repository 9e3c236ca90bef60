//! Calls to plugins as OpenTelemetry spans, for a collector: built with the feature `otel`, and on
//! where `OTEL_EXPORTER_OTLP_ENDPOINT` is set.
//!
//! A call that has ended is handed over and forgotten; what the exporter has no room for is
//! dropped. It refuses to know what a call said.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::BuildHasher as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::{
    Span as _, SpanContext, SpanId, SpanKind, Status, TraceContextExt as _, TraceFlags, TraceId,
    Tracer as _, TracerProvider as _,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator, SdkTracer, SdkTracerProvider};
use outboard_proto::common::Trace;
use tokio::sync::mpsc;

use crate::routing::{Ended, Spot, Switchboard};
use crate::statistics::{Kind, Outcome};

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
    let ids = Ids::default();
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(resource)
        .with_id_generator(ids.clone())
        .build();
    let tracer = provider.tracer("outboard");
    let (sender, mut ended) = mpsc::channel(WAITING);
    board.tell_ended_calls(sender);
    tokio::spawn(async move {
        while let Some(call) = ended.recv().await {
            record(&tracer, &ids, &call);
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

/// The ids of the span that is recorded next; without them, ids by chance.
#[derive(Clone, Default)]
struct Ids(Arc<Mutex<Option<SpanContext>>>);

impl Ids {
    fn next(&self) -> Option<SpanContext> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, next: Option<SpanContext>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = next;
    }
}

impl fmt::Debug for Ids {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ids")
    }
}

impl IdGenerator for Ids {
    fn new_trace_id(&self) -> TraceId {
        let by_chance = || RandomIdGenerator::default().new_trace_id();
        self.next().map_or_else(by_chance, |it| it.trace_id())
    }

    fn new_span_id(&self) -> SpanId {
        let by_chance = || RandomIdGenerator::default().new_span_id();
        self.next().map_or_else(by_chance, |it| it.span_id())
    }
}

fn record(tracer: &SdkTracer, ids: &Ids, call: &Ended) {
    let end = instant(call.ended_us);
    let attributes = vec![
        KeyValue::new("outboard.plugin", call.plugin.to_string()),
        KeyValue::new("outboard.kind", call.kind.as_str()),
        KeyValue::new("outboard.name", call.name.to_string()),
        KeyValue::new("outboard.outcome", call.outcome.as_str()),
    ];
    // The daemon calls a plugin, and is called by one.
    let kind = if call.kind == Kind::Host { SpanKind::Server } else { SpanKind::Client };
    let builder = tracer
        .span_builder(format!("{} {}", call.kind.as_str(), call.name))
        .with_kind(kind)
        .with_start_time(end.checked_sub(call.took).unwrap_or(end))
        .with_attributes(attributes);
    ids.set(call.own.as_ref().map(place));
    let parent = call.parent.as_ref().map(place);
    let parent = parent.map_or_else(Context::new, |it| Context::new().with_remote_span_context(it));
    let mut span = tracer.build_with_context(builder, &parent);
    ids.set(None);
    if call.outcome != Outcome::Ok {
        span.set_status(Status::error(call.outcome.as_str()));
    }
    span.end_with_timestamp(end);
}

/// A place of its own below `parent`, the same whenever it is asked for. What is no trace begins
/// a new one.
#[must_use]
pub fn below(parent: Option<&Trace>, seed: &RandomState, spot: Spot) -> Trace {
    let parent = parent.map(place).filter(SpanContext::is_valid);
    // Zero is no id.
    let span = SpanId::from(seed.hash_one(spot) | 1);
    let (trace, flags, state) = match parent {
        Some(it) => (it.trace_id(), it.trace_flags(), it.trace_state().header()),
        None => {
            let half = |name| u128::from(seed.hash_one((spot, name)));
            let trace = TraceId::from(half("high") << 64 | half("low") | 1);
            (trace, TraceFlags::SAMPLED, String::new())
        }
    };
    Trace { traceparent: format!("00-{trace}-{span}-{:02x}", flags.to_u8()), tracestate: state }
}

fn place(trace: &Trace) -> SpanContext {
    let carried = HashMap::from([
        ("traceparent".to_owned(), trace.traceparent.clone()),
        ("tracestate".to_owned(), trace.tracestate.clone()),
    ]);
    let context = TraceContextPropagator::new().extract_with_context(&Context::new(), &carried);
    context.span().span_context().clone()
}

fn instant(us: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_micros(u64::try_from(us).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trace(traceparent: &str) -> Trace {
        Trace { traceparent: traceparent.to_owned(), tracestate: "a=b".to_owned() }
    }

    #[test]
    fn a_place_is_below_its_parent_and_the_same_each_time() {
        let parent = trace("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00");
        let seed = RandomState::new();
        let own = below(Some(&parent), &seed, Spot::Call(7));
        assert_eq!(own, below(Some(&parent), &seed, Spot::Call(7)));
        assert_ne!(own, below(Some(&parent), &seed, Spot::Call(8)));
        assert_ne!(own, below(Some(&parent), &seed, Spot::Delivery(0, 7)));
        let (was, is) = (place(&parent), place(&own));
        assert_eq!((is.trace_id(), is.trace_flags()), (was.trace_id(), was.trace_flags()));
        assert_ne!(is.span_id(), was.span_id());
        assert_eq!(own.tracestate, "a=b");
    }

    #[test]
    fn what_is_no_trace_begins_one() {
        for rubbish in ["", "rubbish", "00-00000000000000000000000000000000-b7ad6b7169203331-01"] {
            let own = below(Some(&trace(rubbish)), &RandomState::new(), Spot::Call(1));
            assert!(place(&own).is_valid() && place(&own).is_sampled(), "{own:?}");
        }
        assert!(place(&below(None, &RandomState::new(), Spot::Call(1))).is_valid());
    }
}
