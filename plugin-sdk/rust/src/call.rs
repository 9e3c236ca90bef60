//! Calls between plugins: what is asked, what is answered, what goes wrong.
//!
//! It refuses to read the JSON: which library an author likes is the author's business.

use outboard_proto::common::{Failure, Reason};
use outboard_proto::plugin as wire;
use tonic::Status;
use tonic_types::StatusExt as _;

use crate::context::Context;
use crate::error::{Error, reason_of};
use crate::outcome::Outcome;

/// A call of another plugin's.
#[derive(Debug)]
pub struct PluginCall {
    call: wire::PluginCall,
    ctx: Context,
}

impl PluginCall {
    pub(crate) fn new(call: wire::PluginCall, ctx: Context) -> Self {
        Self { call, ctx }
    }

    /// The plugin that calls; the daemon says so.
    #[must_use]
    pub fn caller(&self) -> &str {
        &self.call.caller
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> &str {
        &self.call.method
    }

    /// What it is given, JSON.
    #[must_use]
    pub fn json(&self) -> &str {
        &self.call.json
    }

    /// The plugins passed since a person acted, the oldest first; the caller is the last.
    #[must_use]
    pub fn chain(&self) -> &[String] {
        &self.call.chain
    }

    /// The time that is left, and what a handler may ask of the host.
    #[must_use]
    pub fn ctx(&self) -> &Context {
        &self.ctx
    }
}

/// The answer to another plugin's call: JSON. A handler may return a string instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Json(pub String);

impl Outcome<Json> for Json {
    fn outcome(self) -> Result<Json, Error> {
        Ok(self)
    }
}

impl Outcome<Json> for String {
    fn outcome(self) -> Result<Json, Error> {
        Ok(Json(self))
    }
}

impl Outcome<Json> for &'static str {
    fn outcome(self) -> Result<Json, Error> {
        Ok(Json(self.to_owned()))
    }
}

impl<T: Into<Json>, E: Into<Error>> Outcome<Json> for Result<T, E> {
    fn outcome(self) -> Result<Json, Error> {
        self.map(Into::into).map_err(Into::into)
    }
}

impl From<String> for Json {
    fn from(json: String) -> Self {
        Self(json)
    }
}

impl From<&str> for Json {
    fn from(json: &str) -> Self {
        Self(json.to_owned())
    }
}

/// Why a call of another plugin came to nothing.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CallError {
    /// The other plugin failed, is down, or may not be called. The failure's reason says which;
    /// where its detail `outcome` is `not_started`, nothing has happened.
    #[error("{0}")]
    Failed(Failure),
    /// The session in which the causing call came is gone, and the call with it.
    #[error("the session of the call that caused this is lost")]
    SessionLost,
    /// The daemon did not answer. Whether the call was carried out is unknown.
    #[error("no answer from the daemon: {0}")]
    Unreachable(String),
}

impl CallError {
    /// The reason, where there is one.
    #[must_use]
    pub fn reason(&self) -> Option<Reason> {
        match self {
            Self::Failed(failure) => Some(failure.reason()),
            Self::SessionLost | Self::Unreachable(_) => None,
        }
    }

    pub(crate) fn from_status(status: &Status) -> Self {
        let Some(reason) = reason_of(status) else {
            return Self::Unreachable(format!("{:?}: {}", status.code(), status.message()));
        };
        let mut failure = Failure::new(status.code(), reason, status.message());
        if let Some(info) = status.get_details_error_info() {
            failure.details.extend(info.metadata);
        }
        let retry = status.get_details_retry_info().and_then(|info| info.retry_delay);
        Self::Failed(match retry {
            Some(after) => failure.retry_after(after),
            None => failure,
        })
    }
}
