//! A reader of the protobuf wire format: keys, varints, lengths.
//!
//! It refuses to know messages, and answers `None` to whatever it does not like.

/// How a field's value stands on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wire {
    /// A varint.
    Varint,
    /// Eight bytes.
    Fixed64,
    /// A length, and as many bytes.
    Delimited,
    /// Four bytes.
    Fixed32,
}

/// Bytes, and how far they have been read.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    /// At the first of these bytes.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Whether nothing is left.
    pub fn is_done(&self) -> bool {
        self.at == self.bytes.len()
    }

    /// Bytes read so far.
    pub fn position(&self) -> usize {
        self.at
    }

    /// The next field's number and kind; groups are not read here.
    pub fn key(&mut self) -> Option<(u32, Wire)> {
        let key = u32::try_from(self.varint()?).ok()?;
        let wire = match key & 7 {
            0 => Wire::Varint,
            1 => Wire::Fixed64,
            2 => Wire::Delimited,
            5 => Wire::Fixed32,
            _ => return None,
        };
        (key >> 3 != 0).then_some((key >> 3, wire))
    }

    /// A number of at most ten bytes.
    pub fn varint(&mut self) -> Option<u64> {
        let first = *self.bytes.get(self.at)?;
        if first < 0x80 {
            self.at += 1;
            return Some(u64::from(first));
        }
        self.long_varint()
    }

    fn long_varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for (place, byte) in self.bytes.get(self.at..)?.iter().take(10).enumerate() {
            value |= u64::from(byte & 0x7f) << (7 * place);
            if *byte < 0x80 {
                self.at += place + 1;
                // The tenth byte holds the sixty-fourth bit only.
                return (place < 9 || *byte < 2).then_some(value);
            }
        }
        None
    }

    /// The bytes of a delimited value.
    pub fn delimited(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.varint()?).ok()?;
        self.take(length)
    }

    /// So many bytes.
    pub fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let end = self.at.checked_add(length)?;
        let taken = self.bytes.get(self.at..end)?;
        self.at = end;
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_varint_reads_as_it_was_written(value: u64) {
            let mut bytes = Vec::new();
            prost::encoding::encode_varint(value, &mut bytes);
            let mut reader = Reader::new(&bytes);
            prop_assert_eq!(reader.varint(), Some(value));
            prop_assert!(reader.is_done());
        }

        #[test]
        fn what_is_read_as_a_varint_is_one(bytes in prop::collection::vec(any::<u8>(), 0..12)) {
            let ours = Reader::new(&bytes).varint();
            let theirs = prost::encoding::decode_varint(&mut &bytes[..]).ok();
            prop_assert_eq!(ours, theirs);
        }
    }
}
