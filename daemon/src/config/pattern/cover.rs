//! Whether one glob lets through nothing that another does not: for whoever narrows a grant.
//!
//! It proves or it does not; what it cannot prove counts as wider. It reads globs as the engine
//! does, byte by byte, and refuses to know what is matched by them.

/// Patterns that the alternatives of one may make.
const ALTERNATIVES: usize = 64;

/// A part of a glob.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    /// One byte out of these.
    One(Bytes),
    /// Any bytes, none too.
    Many,
}

/// A set of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bytes([u64; 4]);

/// Read, but for its alternatives.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Piece(Piece),
    Open,
    Comma,
    Close,
}

impl Bytes {
    const ALL: Self = Self([u64::MAX; 4]);

    fn of(bytes: impl IntoIterator<Item = u8>) -> Self {
        let mut set = Self([0; 4]);
        bytes.into_iter().for_each(|byte| set.0[usize::from(byte >> 6)] |= 1 << (byte & 63));
        set
    }

    fn others(self) -> Self {
        Self(self.0.map(|word| !word))
    }

    fn has_all_of(self, other: Self) -> bool {
        self.0.iter().zip(other.0).all(|(own, other)| own & other == other)
    }
}

/// Whether every name that `narrower` matches is one that `wider` matches, as far as that can be
/// told from the two as they are written.
#[must_use]
pub fn covers(wider: &str, narrower: &str) -> bool {
    if wider == narrower {
        return true;
    }
    let (Some(wider), Some(narrower)) = (read(wider), read(narrower)) else { return false };
    narrower.iter().all(|it| wider.iter().any(|wider| holds(wider, it)))
}

/// What of the wider one is left holds what of the narrower one is left, from the ends backwards.
fn holds(wider: &[Piece], narrower: &[Piece]) -> bool {
    // After the whole of the wider one, only the end of the narrower one is held.
    let mut after: Vec<bool> = (0..=narrower.len()).map(|at| at == narrower.len()).collect();
    for piece in wider.iter().rev() {
        let mut here = vec![false; narrower.len() + 1];
        for at in (0..=narrower.len()).rev() {
            here[at] = match (piece, narrower.get(at)) {
                (Piece::Many, None) => after[at],
                (Piece::Many, Some(_)) => after[at] || here[at + 1],
                (Piece::One(own), Some(Piece::One(other))) => {
                    own.has_all_of(*other) && after[at + 1]
                }
                (Piece::One(_), Some(Piece::Many) | None) => false,
            };
        }
        after = here;
    }
    after[0]
}

/// A glob's alternatives; nothing where there is something in it that is not compared here.
fn read(glob: &str) -> Option<Vec<Vec<Piece>>> {
    let tokens = tokens(glob)?;
    // Next to a slash, two stars mean something else than one.
    let is_star = |it: &Token| *it == Token::Piece(Piece::Many);
    if glob.contains('/') && tokens.windows(2).any(|two| two.iter().all(is_star)) {
        return None;
    }
    let mut at = 0;
    let all = alternatives(&tokens, &mut at)?;
    (at == tokens.len()).then(|| all.into_iter().map(in_order).collect())
}

/// Everything up to the end, or to the end of the alternative that this is in.
fn alternatives(tokens: &[Token], at: &mut usize) -> Option<Vec<Vec<Piece>>> {
    let mut all: Vec<Vec<Piece>> = vec![Vec::new()];
    while let Some(token) = tokens.get(*at) {
        match token {
            Token::Piece(piece) => {
                all.iter_mut().for_each(|it| it.push(piece.clone()));
                *at += 1;
            }
            Token::Open => {
                let choices = choices(tokens, at)?;
                let with = |it: &Vec<Piece>| {
                    let each = choices.iter().map(|more| [&it[..], more].concat());
                    each.collect::<Vec<_>>()
                };
                all = all.iter().flat_map(with).collect();
            }
            Token::Comma | Token::Close => break,
        }
        if all.len() > ALTERNATIVES {
            return None;
        }
    }
    Some(all)
}

/// What stands between braces, which are left behind. The engine leaves out what is empty there.
fn choices(tokens: &[Token], at: &mut usize) -> Option<Vec<Vec<Piece>>> {
    let mut all = Vec::new();
    loop {
        *at += 1;
        let one = alternatives(tokens, at)?;
        if one.iter().any(Vec::is_empty) {
            return None;
        }
        all.extend(one);
        match tokens.get(*at)? {
            Token::Comma => {}
            Token::Close => break,
            Token::Piece(_) | Token::Open => return None,
        }
    }
    *at += 1;
    Some(all)
}

/// In a run of wildcards, those that stand for one byte come first: so two runs are the same if
/// they match the same.
fn in_order(pieces: Vec<Piece>) -> Vec<Piece> {
    let (mut ordered, mut many) = (Vec::new(), false);
    for piece in pieces {
        match piece {
            Piece::Many => many = true,
            Piece::One(Bytes::ALL) => ordered.push(piece),
            Piece::One(_) => {
                if std::mem::take(&mut many) {
                    ordered.push(Piece::Many);
                }
                ordered.push(piece);
            }
        }
    }
    ordered.extend(many.then_some(Piece::Many));
    ordered
}

