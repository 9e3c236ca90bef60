//! What a schema may cost: looked at before anything is compiled, so that one made to explode
//! (deep, huge patterns, references that multiply) is refused by a walk over it.
//!
//! It refuses to know what the keywords mean, but for those that refer and those that match text.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Fault;

/// The largest schema file, in bytes: a written one is under 10 KiB.
pub const SCHEMA_BYTES: u64 = 64 * 1024;
/// Values within values.
const DEPTH: usize = 24;
/// Values and keywords, once every reference is followed.
const NODES: u64 = 5_000;
/// Characters of one pattern.
const PATTERN: usize = 256;
/// Patterns, once every reference is followed.
const PATTERNS: u64 = 128;
/// Bytes of one compiled pattern.
pub const PATTERN_BYTES: usize = 128 * 1024;
/// The one dialect that is understood.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// Keywords that lead out of the document or make a reference mean something else.
const REFUSED: [&str; 7] = [
    "$id",
    "$anchor",
    "$dynamicAnchor",
    "$dynamicRef",
    "$recursiveRef",
    "$recursiveAnchor",
    "$vocabulary",
];

/// What a part of the document amounts to.
#[derive(Debug, Clone, Copy, Default)]
struct Cost {
    nodes: u64,
    patterns: u64,
}

impl Cost {
    fn plus(self, other: Self) -> Self {
        Self {
            nodes: self.nodes.saturating_add(other.nodes),
            patterns: self.patterns.saturating_add(other.patterns),
        }
    }
}

/// Whether a schema is small enough to be compiled. Linear in the document, however its references
/// multiply.
///
/// # Errors
/// The first thing that is too much, or leads out of the document.
pub fn check(document: &Value) -> Result<(), Fault> {
    let mut walk = Walk { document, known: BTreeMap::new() };
    let cost = walk.cost(document, "", 0)?;
    if cost.nodes > NODES {
        let text = format!("has more than {NODES} values and keywords, references followed");
        return Err(Fault::new("", text));
    }
    if cost.patterns > PATTERNS {
        let text = format!("has more than {PATTERNS} patterns, references followed");
        return Err(Fault::new("", text));
    }
    Ok(())
}

struct Walk<'d> {
    document: &'d Value,
    /// What references amount to; nothing while one is being followed.
    known: BTreeMap<&'d str, Option<Cost>>,
}

impl<'d> Walk<'d> {
    fn cost(&mut self, value: &'d Value, path: &str, depth: usize) -> Result<Cost, Fault> {
        if depth > DEPTH {
            let text = format!("lies more than {DEPTH} levels deep");
            return Err(Fault::new(cut(path), text));
        }
        let mut total = Cost { nodes: 1, patterns: 0 };
        match value {
            Value::Array(items) => {
                for (at, item) in items.iter().enumerate() {
                    total = total.plus(self.cost(item, &format!("{path}/{at}"), depth + 1)?);
                }
            }
            Value::Object(keywords) => {
                for (keyword, value) in keywords {
                    let path = format!("{path}/{keyword}");
                    total = total.plus(self.keyword((keyword, value), &path, depth)?);
                    total = total.plus(self.cost(value, &path, depth + 1)?);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
        Ok(total)
    }

    /// What a keyword costs beside its value.
    fn keyword(
        &mut self,
        (keyword, value): (&str, &'d Value),
        path: &str,
        depth: usize,
    ) -> Result<Cost, Fault> {
        match (keyword, value) {
            ("$ref", Value::String(target)) => self.follow(target, path, depth),
            ("pattern", Value::String(pattern)) => {
                check_pattern(pattern, path).map(|()| Cost { nodes: 0, patterns: 1 })
            }
            ("patternProperties", Value::Object(of)) => {
                of.keys().try_for_each(|pattern| check_pattern(pattern, path))?;
                Ok(Cost { nodes: 0, patterns: of.len() as u64 })
            }
            ("$schema", Value::String(dialect)) if dialect.trim_end_matches('#') != DIALECT => {
                let hint = Some(format!("leave it out, or {DIALECT:?}"));
                Err(Fault::new(path, "only JSON Schema 2020-12 is understood").hint(hint))
            }
            (word, Value::String(_)) if REFUSED.contains(&word) => {
                let text = format!("{word} is not understood: references are \"#/…\" here");
                Err(Fault::new(path, text))
            }
            _ => Ok(Cost::default()),
        }
    }

    /// What a reference leads to, counted once however often it is referred to.
    fn follow(&mut self, target: &'d str, path: &str, depth: usize) -> Result<Cost, Fault> {
        match self.known.get(target) {
            Some(Some(cost)) => return Ok(*cost),
            Some(None) => {
                let text = format!("{} refers to itself", cut(target));
                return Err(Fault::new(path, text));
            }
            None => {}
        }
        let inside = target.starts_with("#/") && !target.contains('%');
        let found = inside.then(|| self.document.pointer(&target[1..])).flatten();
        let Some(found) = found else {
            let text = format!("{} is not in this document", cut(target));
            return Err(Fault::new(path, text).hint(Some("\"#/$defs/NAME\"".to_owned())));
        };
        self.known.insert(target, None);
        let cost = self.cost(found, &target[1..], depth + 1)?;
        self.known.insert(target, Some(cost));
        Ok(cost)
    }
}

/// A pattern must be short, and small once compiled.
fn check_pattern(pattern: &str, path: &str) -> Result<(), Fault> {
    if pattern.chars().count() > PATTERN {
        let text = format!("the pattern is longer than {PATTERN} characters");
        return Err(Fault::new(path, text));
    }
    let built = regex::RegexBuilder::new(pattern).size_limit(PATTERN_BYTES).build();
    match built {
        Ok(_) => Ok(()),
        Err(regex::Error::CompiledTooBig(_)) => {
            let text = format!("the pattern {pattern:?} is larger than {PATTERN_BYTES} bytes");
            Err(Fault::new(path, format!("{text}, compiled")))
        }
        Err(error) => {
            let said = error.to_string();
            let last = said.lines().last().unwrap_or_default().trim();
            let last = last.trim_start_matches("error: ");
            Err(Fault::new(path, format!("the pattern {pattern:?} cannot be used: {last}")))
        }
    }
}

/// Words of the document in a fault, short.
fn cut(text: &str) -> String {
    text.chars().take(120).collect()
}
