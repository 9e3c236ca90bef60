//! Counts calls of the host API as they end: which, what came of it, how long it took.
//!
//! It reads the status alone; it refuses to know what is said.

use std::sync::Arc;

use http::Request;
use tonic::Code;
use tonic::body::Body;

use super::listen::Entrance;
use crate::connection::Answer;
use crate::statistics::Outcome;
use crate::statistics::ledger::OTHER;

/// A call of the host API that has come in.
pub struct HostCall {
    /// Its path.
    path: String,
    /// What the plugin was handling, as it names it.
    #[cfg(feature = "otel")]
    named: Option<String>,
}

impl HostCall {
    /// What is known of it before it is answered.
    pub fn of(request: &Request<Body>) -> Self {
        Self {
            path: request.uri().path().to_owned(),
            #[cfg(feature = "otel")]
            named: request
                .headers()
                .get(outboard_proto::limits::CALL_KEY)
                .and_then(|named| named.to_str().ok())
                .map(str::to_owned),
        }
    }

    /// Its path.
    pub fn path(&self) -> &str {
        &self.path
    }
}

/// The answer, counted when it begins; the session is no call of the host API.
pub fn counted(entrance: &Arc<Entrance>, call: &HostCall, answer: Answer) -> Answer {
    // What is no method of ours has no name of its own.
    let rpc = outboard_proto::needs::of(&call.path).map_or(OTHER, |rpc| rpc.path);
    // "/outboard.plugin.v1.Messages/Send": the package says nothing.
    let rpc = rpc.rsplit_once("v1.").map_or(rpc, |(_, rpc)| rpc);
    if rpc == "Plugin/Session" {
        return answer;
    }
    let entrance = Arc::clone(entrance);
    #[cfg(feature = "otel")]
    let parent = call
        .named
        .as_ref()
        .and_then(|named| entrance.switchboard.cause(entrance.member, named)?.trace);
    let began = entrance.clock.now();
    Box::pin(async move {
        let response = answer.await?;
        let took = entrance.clock.now().since(began);
        let outcome = outcome(response.headers().get("grpc-status"));
        #[cfg(feature = "otel")]
        entrance.switchboard.tell_host_call(entrance.member, rpc, (outcome, took), parent);
        entrance.switchboard.count_host_call(entrance.member, rpc, outcome, took);
        Ok(response)
    })
}

/// What fails says so in its headers; whatever goes well says it at its end.
fn outcome(status: Option<&http::HeaderValue>) -> Outcome {
    let Some(status) = status else { return Outcome::Ok };
    match Code::from_bytes(status.as_bytes()) {
        Code::Ok => Outcome::Ok,
        Code::PermissionDenied | Code::Unauthenticated => Outcome::Denied,
        Code::DeadlineExceeded => Outcome::TimedOut,
        Code::ResourceExhausted => Outcome::OverLimit,
        Code::Unavailable => Outcome::Unavailable,
        Code::Cancelled => Outcome::Cancelled,
        Code::Unimplemented => Outcome::Protocol,
        Code::Unknown
        | Code::InvalidArgument
        | Code::NotFound
        | Code::AlreadyExists
        | Code::FailedPrecondition
        | Code::Aborted
        | Code::OutOfRange
        | Code::Internal
        | Code::DataLoss => Outcome::Failed,
    }
}
