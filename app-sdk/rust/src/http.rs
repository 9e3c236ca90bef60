//! Requests from outside that the app passes to plugins: what is asked, answered, and goes wrong.
//!
//! It refuses to know the HTTP server in front of the app, and how a body travels.

mod body;

use std::collections::BTreeMap;
use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use outboard_proto::app as wire;
use outboard_proto::common::{Failure, Reason};
use tokio_stream::{Stream, StreamExt as _};

pub use body::HttpBody;
pub(crate) use body::{Bodies, Pipe};

use crate::outcome::Why;

/// Pieces of a request's body; an error gives the body up.
pub(crate) type Pieces = Pin<Box<dyn Stream<Item = Result<Bytes, String>> + Send>>;

/// A request for a plugin. Made by [`HttpRequest::new`], sent by [`crate::App::http`].
#[must_use]
pub struct HttpRequest {
    pub(crate) wire: wire::HttpRequest,
    pub(crate) body: RequestBody,
    pub(crate) budget: Option<Duration>,
}

pub(crate) enum RequestBody {
    Whole(Bytes),
    Pieces(Pieces),
}

impl HttpRequest {
    /// An anonymous request without a body. `path` is what follows the plugin's own part of the
    /// address, from its slash on, query included.
    pub fn new(
        plugin: impl Into<String>,
        method: impl Into<String>,
        path: impl Into<String>,
    ) -> Self {
        let wire = wire::HttpRequest {
            plugin: plugin.into(),
            method: method.into(),
            path: path.into(),
            user: "anonymous".to_owned(),
            ..wire::HttpRequest::default()
        };
        Self { wire, body: RequestBody::Whole(Bytes::new()), budget: None }
    }

    /// States who is signed in. Only the app can: headers that claim to are taken out.
    pub fn user(mut self, id: impl Into<String>) -> Self {
        self.wire.user = id.into();
        self
    }

    /// Adds a header; several of one name are joined by `, `.
    pub fn header(mut self, name: &str, value: impl AsRef<str>) -> Self {
        let known = self.wire.headers.entry(name.to_ascii_lowercase()).or_default();
        if !known.is_empty() {
            known.push_str(", ");
        }
        known.push_str(value.as_ref());
        self
    }

    /// Names the workspace, where the app has more than one.
    pub fn workspace(mut self, workspace: impl Into<String>) -> Self {
        self.wire.workspace = workspace.into();
        self
    }

    /// Sets the body.
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = RequestBody::Whole(body.into());
        self
    }

    /// Sets a body that comes piece by piece.
    pub fn pieces<B, E>(mut self, pieces: impl Stream<Item = Result<B, E>> + Send + 'static) -> Self
    where
        B: Into<Bytes>,
        E: fmt::Display,
    {
        let pieces = pieces.map(|piece| piece.map(Into::into).map_err(|error| error.to_string()));
        self.body = RequestBody::Pieces(Box::pin(pieces));
        self
    }

    /// Gives it less time than its route has.
    pub fn budget(mut self, budget: Duration) -> Self {
        self.budget = Some(budget);
        self
    }
}

impl fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpRequest").field("head", &self.wire).finish_non_exhaustive()
    }
}

/// A plugin's answer. Cookies and what else would speak for the app are taken out.
#[derive(Debug)]
pub struct HttpResponse {
    /// From 200 to 599.
    pub status: u16,
    /// By names in lower case.
    pub headers: BTreeMap<String, String>,
    /// Whole or still coming. Dropped before its end, the plugin is told to stop.
    pub body: HttpBody,
}

/// Why a request has no answer, or not a whole one.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum HttpError {
    /// The daemon or the plugin says why.
    #[error("{0}")]
    Failed(Failure),
    /// It was not started.
    #[error("the request was not passed on: {0}")]
    NotStarted(Why),
    /// It was handed over, and nothing came back.
    #[error("the request's outcome is unknown: {0}")]
    Unknown(Why),
    /// The answer's body ended before its end.
    #[error("the answer broke off: {0}")]
    BrokenOff(String),
}

impl HttpError {
    /// The status to answer with where the app has nothing better: 404 for what is not there, 401,
    /// 405, 413, 429, 503 or 504 where they fit, else 502.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::Failed(failure) => status_of(failure.reason()),
            Self::NotStarted(_) => 503,
            Self::Unknown(Why::Late) => 504,
            Self::Unknown(_) | Self::BrokenOff(_) => 502,
        }
    }

    pub(crate) fn from_why(why: Why) -> Self {
        match why {
            Why::Away | Why::Silent | Why::OverLimit | Why::TooLarge(_) => Self::NotStarted(why),
            Why::Lost | Why::Late | Why::Unfit | Why::Refused(_) => Self::Unknown(why),
        }
    }
}

fn status_of(reason: Reason) -> u16 {
    match reason {
        Reason::UnknownPlugin | Reason::UnknownRoute => 404,
        Reason::Invalid => 400,
        Reason::SignInNeeded => 401,
        Reason::HttpMethod => 405,
        Reason::PayloadTooLarge | Reason::FrameTooLarge => 413,
        Reason::OverLimit => 429,
        Reason::PluginUnavailable | Reason::PermissionDenied | Reason::Stopping => 503,
        Reason::Deadline => 504,
        _ => 502,
    }
}
