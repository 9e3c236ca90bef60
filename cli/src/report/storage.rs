//! What a plugin keeps, as commands show it and read it back. It knows JSON and base64, refuses to
//! know a plugin.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use outboard_proto::admin as wire;
use serde::{Deserialize, Serialize};

use crate::measure::Micros;

/// A key and what it holds: `text`, `base64` or `counter`, or none where it is withheld.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StorageEntry {
    pub key: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base64: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counter: Option<i64>,
    /// Not kept by an import.
    #[serde(default)]
    pub revision: u64,
    /// 0 = never.
    #[serde(default)]
    pub expires_at_us: Micros,
    #[serde(default)]
    pub secret: bool,
}

impl From<wire::StorageEntry> for StorageEntry {
    fn from(entry: wire::StorageEntry) -> StorageEntry {
        let wire::StorageEntry { key, of, revision, expires_at_us, secret, .. } = entry;
        let (mut text, mut base64, mut counter) = (None, None, None);
        match of {
            Some(wire::storage_entry::Of::Counter(number)) => counter = Some(number),
            Some(wire::storage_entry::Of::Value(bytes)) => match std::str::from_utf8(&bytes) {
                Ok(readable) => text = Some(readable.to_owned()),
                Err(_) => base64 = Some(BASE64_STANDARD.encode(&bytes)),
            },
            None => {}
        }
        StorageEntry { key, text, base64, counter, revision, expires_at_us, secret }
    }
}

impl StorageEntry {
    /// As it is to be kept again.
    ///
    /// # Errors
    /// It holds nothing or more than one thing, or its base64 is none.
    pub fn into_wire(self) -> Result<wire::StorageEntry, String> {
        let StorageEntry { key, text, base64, counter, expires_at_us, secret, .. } = self;
        let of = match (text, base64, counter) {
            (Some(text), None, None) => wire::storage_entry::Of::Value(text.into()),
            (None, None, Some(counter)) => wire::storage_entry::Of::Counter(counter),
            (None, Some(base64), None) => {
                let bytes = BASE64_STANDARD.decode(base64);
                let bytes = bytes.map_err(|error| format!("{key:?}: base64: {error}"))?;
                wire::storage_entry::Of::Value(bytes.into())
            }
            (None, None, None) => {
                return Err(format!("{key:?} holds neither text, base64 nor a counter"));
            }
            _ => return Err(format!("{key:?} holds more than one thing")),
        };
        let of = Some(of);
        Ok(wire::StorageEntry { key, of, expires_at_us, secret, ..Default::default() })
    }

    /// Bytes that it holds.
    pub fn size(&self) -> Option<usize> {
        let decoded = |base64: &String| base64::decoded_len_estimate(base64.len());
        let text = self.text.as_ref().map(String::len);
        text.or(self.base64.as_ref().map(decoded)).or(self.counter.map(|_| size_of::<i64>()))
    }
}

/// How full a storage is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StorageUsage {
    pub plugin: String,
    pub bytes: u64,
    /// 0 = the plugin is not loaded.
    pub quota_bytes: u64,
    pub keys: u64,
    pub secrets: u64,
    pub revision: u64,
    /// 0 = never.
    pub damaged_at_us: Micros,
    pub path: String,
    pub beside: Vec<String>,
}

impl From<wire::StorageUsage> for StorageUsage {
    fn from(usage: wire::StorageUsage) -> StorageUsage {
        StorageUsage {
            plugin: usage.plugin,
            bytes: usage.bytes,
            quota_bytes: usage.quota_bytes,
            keys: usage.keys,
            secrets: usage.secrets,
            revision: usage.revision,
            damaged_at_us: usage.damaged_at_us,
            path: usage.path,
            beside: usage.beside,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_exported_reads_back_as_it_was() {
        let value = |bytes: &'static [u8]| wire::storage_entry::Of::Value(bytes.into());
        let of = [value(b"text\n\x1b"), value(b"\xff\x00"), wire::storage_entry::Of::Counter(-7)];
        for of in of {
            let entry = wire::StorageEntry {
                key: "k".to_owned(),
                of: Some(of),
                expires_at_us: 5,
                secret: true,
                ..Default::default()
            };
            let line = serde_json::to_string(&StorageEntry::from(entry.clone())).unwrap();
            let read: StorageEntry = serde_json::from_str(&line).unwrap();
            assert_eq!(read.into_wire().unwrap(), entry);
        }
    }

    #[test]
    fn what_holds_nothing_or_nonsense_is_refused_by_its_key() {
        for line in [
            r#"{"key":"k"}"#,
            r#"{"key":"k","text":"a","counter":1}"#,
            r#"{"key":"k","base64":"?"}"#,
        ] {
            let read: StorageEntry = serde_json::from_str(line).unwrap();
            assert!(read.into_wire().unwrap_err().contains("\"k\""));
        }
    }
}
