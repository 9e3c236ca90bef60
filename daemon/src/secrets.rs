//! Values that only the daemon can read back: encrypted under a key of the operator's, which has a
//! version, so that it can be exchanged while old values stay readable.
//!
//! It refuses to know whose values they are: what they are about comes as a parameter, and a value
//! that is put elsewhere cannot be read there.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chacha20poly1305::aead::{Aead as _, Generate as _, KeyInit as _, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};

/// The name of the systemd credential, and of the file in the configuration folder.
pub const KEY_FILE: &str = "secret-keys";

/// Bytes of a key.
const KEY_BYTES: usize = 32;
/// Bytes of what makes two encryptions of one value differ. So many that chance will do.
const NONCE_BYTES: usize = 24;
/// Bytes that encryption adds.
pub const OVERHEAD: usize = NONCE_BYTES + 16;

/// The keys, by version. The newest encrypts. Cheap to clone.
#[derive(Clone, Default)]
pub struct Keyring {
    keys: Arc<BTreeMap<u32, XChaCha20Poly1305>>,
}

/// An encrypted value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// Under which key.
    pub version: u32,
    /// What is kept.
    pub bytes: Vec<u8>,
}

/// Why a value cannot be encrypted or read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// There is no key at all.
    #[error(
        "no key for secret values is configured: put one into the systemd credential \
         {KEY_FILE} or the file {KEY_FILE} of the configuration folder"
    )]
    NoKey,
    /// Its key is gone.
    #[error("the value was encrypted with key {0}, which is not among the keys")]
    KeyGone(u32),
    /// Its key is another one, or the value was changed or is another key's.
    #[error("the value cannot be decrypted with key {0}")]
    Unreadable(u32),
}

/// Why a file holds no keys. It never says what the file holds.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// It is there and cannot be read.
    #[error("cannot read the keys for secret values in {}: {cause}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the kernel says.
        #[source]
        cause: std::io::Error,
    },
    /// Everybody may read it.
    #[error("the keys for secret values in {} are open to all: chmod o= it", .0.display())]
    Open(PathBuf),
    /// A line is none.
    #[error("{}:{line}: {what}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What it lacks.
        what: &'static str,
    },
}

impl Keyring {
    /// Reads the first of these files that is there; without one there are no keys.
    ///
    /// # Errors
    /// It cannot be read, is open to all, or is no list of keys.
    pub fn load(candidates: &[PathBuf]) -> Result<Self, KeyFileError> {
        for path in candidates {
            let io = |cause| KeyFileError::Io { path: path.clone(), cause };
            match std::fs::read_to_string(path) {
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(io(error)),
                Ok(text) => {
                    let mode = std::fs::metadata(path).map_err(io)?.permissions().mode();
                    if mode & 0o007 != 0 {
                        return Err(KeyFileError::Open(path.clone()));
                    }
                    return Self::parse(&text, path);
                }
            }
        }
        Ok(Self::default())
    }

    fn parse(text: &str, path: &Path) -> Result<Self, KeyFileError> {
        let mut keys = BTreeMap::new();
        for (at, line) in text.lines().map(str::trim).enumerate() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let wrong = |what| KeyFileError::Line { path: path.to_owned(), line: at + 1, what };
            let (version, key) = parse_line(line).map_err(wrong)?;
            if keys.insert(version, XChaCha20Poly1305::new(&Key::from(key))).is_some() {
                return Err(wrong("this version stands above already"));
            }
        }
        Ok(Self { keys: Arc::new(keys) })
    }

    /// Whether values can be encrypted.
    #[must_use]
    pub fn can_seal(&self) -> bool {
        !self.keys.is_empty()
    }

    /// Whether the key of this version is there.
    #[must_use]
    pub fn has(&self, version: u32) -> bool {
        self.keys.contains_key(&version)
    }

    /// Encrypts a value that is about something.
    ///
    /// # Errors
    /// There is no key.
    pub fn seal(&self, about: &[&str], clear: &[u8]) -> Result<Sealed, SecretError> {
        let (&version, key) = self.keys.last_key_value().ok_or(SecretError::NoKey)?;
        let nonce = XNonce::generate();
        let about = bound(about);
        let payload = Payload { msg: clear, aad: &about };
        // It fails for some 256 GiB, which no value has.
        let encrypted =
            key.encrypt(&nonce, payload).map_err(|_| SecretError::Unreadable(version))?;
        let bytes = [nonce.as_slice(), &encrypted].concat();
        Ok(Sealed { version, bytes })
    }

    /// Reads a value that is about the same.
    ///
    /// # Errors
    /// Its key is not there, or it is not what was encrypted about this.
    pub fn open(&self, about: &[&str], sealed: &Sealed) -> Result<Vec<u8>, SecretError> {
        let version = sealed.version;
        let key = self.keys.get(&version).ok_or(SecretError::KeyGone(version))?;
        let split = sealed.bytes.split_first_chunk::<NONCE_BYTES>();
        let (nonce, encrypted) = split.ok_or(SecretError::Unreadable(version))?;
        let about = bound(about);
        let payload = Payload { msg: encrypted, aad: &about };
        key.decrypt(&XNonce::from(*nonce), payload).map_err(|_| SecretError::Unreadable(version))
    }
}

