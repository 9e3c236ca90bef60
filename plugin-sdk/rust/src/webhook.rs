//! Signatures of webhooks: whether a body was sent by whoever shares a secret with the plugin.
//!
//! HMAC-SHA256 in hexadecimal, as most senders have it. It refuses to know header names, and where
//! a secret is kept.
//!
//! ```
//! use outboard_plugin::webhook;
//!
//! let signature = webhook::sign(b"secret", b"{}");
//! assert!(webhook::is_signed(b"secret", b"{}", &signature));
//! assert!(!webhook::is_signed(b"secret", b"{\"more\":1}", &signature));
//! ```

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// The signature of a body: `sha256=` and 64 hexadecimal digits.
#[must_use]
pub fn sign(secret: &[u8], body: &[u8]) -> String {
    let mut mac = keyed(secret);
    mac.update(body);
    let digits: String =
        mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256={digits}")
}

/// Whether this is the body's signature, with or without `sha256=` before it. Takes the same time
/// however much of it is right, so that nobody can guess their way to it.
#[must_use]
pub fn is_signed(secret: &[u8], body: &[u8], signature: &str) -> bool {
    let digits = signature.trim().strip_prefix("sha256=").unwrap_or(signature.trim());
    let Some(claimed) = bytes(digits) else { return false };
    let mut mac = keyed(secret);
    mac.update(body);
    mac.verify_slice(&claimed).is_ok()
}

fn keyed(secret: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(secret).expect("HMAC takes keys of any length")
}

fn bytes(digits: &str) -> Option<Vec<u8>> {
    if digits.len() != 64 || !digits.bytes().all(|it| it.is_ascii_hexdigit()) {
        return None;
    }
    let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).ok();
    (0..digits.len()).step_by(2).map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_known_example_verifies() {
        // From GitHub's documentation of webhooks.
        let signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
        let secret = b"It's a Secret to Everybody";
        assert_eq!(sign(secret, b"Hello, World!"), signature);
        assert!(is_signed(secret, b"Hello, World!", signature));
        assert!(is_signed(secret, b"Hello, World!", &signature["sha256=".len()..]));
    }

    #[test]
    fn anything_else_does_not() {
        let right = sign(b"secret", b"body");
        for (secret, body) in [(&b"other"[..], &b"body"[..]), (b"secret", b"Body")] {
            assert!(!is_signed(secret, body, &right));
        }
        for bad in ["", "sha256=", "sha256=zz", "ä", &right[..70], &"é".repeat(32)] {
            assert!(!is_signed(b"secret", b"body", bad), "{bad}");
        }
    }
}
