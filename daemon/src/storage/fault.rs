//! What goes wrong with storage, as plugins and operators hear it.
//!
//! It collects from those who know, and is the one place that gives these faults their reasons.

use std::time::Duration;

use outboard_proto::common::{Failure, Reason};
use tonic::Code;

use super::port::{CHANGES, KeyError, Micros, Refusal, VALUE_BYTES};
use crate::secrets::SecretError;
use crate::status::of_store;
use crate::store::StoreError;

/// Why something was not kept or shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StorageFault {
    /// The batch cannot be made as things are.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The file was damaged.
    #[error(
        "the storage was damaged and set aside; it goes on with an empty one. This is said once"
    )]
    Damaged {
        /// When that was found.
        at: Micros,
    },
    /// A secret value cannot be kept or read.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The disk's fault, or the database's.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A text is no key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A value has too many bytes.
    #[error("a value has at most {VALUE_BYTES} bytes, this one has {0}")]
    ValueTooLarge(usize),
    /// A batch has too many changes.
    #[error("a batch has at most {CHANGES} changes, this one has {0}")]
    TooManyChanges(usize),
    /// A part of a request is missing, or makes no sense.
    #[error("{0}")]
    Invalid(&'static str),
    /// The plugin has too much under way.
    #[error("more than {0} under way")]
    Busy(&'static str),
    /// No plugin of this name keeps anything.
    #[error("{0} keeps nothing")]
    NoStorage(String),
    /// The daemon is stopping.
    #[error("the daemon is stopping")]
    Stopping,
}

/// When one who has too much under way may try again.
const BUSY: Duration = Duration::from_millis(100);

impl StorageFault {
    /// As it travels.
    #[must_use]
    pub fn failure(&self) -> Failure {
        let (code, reason) = match self {
            Self::Refused(Refusal::Conflict { key, at, found }) => {
                let failure =
                    Failure::new(Code::Aborted, Reason::StorageConflict, self.to_string());
                let failure = failure.detail("key", key.as_str()).detail("at", at.to_string());
                return failure.detail("revision", found.unwrap_or(0).to_string());
            }
            Self::Store(error) => return of_store(error),
            Self::Damaged { at } => {
                let failure =
                    Failure::new(Code::DataLoss, Reason::StorageDamaged, self.to_string());
                return failure.detail("at_us", at.to_string());
            }
            Self::Busy(_) => {
                let text = self.to_string();
                let failure = Failure::new(Code::ResourceExhausted, Reason::OverLimit, text);
                return failure.retry_after(BUSY);
            }
            Self::Refused(Refusal::NotACounter { .. }) => {
                (Code::FailedPrecondition, Reason::NotACounter)
            }
            Self::Refused(Refusal::Overflow { .. }) => (Code::OutOfRange, Reason::Invalid),
            Self::Refused(Refusal::Full) => (Code::ResourceExhausted, Reason::StorageFull),
            Self::Secret(SecretError::NoKey) => (Code::FailedPrecondition, Reason::NoSecretKey),
            Self::Secret(SecretError::KeyGone(_) | SecretError::Unreadable(_)) => {
                (Code::FailedPrecondition, Reason::SecretUnreadable)
            }
            Self::Key(KeyError::TooLong(_)) | Self::ValueTooLarge(_) | Self::TooManyChanges(_) => {
                (Code::InvalidArgument, Reason::StorageTooLarge)
            }
            Self::Key(KeyError::Empty | KeyError::Zero) | Self::Invalid(_) => {
                (Code::InvalidArgument, Reason::Invalid)
            }
            Self::NoStorage(_) => (Code::NotFound, Reason::NoStorage),
            Self::Stopping => (Code::Unavailable, Reason::Stopping),
        };
        Failure::new(code, reason, self.to_string())
    }
}
