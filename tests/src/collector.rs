//! An OpenTelemetry collector, as far as a test needs one: it takes spans over OTLP/gRPC, on
//! loopback.
//!
//! It refuses to know who exports them.

use std::collections::BTreeMap;

use anyhow::Context as _;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value};
use opentelemetry_proto::tonic::trace::v1;
use outboard_proto::common::Trace;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status};

use crate::PATIENCE;

/// What takes spans.
pub struct Collector {
    address: String,
    spans: watch::Receiver<Vec<Span>>,
}

/// A span, its ids as text.
#[derive(Debug, Clone)]
pub struct Span {
    /// The trace's.
    pub trace: String,
    /// Its own.
    pub id: String,
    /// Its parent's; empty for the first of a trace.
    pub parent: String,
    /// What was called.
    pub name: String,
    /// From its beginning to its end, nanoseconds.
    pub took_ns: u64,
    /// Why it failed, if it did.
    pub failure: String,
    /// What else is said of it, and of who exports it.
    pub attributes: BTreeMap<String, String>,
}

impl Span {
    /// What somebody below it is told.
    #[must_use]
    pub fn as_parent(&self) -> Trace {
        let traceparent = format!("00-{}-{}-01", self.trace, self.id);
        Trace { traceparent, ..Trace::default() }
    }
}

impl Collector {
    /// One that takes everything.
    ///
    /// # Errors
    /// There is no port to have.
    pub async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = format!("http://{}", listener.local_addr()?);
        let (sender, spans) = watch::channel(Vec::new());
        let service = TraceServiceServer::new(Taking(sender));
        let server = tonic::transport::Server::builder().add_service(service);
        tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
        Ok(Self { address, spans })
    }

    /// As `OTEL_EXPORTER_OTLP_ENDPOINT` names it.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The span with this name of this plugin.
    ///
    /// # Errors
    /// It did not come within the patience of a test; those that did are told.
    pub async fn span(&self, plugin: &str, name: &str) -> anyhow::Result<Span> {
        let is_it = |it: &Span| {
            it.name == name && it.attributes.get("outboard.plugin").is_some_and(|it| it == plugin)
        };
        let mut spans = self.spans.clone();
        let came = tokio::time::timeout(PATIENCE, spans.wait_for(|all| all.iter().any(is_it)));
        if came.await.is_err() {
            anyhow::bail!("no span `{name}` of {plugin} among {:#?}", self.spans.borrow());
        }
        let all = self.spans.borrow();
        all.iter().find(|it| is_it(it)).cloned().context("it has come")
    }
}

struct Taking(watch::Sender<Vec<Span>>);

#[tonic::async_trait]
impl TraceService for Taking {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        for of_resource in request.into_inner().resource_spans {
            let whose = of_resource.resource.unwrap_or_default().attributes;
            let spans = of_resource.scope_spans.into_iter().flat_map(|it| it.spans);
            self.0.send_modify(|all| all.extend(spans.map(|span| read(span, &whose))));
        }
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

fn read(span: v1::Span, whose: &[KeyValue]) -> Span {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let text = |it: &KeyValue| match it.value.clone().and_then(|it| it.value) {
        Some(any_value::Value::StringValue(text)) => Some((it.key.clone(), text)),
        _ => None,
    };
    Span {
        trace: hex(&span.trace_id),
        id: hex(&span.span_id),
        parent: hex(&span.parent_span_id),
        name: span.name,
        took_ns: span.end_time_unix_nano.saturating_sub(span.start_time_unix_nano),
        failure: span.status.unwrap_or_default().message,
        attributes: span.attributes.iter().chain(whose).filter_map(text).collect(),
    }
}
