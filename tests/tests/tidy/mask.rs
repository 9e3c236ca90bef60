//! Tells a Rust file's code from its comments and its strings, so that a rule about code does not
//! stumble over a sentence. It knows where a token ends and not what it means.

/// The same text three times over, each with everything else blanked: line and column stay true.
pub struct Masked {
    /// Without comments, strings and characters.
    pub code: String,
    /// Comments alone.
    pub comments: String,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Code,
    Comment,
    Literal,
}

/// Takes a file apart.
pub fn mask(text: &str) -> Masked {
    let mut masked = Masked { code: String::new(), comments: String::new() };
    let mut rest = text;
    let mut before = '\n';
    while !rest.is_empty() {
        let (kind, length) = next_piece(rest, before);
        let (piece, tail) = rest.split_at(length);
        keep(&mut masked.code, piece, kind == Kind::Code);
        keep(&mut masked.comments, piece, kind == Kind::Comment);
        before = piece.chars().next_back().unwrap_or('\n');
        rest = tail;
    }
    masked
}

fn keep(into: &mut String, piece: &str, wanted: bool) {
    if wanted {
        into.push_str(piece);
        return;
    }
    into.extend(piece.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
}

/// What stands at the front of `text` and how many bytes of it belong together.
fn next_piece(text: &str, before: char) -> (Kind, usize) {
    if text.starts_with("//") {
        return (Kind::Comment, text.find('\n').unwrap_or(text.len()));
    }
    if text.starts_with("/*") {
        return (Kind::Comment, block_comment(text));
    }
    if !is_word(before)
        && let Some(length) = raw_string(text)
    {
        return (Kind::Literal, length);
    }
    if text.starts_with('"') {
        return (Kind::Literal, quoted(text));
    }
    if text.starts_with('\'')
        && let Some(length) = character(text)
    {
        return (Kind::Literal, length);
    }
    (Kind::Code, text.chars().next().map_or(1, char::len_utf8))
}

fn block_comment(text: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    loop {
        let Some(step) = text[at..].find("*/") else { return text.len() };
        depth += text[at..at + step].matches("/*").count();
        at += step + 2;
        depth = depth.saturating_sub(1);
        if depth == 0 {
            return at;
        }
    }
}

/// `r"…"`, `r#"…"#`, `br"…"`, and so on.
fn raw_string(text: &str) -> Option<usize> {
    let prefix = ["br", "cr", "r"].into_iter().find(|prefix| text.starts_with(prefix))?.len();
    let hashes = text[prefix..].bytes().take_while(|byte| *byte == b'#').count();
    let body = prefix + hashes + 1;
    if !text[prefix + hashes..].starts_with('"') {
        return None;
    }
    let close = format!("\"{}", "#".repeat(hashes));
    Some(text[body..].find(&close).map_or(text.len(), |end| body + end + close.len()))
}

fn quoted(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '\\' if !escaped => escaped = true,
            '"' if !escaped => return at + 1,
            _ => escaped = false,
        }
    }
    text.len()
}

/// A character such as `'{'`; not a lifetime.
fn character(text: &str) -> Option<usize> {
    let mut chars = text.char_indices().skip(1);
    let (_, first) = chars.next()?;
    if first == '\\' {
        let (escape, _) = chars.next()?;
        let after = escape + 1;
        return text[after..].find('\'').map(|end| after + end + 1);
    }
    let (at, second) = chars.next()?;
    (second == '\'').then_some(at + 1)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[test]
fn a_brace_in_a_string_or_a_comment_is_no_code() {
    let text = "let a = \"{ \\\" //\"; // {\nlet b = '{'; let c: &'static str = r#\"{\"#;";
    let masked = mask(text);
    assert!(!masked.code.contains('{'), "{}", masked.code);
    assert!(masked.code.contains("let b") && masked.code.contains("&'static str"));
    assert!(masked.comments.contains("// {"));
}

#[test]
fn masking_keeps_every_line_where_it_was() {
    let text = "a\n/* one\ntwo /* three */\n*/ b\n\"x\ny\" c\n";
    let masked = mask(text);
    assert_eq!(masked.code.lines().count(), text.lines().count());
    assert!(masked.code.lines().nth(3).unwrap().ends_with('b'));
    assert!(masked.code.lines().nth(5).unwrap().ends_with('c'));
}
