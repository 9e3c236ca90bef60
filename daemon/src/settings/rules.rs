//! The one place that knows the schema library: compiles a document and names every fault of a
//! value.
//!
//! Patterns go to the engine that takes linear time, references stay in the document. How much a
//! document may hold was looked at before ([`super::caps`]).

use jsonschema::error::ValidationErrorKind as Kind;
use jsonschema::{Draft, PatternOptions, ValidationError, Validator};
use serde_json::Value;

use super::Fault;
use super::caps::PATTERN_BYTES;

/// Faults told of one value.
const MOST: usize = 50;
/// Bytes of a value that is repeated.
const REPEATED: usize = 80;
/// Characters of what is said of one.
const WORDS: usize = 240;

/// A compiled document.
pub struct Rules(Validator);

/// Whether faults may show the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// They may.
    Openly,
    /// It is secret.
    Masked,
}

impl Rules {
    /// Compiles a document whose cost has been looked at.
    ///
    /// # Errors
    /// It is no schema.
    pub fn compile(document: &Value) -> Result<Self, Fault> {
        let patterns =
            PatternOptions::regex().size_limit(PATTERN_BYTES).dfa_size_limit(PATTERN_BYTES);
        let options = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .with_pattern_options(patterns)
            .offline();
        options.build(document).map(Self).map_err(|error| {
            let path = dotted(error.instance_path().as_str());
            Fault::new(path, said(&error, Shown::Openly))
        })
    }

    /// Every fault of a value.
    pub fn faults(&self, value: &Value, shown: Shown) -> Vec<Fault> {
        let errors = self.0.iter_errors(value);
        errors.take(MOST).map(|error| fault(&error, shown)).collect()
    }
}

impl std::fmt::Debug for Rules {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Rules")
    }
}

fn fault(error: &ValidationError<'_>, shown: Shown) -> Fault {
    let hint = match error.kind() {
        Kind::Enum { options } => options.as_array().map(|options| {
            let options: Vec<String> = options.iter().map(Value::to_string).collect();
            format!("one of {}", options.join(", "))
        }),
        Kind::Maximum { limit } | Kind::ExclusiveMaximum { limit } => {
            Some(format!("at most {limit}"))
        }
        Kind::Minimum { limit } | Kind::ExclusiveMinimum { limit } => {
            Some(format!("at least {limit}"))
        }
        Kind::MaxLength { limit } => Some(format!("at most {limit} characters")),
        _ => None,
    };
    let hint = hint.map(|hint| cut(&hint));
    Fault::new(dotted(error.instance_path().as_str()), said(error, shown)).hint(hint)
}

fn said(error: &ValidationError<'_>, shown: Shown) -> String {
    // What somebody typed is before their eyes; a long text would only hide what is wrong with it.
    let is_short = error.instance().to_string().len() <= REPEATED;
    cut(&match shown {
        Shown::Openly if is_short => error.to_string(),
        Shown::Openly | Shown::Masked => error.masked().to_string(),
    })
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(WORDS) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// `/limits/0/most` as people write it: `limits[0].most`.
fn dotted(pointer: &str) -> String {
    let mut path = String::new();
    for part in pointer.split('/').skip(1) {
        let part = part.replace("~1", "/").replace("~0", "~");
        if part.parse::<usize>().is_ok() {
            path.push_str(&format!("[{part}]"));
        } else {
            path.push_str(if path.is_empty() { "" } else { "." });
            path.push_str(&part);
        }
    }
    path
}
