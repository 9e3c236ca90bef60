//! What a hook is asked about: bytes as the app sent them, taken apart only where somebody has to
//! look inside.
//!
//! Most messages concern nobody's filter and come back unchanged: decoding them, and encoding them
//! again, would be most of the daemon's work. It refuses to know who asks and who answers.

mod shape;
mod wire;

use std::cell::OnceCell;
use std::fmt;
use std::sync::LazyLock;

use bytes::Bytes;
use outboard_proto::common::HookPayload;
use prost::Message as _;

use shape::ShapeOf;
pub use wire::{Reader, Wire};

/// A payload that every reader can decode.
pub struct Payload {
    bytes: Bytes,
    branch: u32,
    is_telling: bool,
    read: OnceCell<Box<HookPayload>>,
}

static PAYLOAD: LazyLock<ShapeOf> =
    LazyLock::new(|| ShapeOf::named(".outboard.common.v1.HookPayload"));

impl Payload {
    /// Takes bytes as they are, if that is safe for every reader and one branch stands in them.
    #[must_use]
    pub fn check(bytes: Bytes) -> Option<Self> {
        let found = PAYLOAD.walk(&bytes)?;
        let branch = only_field(&bytes)?;
        Some(Self { bytes, branch, is_telling: found.is_telling, read: OnceCell::new() })
    }

    /// Of a message that was decoded already.
    #[must_use]
    pub fn of(payload: HookPayload) -> Self {
        let bytes = Bytes::from(payload.encode_to_vec());
        let branch = only_field(&bytes).unwrap_or_default();
        Self { bytes, branch, is_telling: true, read: OnceCell::from(Box::new(payload)) }
    }

    /// The number of the branch that stands in it, 0 if there is none.
    #[must_use]
    pub fn branch(&self) -> u32 {
        self.branch
    }

    /// Whether something in it must be looked at, whatever the filters are: a body that cannot be
    /// inspected, a plugin's mark.
    #[must_use]
    pub fn is_telling(&self) -> bool {
        self.is_telling
    }

    /// As it goes on the wire.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Whether somebody looked.
    #[cfg(test)]
    pub fn is_read(&self) -> bool {
        self.read.get().is_some()
    }

    /// What it says; decoded at the first look.
    pub fn get(&self) -> &HookPayload {
        self.read.get_or_init(|| {
            let read = HookPayload::decode(self.bytes.clone());
            // The walk accepts only what can be decoded: a test with arbitrary bytes holds it.
            Box::new(read.unwrap_or_else(|error| {
                tracing::error!(%error, "a payload that was checked cannot be read");
                HookPayload::default()
            }))
        })
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Content stays out of logs.
        f.debug_struct("Payload").field("branch", &self.branch).finish_non_exhaustive()
    }
}

/// The number of the only field there is.
fn only_field(bytes: &[u8]) -> Option<u32> {
    let mut reader = Reader::new(bytes);
    let (number, wire) = reader.key()?;
    (wire == Wire::Delimited).then_some(())?;
    reader.delimited()?;
    reader.is_done().then_some(number)
}

#[cfg(test)]
mod tests;
