//! What becomes of messages, commands and events, for an operator who listens.
//!
//! It reads what is asked; choosing records is the switchboard's.

use std::pin::Pin;
use std::task::{Context, Poll};

use outboard_proto::admin::{TraceRecord, TraceRequest};
use outboard_proto::common::{Failure, Reason};
use tokio::sync::mpsc;
use tokio_stream::Stream;
use tonic::{Code, Status};

use crate::config::manifest::Hook;
use crate::routing::{Kind, LISTENERS, Switchboard, Wish};

/// Records as they come.
pub struct Records(mpsc::Receiver<TraceRecord>);

/// Begins to listen.
///
/// # Errors
/// There is no such hook or kind, or too many listen already.
pub fn records(switchboard: &Switchboard, asked: TraceRequest) -> Result<Records, Failure> {
    let hook = match asked.hook.as_str() {
        "" => None,
        hook => Some(hook.parse::<Hook>().map_err(|problem| {
            Failure::new(Code::NotFound, Reason::Invalid, problem.to_string())
        })?),
    };
    let kind = match asked.kind.as_str() {
        "" => None,
        kind => Some(
            kind.parse::<Kind>()
                .map_err(|text| Failure::new(Code::NotFound, Reason::Invalid, text))?,
        ),
    };
    let records = switchboard.trace(Wish { hook, kind, asked }).ok_or_else(|| {
        let text = format!("{LISTENERS} operators trace already");
        Failure::new(Code::ResourceExhausted, Reason::OverLimit, text)
    })?;
    Ok(Records(records))
}

impl Stream for Records {
    type Item = Result<TraceRecord, Status>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(cx).map(|record| record.map(Ok))
    }
}
