//! What came of a file so far, held to what was announced of it: its size, its SHA-256, and how
//! large any may be.
//!
//! Pure; it keeps no content.

use outboard_proto::common::{Failure, Reason};
use sha2::{Digest as _, Sha256};
use tonic::Code;

/// Bytes that one file may have.
pub const FILE_BYTES: u64 = 64 << 20;

/// A file on its way.
pub struct Content {
    size: Option<u64>,
    sha256: Option<Vec<u8>>,
    bytes: u64,
    hash: Sha256,
}

/// What all of it makes.
#[derive(Debug, PartialEq, Eq)]
pub struct Whole {
    pub bytes: u64,
    pub sha256: Vec<u8>,
}

impl Content {
    /// Nothing yet, of a file of this size, with this hash; both may be unknown.
    ///
    /// # Errors
    /// It is too large, or the hash is none.
    pub fn of(size: Option<u64>, sha256: &[u8]) -> Result<Self, Failure> {
        if let Some(size) = size.filter(|size| *size > FILE_BYTES) {
            return Err(too_large(size));
        }
        if !matches!(sha256.len(), 0 | 32) {
            let text = format!("a SHA-256 has 32 bytes, not {}", sha256.len());
            return Err(Failure::new(Code::InvalidArgument, Reason::Invalid, text));
        }
        let sha256 = (!sha256.is_empty()).then(|| sha256.to_vec());
        Ok(Self { size, sha256, bytes: 0, hash: Sha256::new() })
    }

    /// Bytes that came.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// A piece.
    ///
    /// # Errors
    /// It makes the file larger than it may be, or was to be.
    pub fn take(&mut self, piece: &[u8]) -> Result<(), Failure> {
        self.bytes += piece.len() as u64;
        if self.bytes > FILE_BYTES {
            return Err(too_large(self.bytes));
        }
        if let Some(size) = self.size.filter(|size| self.bytes > *size) {
            return Err(damaged(&format!("more than the {size} bytes that were announced came")));
        }
        self.hash.update(piece);
        Ok(())
    }

    /// The last piece was taken.
    ///
    /// # Errors
    /// It is not what was announced.
    pub fn end(self) -> Result<Whole, Failure> {
        if let Some(size) = self.size.filter(|size| self.bytes != *size) {
            let bytes = self.bytes;
            return Err(damaged(&format!("{bytes} bytes came where {size} were announced")));
        }
        let sha256 = self.hash.finalize().to_vec();
        match self.sha256 {
            Some(announced) if announced != sha256 => {
                Err(damaged("its SHA-256 is not the one that was announced"))
            }
            Some(_) | None => Ok(Whole { bytes: self.bytes, sha256 }),
        }
    }
}

fn too_large(bytes: u64) -> Failure {
    let text = format!("{bytes} bytes are more than the {FILE_BYTES} that a file may have");
    Failure::new(Code::ResourceExhausted, Reason::FileTooLarge, text)
}

fn damaged(text: &str) -> Failure {
    Failure::new(Code::DataLoss, Reason::FileDamaged, text)
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn hash(bytes: &[u8]) -> Vec<u8> {
        Sha256::digest(bytes).to_vec()
    }

    fn came(mut content: Content, pieces: &[Vec<u8>]) -> Result<Whole, Reason> {
        for piece in pieces {
            content.take(piece).map_err(|failure| failure.reason())?;
        }
        content.end().map_err(|failure| failure.reason())
    }

    proptest! {
        // I100
        #[test]
        fn only_what_was_announced_comes_whole(
            pieces in vec(vec(any::<u8>(), 0..40), 0..6),
            spoil in 0_u8..4,
        ) {
            let all = pieces.concat();
            let (mut size, mut sha256) = (all.len() as u64, hash(&all));
            match spoil {
                1 => size += 1,
                2 => size = size.saturating_sub(1),
                3 => sha256[0] ^= 1,
                _ => {}
            }
            let same = size == all.len() as u64 && sha256 == hash(&all);
            let ended = came(Content::of(Some(size), &sha256).unwrap(), &pieces);
            prop_assert_eq!(ended.is_ok(), same);
            if !same {
                prop_assert_eq!(ended, Err(Reason::FileDamaged));
            }
            let unknown = came(Content::of(None, &[]).unwrap(), &pieces);
            prop_assert_eq!(unknown, Ok(Whole { bytes: all.len() as u64, sha256: hash(&all) }));
        }
    }

    #[test]
    fn no_file_is_larger_than_any_may_be() {
        let reason = |size| Content::of(size, &[]).err().map(|failure| failure.reason());
        assert_eq!(reason(Some(FILE_BYTES)), None);
        assert_eq!(reason(Some(FILE_BYTES + 1)), Some(Reason::FileTooLarge));
        let mut unknown = Content::of(None, &[]).unwrap();
        unknown.bytes = FILE_BYTES;
        assert_eq!(unknown.take(b"x").unwrap_err().reason(), Reason::FileTooLarge);
    }

    #[test]
    fn a_hash_of_another_length_is_none() {
        assert_eq!(Content::of(None, &[1; 20]).err().unwrap().reason(), Reason::Invalid);
    }
}
