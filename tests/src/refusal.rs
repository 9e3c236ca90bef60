//! Why the daemon refused an RPC, as programs read it.
//!
//! It refuses to know which refusal a test hopes for.

use std::collections::HashMap;

use tonic::{Code, Status};
use tonic_types::{ErrorInfo, StatusExt as _};

/// A refusal taken apart.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// The gRPC code.
    pub code: Code,
    /// `ErrorInfo.reason`, such as `BAD_TOKEN`; empty without one.
    pub reason: String,
    /// `ErrorInfo.domain`.
    pub domain: String,
    /// `ErrorInfo.metadata`.
    pub details: HashMap<String, String>,
    /// The words.
    pub message: String,
}

impl From<Status> for Refusal {
    fn from(status: Status) -> Self {
        let info = status.get_details_error_info();
        let info = info.unwrap_or_else(|| ErrorInfo::new("", "", HashMap::new()));
        Self {
            code: status.code(),
            reason: info.reason,
            domain: info.domain,
            details: info.metadata,
            message: status.message().to_owned(),
        }
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} {}: {}", self.code, self.reason, self.message)
    }
}

impl std::error::Error for Refusal {}
