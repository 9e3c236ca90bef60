//! A hash that is the same over any restart: for choices that should not change without need.
//!
//! FNV-1a; it refuses to withstand anyone who wishes for collisions.

/// The hash of a text.
#[must_use]
pub fn stable_hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
