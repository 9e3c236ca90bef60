//! The SDK against a daemon of a few lines, over a real socket: one claim a test.
//!
//! It refuses to know the real daemon; its own tests speak with it.

#![allow(clippy::unwrap_used)] // The fake daemon is test code, though no test itself.

mod calls;
mod fake;
mod grants;
mod life;

use std::collections::HashMap;

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

/// A status as the daemon writes it.
pub fn refusal(code: Code, reason: &str) -> Status {
    let details = ErrorDetails::with_error_info(reason, "outboard", HashMap::new());
    Status::with_error_details(code, "said the daemon", details)
}
