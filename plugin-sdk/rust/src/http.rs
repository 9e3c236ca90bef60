//! Requests from outside that the app passes on, and what is answered.
//!
//! Who the user is, the app says; headers that claim to are taken out on the way. It refuses to
//! know how a body travels: `session::bodies` does.

mod response;

use std::sync::Arc;

use outboard_proto::plugin as wire;

use crate::context::Context;
use crate::session::bodies::{BodyError, Pipe};

pub use response::HttpResponse;

/// A request for one of the plugin's routes.
#[derive(Debug)]
pub struct HttpRequest {
    request: wire::HttpRequest,
    body: Option<Arc<Pipe>>,
    ctx: Context,
}

impl HttpRequest {
    pub(crate) fn new(request: wire::HttpRequest, body: Option<Arc<Pipe>>, ctx: Context) -> Self {
        Self { request, body, ctx }
    }

    /// Such as `POST`.
    #[must_use]
    pub fn method(&self) -> &str {
        &self.request.method
    }

    /// The path beneath the plugin's own part of the address, without the query.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.request.path
    }

    /// What stood behind the question mark.
    #[must_use]
    pub fn query(&self) -> &str {
        &self.request.query
    }

    /// A header, by its name in any case. Several of one name are joined by `, `.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let name = name.to_ascii_lowercase();
        self.request.headers.get(&name).map(String::as_str)
    }

    /// The signed-in user's id, as the app states it; nothing if it knows of none.
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        Some(self.request.user.as_str()).filter(|user| *user != "anonymous")
    }

    /// Everything but a body that comes in pieces.
    #[must_use]
    pub fn request(&self) -> &wire::HttpRequest {
        &self.request
    }

    /// The time that is left, and what a handler may ask of the host.
    #[must_use]
    pub fn ctx(&self) -> &Context {
        &self.ctx
    }

    /// The next piece of the body; nothing at its end.
    ///
    /// # Errors
    /// The sender gave it up.
    pub async fn piece(&self) -> Result<Option<Vec<u8>>, BodyError> {
        match &self.body {
            Some(pipe) => pipe.next().await,
            None => Ok(None),
        }
    }

    /// The whole body, or what is left of it. Its route's `max_body` bounds it.
    ///
    /// # Errors
    /// The sender gave it up.
    pub async fn body(&self) -> Result<Vec<u8>, BodyError> {
        let Some(pipe) = &self.body else { return Ok(self.request.content.to_vec()) };
        let mut whole = Vec::new();
        while let Some(piece) = pipe.next().await? {
            whole.extend(piece);
        }
        Ok(whole)
    }
}
