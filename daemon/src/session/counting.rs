//! Counts calls of the host API as they end: which, what came of it, how long it took.
//!
//! It reads the status alone; it refuses to know what is said.

use std::sync::Arc;

use tonic::Code;

use super::listen::Entrance;
use crate::connection::Answer;
use crate::statistics::Outcome;
use crate::statistics::ledger::OTHER;

/// The answer, counted when it begins; the session is no call of the host API.
pub fn counted(entrance: &Arc<Entrance>, path: &str, answer: Answer) -> Answer {
    // What is no method of ours has no name of its own.
    let rpc = outboard_proto::needs::of(path).map_or(OTHER, |rpc| rpc.path);
    // "/outboard.plugin.v1.Messages/Send": the package says nothing.
    let rpc = rpc.rsplit_once("v1.").map_or(rpc, |(_, rpc)| rpc);
    if rpc == "Plugin/Session" {
        return answer;
    }
    let entrance = Arc::clone(entrance);
    let began = entrance.clock.now();
    Box::pin(async move {
        let response = answer.await?;
        let took = entrance.clock.now().since(began);
        let outcome = outcome(response.headers().get("grpc-status"));
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
