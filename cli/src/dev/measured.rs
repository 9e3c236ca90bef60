//! How much memory a plugin took, and a limit that fits it. It refuses to know how it was measured.

use toml_edit::{DocumentMut, Item, Table, value};

const MIB: u64 = 1 << 20;

/// The least that is suggested, MiB.
const LEAST: u64 = 16;

/// Four times the peak, in steps of 8 MiB: a plugin grows with the chat it is in.
pub fn fitting(peak: u64) -> u64 {
    (peak.saturating_mul(4).div_ceil(8 * MIB) * 8).max(LEAST) * MIB
}

/// As a manifest writes it.
pub fn as_written(limit: u64) -> String {
    format!("{}MiB", limit / MIB)
}

/// The manifest with this limit; everything else of it stays.
///
/// # Errors
/// It is no TOML, or `limits` is no table.
pub fn declare(manifest: &str, limit: u64) -> Result<String, String> {
    let mut document: DocumentMut = manifest.parse().map_err(|error| format!("{error}"))?;
    let limits = document.entry("limits").or_insert(Item::Table(Table::new()));
    let limits = limits.as_table_like_mut().ok_or("limits is no table")?;
    let decor = limits.get("memory").and_then(Item::as_value).map(|it| it.decor().clone());
    let mut new = value(as_written(limit));
    if let (Some(new), Some(decor)) = (new.as_value_mut(), decor) {
        *new.decor_mut() = decor;
    }
    limits.insert("memory", new);
    Ok(document.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_four_times_the_peak_and_never_tiny() {
        assert_eq!(as_written(fitting(1)), "16MiB");
        assert_eq!(as_written(fitting(5 * MIB)), "24MiB");
        assert_eq!(as_written(fitting(30 * MIB + 1)), "128MiB");
    }

    #[test]
    fn a_manifest_keeps_its_comments() {
        let before = "name = \"a\" # mine\n\n[limits]\nmemory = \"1MiB\" # measured\npids = 3\n";
        let after = declare(before, 24 * MIB).unwrap();
        assert_eq!(after, before.replace("1MiB", "24MiB"));
        assert!(
            declare("name = \"a\"\n", 16 * MIB)
                .unwrap()
                .ends_with("[limits]\nmemory = \"16MiB\"\n")
        );
        assert!(declare("limits = 3", 1).is_err());
    }
}
