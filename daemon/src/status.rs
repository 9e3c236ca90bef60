//! From a failure to the status that an RPC ends with: the one place that speaks gRPC's codes.
//!
//! It refuses to decide what went wrong; that is said where it is known.

use std::time::Duration;

use outboard_proto::common::{Failure, Reason};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use crate::store::StoreError;

/// The domain of every reason.
pub const DOMAIN: &str = "outboard";

/// The status that says what the failure says.
#[must_use]
pub fn of(failure: &Failure) -> Status {
    let metadata: std::collections::HashMap<String, String> =
        failure.details.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
    let mut details = ErrorDetails::with_error_info(failure.reason().code(), DOMAIN, metadata);
    if failure.retry_after_us > 0 {
        details.set_retry_info(Some(Duration::from_micros(failure.retry_after_us)));
    }
    Status::with_error_details(failure.grpc_code(), failure.message.clone(), details)
}

/// What a failing store means to whoever asked.
#[must_use]
pub fn of_store(error: &StoreError) -> Failure {
    let (code, reason) = match error {
        StoreError::Full { .. } => (Code::ResourceExhausted, Reason::DiskFull),
        StoreError::OverLimit { .. } => (Code::ResourceExhausted, Reason::OverLimit),
        StoreError::Unwritable { .. }
        | StoreError::NewerSchema { .. }
        | StoreError::Corrupted { .. }
        | StoreError::Backup { .. }
        | StoreError::Closed { .. }
        | StoreError::Failed { .. } => (Code::Internal, Reason::Store),
    };
    Failure::new(code, reason, error.to_string())
}
