//! What operators do goes into the audit log, with what came of it. Nothing is held up for that.

use tonic::{Response, Status};

use crate::audit::{Act, Who};
use crate::fleet::Harbour;

/// An act of an operator's, to be recorded when its outcome is known.
pub struct Noted<'h> {
    harbour: &'h Harbour,
    act: Act,
}

/// Begins to note what the user `uid` does.
pub fn note<'h>(harbour: &'h Harbour, uid: u32, act: &'static str) -> Noted<'h> {
    Noted { harbour, act: Act::new(&Who::Operator(uid), act) }
}

impl Noted<'_> {
    /// The plugin it is about.
    pub fn of(mut self, plugin: &str) -> Self {
        self.act = self.act.of(plugin);
        self
    }

    /// What it is done to.
    pub fn on(mut self, what: &str) -> Self {
        self.act = self.act.on(what);
        self
    }

    /// Why, or to what it is changed.
    pub fn why(mut self, why: &str) -> Self {
        self.act = self.act.why(why);
        self
    }

    /// Records it with what came of it, which goes on to the operator.
    pub fn came_to<T>(self, result: Result<Response<T>, Status>) -> Result<Response<T>, Status> {
        let act = match &result {
            Ok(_) => self.act,
            Err(status) => self.act.ended(status.message()),
        };
        self.harbour.audit.record(act);
        result
    }
}