fn tokens(glob: &str) -> Option<Vec<Token>> {
    let (mut tokens, mut depth) = (Vec::new(), 0_u32);
    let mut rest = glob.bytes().peekable();
    while let Some(byte) = rest.next() {
        let token = match byte {
            b'*' => Token::Piece(Piece::Many),
            b'?' => Token::Piece(Piece::One(Bytes::ALL)),
            b'[' => Token::Piece(Piece::One(class(&mut rest)?)),
            b'\\' => one(rest.next()?),
            b'{' => {
                depth += 1;
                Token::Open
            }
            b'}' => {
                depth = depth.checked_sub(1)?;
                Token::Close
            }
            b',' if depth > 0 => Token::Comma,
            byte => one(byte),
        };
        tokens.push(token);
    }
    (depth == 0).then_some(tokens)
}

fn one(byte: u8) -> Token {
    Token::Piece(Piece::One(Bytes::of([byte])))
}

/// What stands in square brackets, if it is plain: letters, digits and ranges of them.
fn class(rest: &mut std::iter::Peekable<impl Iterator<Item = u8>>) -> Option<Bytes> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.';
    let negated = rest.next_if(|byte| matches!(byte, b'!' | b'^')).is_some();
    let mut all = Vec::new();
    loop {
        match rest.next()? {
            b']' if all.is_empty() => return None,
            b']' => break,
            b'-' => {
                let (first, last) = (*all.last()?, rest.next()?);
                if !plain(last) || first > last {
                    return None;
                }
                all.extend(first..=last);
            }
            byte if plain(byte) => all.push(byte),
            _ => return None,
        }
    }
    let set = Bytes::of(all);
    Some(if negated { set.others() } else { set })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::ChannelPattern;
    use super::*;

    // I114
    #[test]
    fn what_matches_less_is_covered_and_what_may_match_more_is_not() {
        for (wider, narrower) in [
            ("town-*", "town-hall*"),
            ("town-*", "town-*"),
            ("town-*", "town-?"),
            ("town-*", "town-[ab]*"),
            ("town-*", "town-{hall,square-*}"),
            ("*town*", "*-town-?*"),
            ("t?wn*", "town"),
            ("[a-z]*", "[b-d]x"),
            ("[!a]*", "[bc]*"),
            ("{town,village}-*", "village-green"),
            ("*?x", "?*x"),
            (r"a\*b*", r"a\*bc"),
            ("a*", "a**"),
            ("é*", "éa*"),
        ] {
            assert!(covers(wider, narrower), "{narrower} is within {wider}");
        }
        for (wider, narrower) in [
            ("town-*", "town*"),
            ("town-*", "*"),
            ("town-?", "town-*"),
            ("town-?", "town-"),
            ("town-*", "{town-a,village}"),
            ("[ab]*", "[a-c]*"),
            ("[!a]*", "[!b]*"),
            ("a*b", "a*"),
            ("?", "é"),
            ("a/**", "a/b"),
            ("{a,}b", "b"),
            ("[", "["),
            ("a", ""),
        ] {
            assert!(wider == narrower || !covers(wider, narrower), "{narrower}, {wider}");
        }
    }

    fn glob() -> impl Strategy<Value = String> {
        let part = prop_oneof![
            4 => "[ab]",
            2 => Just("*".to_owned()),
            2 => Just("?".to_owned()),
            1 => Just("[ab]".to_owned()),
            1 => Just("[!a]".to_owned()),
            1 => Just("[a-b]".to_owned()),
            1 => Just("{a,b*}".to_owned()),
            1 => Just("{?,{ab,b}}".to_owned()),
            1 => Just(r"\*".to_owned()),
            1 => Just("/".to_owned()),
            1 => Just("é".to_owned()),
        ];
        proptest::collection::vec(part, 1..6).prop_map(|parts| parts.concat())
    }

    proptest! {
        // I114
        #[test]
        fn whatever_a_covered_glob_matches_the_wider_one_matches_too(
            wider in glob(), narrower in glob(),
            names in proptest::collection::vec("[abé*/]{0,6}", 1..60),
        ) {
            if covers(&wider, &narrower) {
                let read = |glob: &str| ChannelPattern::parse(glob).unwrap();
                let (wide, narrow) = (read(&wider), read(&narrower));
                for name in names {
                    let held = !narrow.matches("", &name) || wide.matches("", &name);
                    prop_assert!(held, "{name:?} is matched by {narrower:?}, not by {wider:?}");
                }
            }
        }

        // I114
        #[test]
        fn each_covers_itself_and_more_of_itself(glob in glob(), more in "[ab?]{0,3}") {
            // With a slash, two stars in a row are not compared.
            let wider = format!("{glob}*");
            prop_assume!(!glob.contains('/') || !wider.contains("**"));
            prop_assert!(covers(&glob, &glob));
            prop_assert!(covers(&wider, &format!("{glob}{more}")), "{wider:?} {more:?}");
        }

        #[test]
        fn no_text_breaks_it(wider in ".{0,20}", narrower in ".{0,20}") {
            let _ = covers(&wider, &narrower);
        }
    }
}
