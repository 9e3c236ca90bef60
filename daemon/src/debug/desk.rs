//! The visits of one plugin: at most one at a time, and the newest of those that are over, so that
//! whoever comes with an old token learns what became of it.
//!
//! It refuses to know who may be invited.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use outboard_proto::common::{Failure, Reason};
use tokio_util::task::AbortOnDropHandle;
use tonic::Code;

use super::{Parting, Stage, Visit};

/// Visits that are remembered when they are over.
const REMEMBERED: usize = 8;

/// The visits of one plugin.
#[derive(Default)]
pub struct Desk(Mutex<Book>);

#[derive(Default)]
struct Book {
    /// The newest first. Only that one may be under way.
    visits: VecDeque<Arc<Visit>>,
    /// Accepts its connections, and those that come too late.
    listener: Option<AbortOnDropHandle<()>>,
}

impl Desk {
    /// How far the visit under way has come; nothing where there is none.
    #[must_use]
    pub fn stage(&self) -> Option<Stage> {
        self.newest().map(|visit| visit.stage()).filter(|stage| !stage.is_over())
    }

    /// The visit under way, or the last one.
    #[must_use]
    pub fn newest(&self) -> Option<Arc<Visit>> {
        self.book().visits.front().cloned()
    }

    /// Whether another may be invited.
    ///
    /// # Errors
    /// Somebody is, or is here.
    pub fn check_free(&self, plugin: &str) -> Result<(), Failure> {
        let who = match self.stage() {
            None | Some(Stage::Over(_)) => return Ok(()),
            Some(Stage::Invited) => "somebody is invited to debug it".to_owned(),
            Some(Stage::Arriving(pid) | Stage::Attached(pid) | Stage::Ready(pid)) => {
                format!("process {pid} stands in for it")
            }
        };
        let text = format!("{plugin} is being debugged already: {who}");
        let hint = format!("`outboard debug {plugin} --stop` ends it");
        Err(Failure::new(Code::FailedPrecondition, Reason::DebugTaken, text).detail("hint", hint))
    }

    /// A new visit, and who accepts its connections.
    pub fn begin(&self, visit: Arc<Visit>, listener: AbortOnDropHandle<()>) {
        let mut book = self.book();
        book.visits.push_front(visit);
        book.visits.truncate(REMEMBERED);
        book.listener = Some(listener);
    }

    /// The visit that a token was given for.
    #[must_use]
    pub fn of_token(&self, token: &[u8]) -> Option<Arc<Visit>> {
        self.book().visits.iter().find(|visit| visit.pass.admits(token)).cloned()
    }

    /// Ends the visit under way. Whether there was one.
    pub fn end(&self, parting: Parting) -> bool {
        let under_way = self.newest().filter(|visit| !visit.stage().is_over());
        if let Some(visit) = &under_way {
            visit.end(parting);
        }
        under_way.is_some()
    }

    /// Accepts nobody any more.
    pub fn close(&self, parting: Parting) {
        self.end(parting);
        self.book().listener = None;
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
