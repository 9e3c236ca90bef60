//! What comes over an app's session, sorted: answers to whoever waits, requests to a queue, what
//! the daemon tells to whoever watches.
//!
//! It refuses to know what a test makes of it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use outboard_proto::app::{
    Catalogue, Choices, CommandResult, DaemonFrame, HttpResponse, InterceptResult, Policies,
    Published, Request, StreamDelta, app_frame, daemon_frame,
};
use outboard_proto::common::{Credit, Pong};
use prost::Message as _;
use tokio::sync::{mpsc, oneshot, watch};

use super::frame_of;
use super::http::{self, Bodies};

/// What waits for an answer with an id.
pub(super) enum Waiting {
    Verdict(oneshot::Sender<InterceptResult>),
    Published(oneshot::Sender<Published>),
    Command(oneshot::Sender<CommandResult>),
    Http(oneshot::Sender<HttpResponse>),
    Choices(oneshot::Sender<Choices>),
}

pub(super) type Pending = Arc<Mutex<HashMap<u64, Waiting>>>;

/// What the reader passes on.
pub(super) struct Inbox {
    pub(super) pending: Pending,
    pub(super) requests: mpsc::Sender<Request>,
    pub(super) deltas: mpsc::Sender<StreamDelta>,
    pub(super) policies: watch::Sender<Policies>,
    pub(super) catalogue: watch::Sender<Catalogue>,
    pub(super) bodies: Bodies,
    /// Credit to give back.
    pub(super) owed: AtomicU64,
}

impl Inbox {
    pub(super) fn take(&self, frame: DaemonFrame, pongs: &mpsc::Sender<bytes::Bytes>) {
        use daemon_frame::Kind;
        match frame.kind {
            Some(Kind::Intercepted(result)) => self.settle(result.id, |waiting| match waiting {
                Waiting::Verdict(sender) => sender.send(result).is_ok(),
                Waiting::Published(_)
                | Waiting::Command(_)
                | Waiting::Choices(_)
                | Waiting::Http(_) => false,
            }),
            Some(Kind::Published(published)) => {
                self.settle(published.id, |waiting| match waiting {
                    Waiting::Published(sender) => sender.send(published).is_ok(),
                    Waiting::Verdict(_)
                    | Waiting::Command(_)
                    | Waiting::Choices(_)
                    | Waiting::Http(_) => false,
                });
            }
            Some(Kind::Command(result)) => self.settle(result.id, |waiting| match waiting {
                Waiting::Command(sender) => sender.send(result).is_ok(),
                Waiting::Verdict(_)
                | Waiting::Published(_)
                | Waiting::Choices(_)
                | Waiting::Http(_) => false,
            }),
            Some(Kind::Http(response)) => self.settle(response.id, |waiting| match waiting {
                Waiting::Http(sender) => sender.send(response).is_ok(),
                Waiting::Verdict(_)
                | Waiting::Published(_)
                | Waiting::Choices(_)
                | Waiting::Command(_) => false,
            }),
            Some(Kind::Chunk(chunk)) => {
                let taken = chunk.encoded_len() as u64 + 8;
                let bytes = self.owed.fetch_add(taken, Ordering::Relaxed) + taken;
                let credit = frame_of(app_frame::Kind::Credit(Credit { bytes }));
                // A full queue: what is owed goes with the next piece.
                if pongs.try_send(credit).is_ok() {
                    self.owed.fetch_sub(bytes, Ordering::Relaxed);
                }
                http::take(&self.bodies, &chunk);
            }
            Some(Kind::Choices(choices)) => self.settle(choices.id, |waiting| match waiting {
                Waiting::Choices(sender) => sender.send(choices).is_ok(),
                Waiting::Verdict(_)
                | Waiting::Published(_)
                | Waiting::Http(_)
                | Waiting::Command(_) => false,
            }),
            Some(Kind::Delta(delta)) => {
                // As with requests.
                let _ = self.deltas.try_send(delta);
            }
            Some(Kind::Request(request)) => {
                // A test that lets so many lie has failed; it sees fewer than it waits for.
                let _ = self.requests.try_send(*request);
            }
            Some(Kind::Ping(ping)) => {
                // A full queue is life enough.
                let pong = frame_of(app_frame::Kind::Pong(Pong { nonce: ping.nonce }));
                let _ = pongs.try_send(pong);
            }
            Some(Kind::Policies(policies)) => drop(self.policies.send_replace(policies)),
            Some(Kind::Catalogue(catalogue)) => drop(self.catalogue.send_replace(catalogue)),
            Some(_) | None => {}
        }
    }

    fn settle(&self, id: u64, with: impl FnOnce(Waiting) -> bool) {
        let waiting = self.pending.lock().expect("no test panics under it").remove(&id);
        // Nobody may wait any more; a second answer finds nobody at all.
        let _ = waiting.map(with);
    }
}
