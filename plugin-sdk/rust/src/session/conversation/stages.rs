//! The stages of a session: start, drain, close, last words. Each that takes time is a task beside
//! the loop.
//!
//! It refuses to take frames off the stream, but for those that nobody listens to any more.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use outboard_proto::plugin::plugin_frame::Kind as Said;
use outboard_proto::plugin::{AppInfo, InitFailed, Lifecycle, LifecycleAck, Ready};
use tokio_util::task::AbortOnDropHandle;
use tonic::Streaming;

use super::{Conversation, Ended, Note};
use crate::error::Error;
use crate::host::Host;
use crate::link::Cause;
use crate::session::closing::close;
use crate::session::codec::Received;
use crate::session::running::Caught;
use crate::start::Start;

/// How long the last frames may take to leave.
const LAST_WORDS: Duration = Duration::from_millis(500);

impl Conversation<'_> {
    pub(super) fn start(&mut self) {
        let Some(on_start) = &self.process.handlers.on_start else { return self.started() };
        let host = Host::new(Arc::clone(&self.around.link), Cause::Own);
        let outbox = Arc::clone(&self.around.outbox);
        let data_dir = self.process.environment.data_dir.clone();
        let starting = Caught(on_start(Start::new(host, Arc::clone(&outbox), data_dir)));
        let notes = self.notes.clone();
        self.spawn(async move {
            let note = match starting.await.unwrap_or_else(|panic| Err(Error::new(panic))) {
                Ok(()) => Note::Started,
                Err(error) => {
                    let reason = error.message().to_owned();
                    let is_final = error.is_final();
                    let failed = InitFailed { reason: reason.clone(), r#final: is_final };
                    outbox.push(Said::InitFailed(failed).into());
                    Note::StartFailed(reason)
                }
            };
            // The loop is gone only where this task is dropped too.
            let _ = notes.send(note).await;
        });
    }

    pub(super) fn started(&mut self) {
        self.process.is_started.set(true);
        self.say(Said::Ready(Ready {}));
        // What changed while it started, or while there was no session.
        self.tell_grants();
    }

    /// A plugin that starts is told once it has started.
    pub(super) fn tell_grants(&self) {
        if self.process.is_started.get() {
            self.process.told.look();
        }
    }

    /// Its handler works beside the calls. One that is missing has nothing to do, and has done it.
    pub(super) fn milestone(&mut self, told: Lifecycle) {
        let id = told.id;
        let host = Host::new(Arc::clone(&self.around.link), Cause::Own);
        let Some(work) = self.process.handlers.life.begin(told, host) else {
            return self.say(Said::Lifecycle(LifecycleAck { id, failure: None }));
        };
        let outbox = Arc::clone(&self.around.outbox);
        self.spawn(async move {
            let done = Caught(work).await.unwrap_or_else(|panic| Err(Error::new(panic)));
            let failure = done.err().map(Error::into_failure);
            outbox.push(Said::Lifecycle(LifecycleAck { id, failure }).into());
        });
    }

    pub(super) fn app_changed(&mut self, app: AppInfo) {
        let Some(handler) = &self.process.handlers.life.app_changed else { return };
        let work = Caught(handler(app));
        self.spawn(async move {
            if let Err(panic) = work.await {
                eprintln!("when the app changed {panic}");
            }
        });
    }

    pub(super) fn drain(&mut self) {
        let Some(on_drain) = &self.process.handlers.on_drain else { return };
        let draining = Caught(on_drain());
        self.spawn(async move {
            if let Err(panic) = draining.await {
                eprintln!("while draining {panic}");
            }
        });
    }

    pub(super) fn close(&mut self, budget: Duration) {
        if self.is_closing {
            return;
        }
        self.is_closing = true;
        let closing = close(Rc::clone(&self.live), Rc::clone(&self.process.handlers), budget);
        let notes = self.notes.clone();
        self.spawn(async move {
            closing.await;
            let _ = notes.send(Note::Closed).await;
        });
    }

    /// Lets what is queued leave, and the daemon end the stream.
    pub(super) async fn last_words(&self, stream: &mut Streaming<Received>, ended: Ended) -> Ended {
        self.around.outbox.close();
        let rest = async { while let Ok(Some(_)) = stream.message().await {} };
        // A daemon that does not end it has closed anyway, or soon will.
        let _ = tokio::time::timeout(LAST_WORDS, rest).await;
        ended
    }

    fn spawn(&mut self, task: impl Future<Output = ()> + 'static) {
        self.tasks.push(AbortOnDropHandle::new(tokio::task::spawn_local(task)));
    }
}
