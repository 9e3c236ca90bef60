//! What plugins show, checked: components, menu items, forms, and the files of their pages.
//!
//! Pure but for [`Assets`], which read a plugin's folder. It refuses to know who shows what now,
//! and to whom; that is routing's.

mod asset;
mod blocks;
mod contribution;
mod document;
mod field;
mod flaws;
mod form;
mod when;

pub use asset::{AssetFault, AssetPattern, Assets};
pub use blocks::Blocks;
pub use contribution::{Content, Contributed, Contribution, Dynamic, Kind, position_word};
pub use document::{blocks_of_json, position_of};
pub use field::{Field, check_values};
pub use flaws::{Flaw, Flaws};
pub use form::Form;
pub use when::{Place, When};

/// Contributions one plugin may have.
pub const MOST: usize = 64;
/// How deep blocks may stand in one another.
pub const DEEP: usize = 8;
/// Encoded bytes of one component: half a frame.
pub const COMPONENT_BYTES: usize = 32 * 1024;
/// Encoded bytes of all components of one plugin: some 25 MiB for a hundred plugins.
pub const PLUGIN_BYTES: usize = 256 * 1024;

/// Whether it can name something of a plugin's: 1 to 64 letters, digits, `-`, `_` and `.`.
#[must_use]
pub fn is_id(text: &str) -> bool {
    let fits = |it: u8| it.is_ascii_alphanumeric() || b"-_.".contains(&it);
    (1..=64).contains(&text.len()) && text.bytes().all(fits)
}

/// Takes out of a text what no screen should be told: control characters but for line breaks and
/// tabs, and what turns the direction of what stands around it.
pub fn calm(text: &mut String) {
    let wild = |it: char| {
        (it.is_control() && it != '\n' && it != '\t')
            || matches!(it, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if text.contains(wild) {
        text.retain(|it| !wild(it));
    }
}

#[cfg(test)]
mod tests;