impl std::fmt::Debug for Keyring {
    /// Versions only.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.keys.keys()).finish()
    }
}

/// What a value is about, so that no two lists of words look alike.
fn bound(about: &[&str]) -> Vec<u8> {
    let mut all = Vec::new();
    for word in about {
        all.extend((word.len() as u64).to_le_bytes());
        all.extend(word.as_bytes());
    }
    all
}

fn parse_line(line: &str) -> Result<(u32, [u8; KEY_BYTES]), &'static str> {
    const SHAPE: &str = "a line is a version from 1 and 64 hexadecimal digits, such as what \
                         `openssl rand -hex 32` prints";
    let (version, key) = line.split_once(char::is_whitespace).ok_or(SHAPE)?;
    let version = version.parse().ok().filter(|it| *it > 0).ok_or(SHAPE)?;
    let key = key.trim().as_bytes();
    let mut bytes = [0; KEY_BYTES];
    if key.len() != 2 * KEY_BYTES {
        return Err(SHAPE);
    }
    for (byte, digits) in bytes.iter_mut().zip(key.chunks_exact(2)) {
        let digit = |it: u8| char::from(it).to_digit(16).and_then(|it| u8::try_from(it).ok());
        *byte = digit(digits[0]).ok_or(SHAPE)? * 16 + digit(digits[1]).ok_or(SHAPE)?;
    }
    Ok((version, bytes))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Keys of these versions, each made of its number.
    pub(crate) fn keyring(versions: &[u32]) -> Keyring {
        let line = |version: &u32| format!("{version} {}\n", format!("{version:02x}").repeat(32));
        let text: String = versions.iter().map(line).collect();
        Keyring::parse(&text, Path::new("test")).unwrap()
    }

    // I76
    #[test]
    fn what_was_sealed_under_an_old_key_is_read_while_the_key_is_there() {
        let sealed = keyring(&[1]).seal(&["alpha", "token"], b"hush").unwrap();
        let both = keyring(&[1, 2]);
        assert_eq!(both.open(&["alpha", "token"], &sealed).unwrap(), b"hush");
        assert_eq!(both.seal(&["alpha", "token"], b"hush").unwrap().version, 2);
        let gone = keyring(&[2]).open(&["alpha", "token"], &sealed);
        assert_eq!(gone, Err(SecretError::KeyGone(1)));
    }

    #[test]
    fn a_value_is_read_only_where_it_belongs_and_as_it_was() {
        let keys = keyring(&[7]);
        let sealed = keys.seal(&["alpha", "token"], b"hush").unwrap();
        assert!(!sealed.bytes.windows(4).any(|it| it == b"hush"));
        let unreadable = Err(SecretError::Unreadable(7));
        assert_eq!(keys.open(&["beta", "token"], &sealed), unreadable);
        assert_eq!(keys.open(&["alphat", "oken"], &sealed), unreadable);
        let mut changed = sealed.clone();
        changed.bytes[NONCE_BYTES] ^= 1;
        assert_eq!(keys.open(&["alpha", "token"], &changed), unreadable);
        let cut = Sealed { bytes: sealed.bytes[..9].to_vec(), ..sealed };
        assert_eq!(keys.open(&["alpha", "token"], &cut), unreadable);
    }

    #[test]
    fn without_a_key_nothing_is_sealed() {
        assert_eq!(Keyring::default().seal(&[], b"hush"), Err(SecretError::NoKey));
    }

    #[test]
    fn a_file_of_keys_is_read_or_its_fault_named_without_what_it_holds() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(KEY_FILE);
        let missing = folder.path().join("missing");
        let write = |text: &str, mode| {
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        let good = format!("# keys\n\n1 {}\n3 {}\n", "0a".repeat(32), "0B".repeat(32));
        write(&good, 0o600);
        let loaded = Keyring::load(&[missing.clone(), path.clone()]).unwrap();
        assert_eq!(format!("{loaded:?}"), "[1, 3]");
        assert!(!Keyring::load(&[missing]).unwrap().can_seal());
        write(&good, 0o644);
        assert!(matches!(Keyring::load(std::slice::from_ref(&path)), Err(KeyFileError::Open(_))));
        for wrong in ["1 hush", "0 00", "x", &good.repeat(2)] {
            write(wrong, 0o600);
            let error = Keyring::load(std::slice::from_ref(&path)).unwrap_err().to_string();
            assert!(error.contains("secret-keys:") && !error.contains("hush"), "{error}");
        }
    }
}
