//! `Failure`, the form an error has inside a frame.
//!
//! It knows the codes' names and nothing of when they are used.

use std::time::Duration;

use crate::common::{Failure, Reason};

impl Failure {
    /// A failure with `reason`, told in an operator's or author's words.
    pub fn new(code: tonic::Code, reason: Reason, message: impl Into<String>) -> Self {
        Self {
            code: code as i32,
            reason: reason.into(),
            message: message.into(),
            ..Self::default()
        }
    }

    /// Says when trying again may help.
    #[must_use]
    pub fn retry_after(mut self, after: Duration) -> Self {
        self.retry_after_us = u64::try_from(after.as_micros()).unwrap_or(u64::MAX);
        self
    }

    /// Adds one named detail.
    #[must_use]
    pub fn detail(mut self, key: &str, value: impl Into<String>) -> Self {
        self.details.insert(key.to_owned(), value.into());
        self
    }

    /// The code as gRPC knows it.
    #[must_use]
    pub fn grpc_code(&self) -> tonic::Code {
        tonic::Code::from(self.code)
    }
}

impl Reason {
    /// The name used in `google.rpc.ErrorInfo.reason`: without the enum's prefix.
    #[must_use]
    pub fn code(self) -> &'static str {
        let name = self.as_str_name();
        name.strip_prefix("REASON_").unwrap_or(name)
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.reason().code(), self.message)
    }
}
