//! One act of the app that a hook is asked about, as it came in: what it is about, and what stands
//! around it.
//!
//! It refuses to know who asks and what comes of it.

use outboard_proto::app::Intercept;
use outboard_proto::common::Trace;

use crate::frame::Around;
use crate::payload::Payload;

/// An act, before anyone was asked.
#[derive(Debug)]
pub struct Act {
    pub(super) payload: Payload,
    pub(super) budget_us: u64,
    pub(super) workspace: String,
    pub(super) around: Around,
}

impl Act {
    /// Of its parts; the last are workspace, locale and trace. No budget is 0.
    #[must_use]
    pub fn new(payload: Payload, budget_us: u64, about: (&str, &str, Option<Trace>)) -> Self {
        let (workspace, locale, trace) = about;
        let around = Around::new(locale, trace.as_ref(), workspace);
        Self { payload, budget_us, workspace: workspace.to_owned(), around }
    }

    /// Of a call that was decoded.
    #[must_use]
    pub fn of(call: Intercept) -> Self {
        let payload = Payload::of(call.payload.unwrap_or_default());
        Self::new(payload, call.budget_us, (&call.workspace, &call.locale, call.trace))
    }

    /// What it is about.
    #[must_use]
    pub fn payload(&self) -> &Payload {
        &self.payload
    }

    /// How long the app waits for a verdict, microseconds; 0 is the hook's own budget.
    #[must_use]
    pub fn budget_us(&self) -> u64 {
        self.budget_us
    }

    /// What its calls carry besides.
    #[must_use]
    pub fn around(&self) -> &Around {
        &self.around
    }
}
