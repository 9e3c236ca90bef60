//! What kind of thing a file is, to a browser: an image that may be shown, or something to be had
//! and nothing else. Pure. What a file is called, and what is said of it, counts for nothing.

/// Bytes of a file that somebody may share.
pub const LARGEST: usize = 8 << 20;
/// Bytes of an image that is shown where it stands.
pub const SEEN: usize = 4 << 20;
/// Bytes of a name.
const NAME: usize = 120;

/// The type of an image that every browser shows and none runs anything of, by how it begins.
pub fn image(content: &[u8]) -> Option<&'static str> {
    let begins = |with: &[u8]| content.starts_with(with);
    let is_a = |at: usize, what: &[u8]| content.get(at..at + what.len()) == Some(what);
    if begins(b"\x89PNG\r\n\x1a\n") {
        Some("image/png")
    } else if begins(b"\xff\xd8\xff") {
        Some("image/jpeg")
    } else if begins(b"GIF87a") || begins(b"GIF89a") {
        Some("image/gif")
    } else if begins(b"RIFF") && is_a(8, b"WEBP") {
        Some("image/webp")
    } else if is_a(4, b"ftypavif") {
        Some("image/avif")
    } else {
        None
    }
}

/// A name that is one, wherever it is written: no folders, nothing that is not seen, not too long.
pub fn name(said: &str) -> String {
    let last = said.rsplit(['/', '\\']).next().unwrap_or_default();
    let seen = |it: &char| {
        !it.is_control() && !matches!(it, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let mut name: String = last.chars().filter(seen).collect();
    let end = (0..=NAME.min(name.len())).rev().find(|at| name.is_char_boundary(*at));
    name.truncate(end.unwrap_or_default());
    let name = name.trim().trim_matches('.').trim();
    if name.is_empty() { "file".to_owned() } else { name.to_owned() }
}

/// How a browser is told to keep it: under this name, and not to open it.
pub fn to_be_had(name: &str) -> String {
    let plain = |it: u8| it.is_ascii_alphanumeric() || b"-_.~".contains(&it);
    let escaped: String = name
        .bytes()
        .map(|it| if plain(it) { char::from(it).to_string() } else { format!("%{it:02X}") })
        .collect();
    format!("attachment; filename*=UTF-8''{escaped}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_known_by_how_it_begins_and_nothing_else_is() {
        assert_eq!(image(b"\x89PNG\r\n\x1a\n...."), Some("image/png"));
        assert_eq!(image(b"\xff\xd8\xff\xe0"), Some("image/jpeg"));
        assert_eq!(image(b"GIF89a"), Some("image/gif"));
        assert_eq!(image(b"RIFF....WEBPVP8 "), Some("image/webp"));
        assert_eq!(image(b"\0\0\0\x1cftypavif"), Some("image/avif"));
        for other in [
            &b""[..],
            b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>",
            b"<html><script>alert(1)</script>",
            b"%PDF-1.7",
            b"RIFF",
            b"\0\0\0\x1cftypmp42",
        ] {
            assert_eq!(image(other), None, "{other:?}");
        }
    }

    #[test]
    fn a_name_leads_nowhere_and_hides_nothing() {
        assert_eq!(name("../../etc/passwd"), "passwd");
        assert_eq!(name("C:\\temp\\a b.txt"), "a b.txt");
        assert_eq!(name("photo\u{202e}gnp.exe\r\n"), "photognp.exe");
        for nothing in ["", "..", "/", " \t "] {
            assert_eq!(name(nothing), "file", "{nothing:?}");
        }
        assert_eq!(name(&"ä".repeat(200)).len(), NAME);
    }

    #[test]
    fn no_name_ends_its_header() {
        let said = to_be_had("a\"; filename=b.html");
        assert_eq!(said, "attachment; filename*=UTF-8''a%22%3B%20filename%3Db.html");
    }
}
