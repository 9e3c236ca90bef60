//! Faults of files, as failures and as frames.
//!
//! Translation only.

use outboard_proto::admin;
use outboard_proto::common::{Failure, Reason};
use tonic::Code;

use crate::config::fault::{Fault, Faults};

/// A failure that names every fault, one a line.
#[must_use]
pub fn failure(reason: Reason, faults: &Faults) -> Failure {
    let mut failure = Failure::new(Code::InvalidArgument, reason, faults.to_string());
    for (number, fault) in faults.iter().enumerate() {
        failure = failure.detail(&format!("fault.{number}"), fault.to_string());
    }
    failure
}

/// The faults as the wire writes them.
#[must_use]
pub fn wire(faults: &Faults) -> Vec<admin::Fault> {
    faults.iter().map(one).collect()
}

fn one(fault: &Fault) -> admin::Fault {
    admin::Fault {
        file: fault.file.display().to_string(),
        line: fault.line,
        key: fault.key.clone(),
        message: fault.message.clone(),
        hint: fault.hint.clone().unwrap_or_default(),
    }
}
