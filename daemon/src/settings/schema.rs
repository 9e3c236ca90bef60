//! What an author declares: an object's JSON Schema, and its properties as the fields of a form.
//!
//! Parsed once, into what cannot be wrong: every field has its scopes, every default fits. It
//! refuses to know what was saved.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::rules::{Rules, Shown};
use super::scope::ScopeKind;
use super::{Fault, caps};

/// Settings that one plugin may have.
pub const MOST_FIELDS: usize = 64;
/// Bytes of a setting's key.
const KEY_BYTES: usize = 64;

/// Keywords of ours, beside JSON Schema's.
const SECRET: &str = "x-secret";
const SCOPES: &str = "x-scopes";

/// A plugin's settings as declared.
#[derive(Debug)]
pub struct Schema {
    document: Value,
    /// The same as text: pages are asked for more often than schemas are declared.
    json: String,
    fields: Vec<Field>,
    defaults: Map<String, Value>,
    open: Rules,
    secret: Rules,
}

/// One setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name, and its key in the object.
    pub key: String,
    /// Where it may be saved.
    pub scopes: BTreeSet<ScopeKind>,
    /// It is encrypted where it is kept, and shown to nobody but the plugin.
    pub secret: bool,
    /// The plugin is not started without it.
    pub required: bool,
    /// It is text, so that what is typed needs no quotes.
    pub is_text: bool,
}

impl PartialEq for Schema {
    fn eq(&self, other: &Self) -> bool {
        self.document == other.document
    }
}

impl Schema {
    /// Reads a schema's text, as a file has it.
    ///
    /// # Errors
    /// As [`Schema::read`], and what is no JSON.
    pub fn parse(text: &str) -> Result<Self, Vec<Fault>> {
        let document = serde_json::from_str(text);
        let document = document.map_err(|error| vec![Fault::new("", error.to_string())])?;
        Self::read(document)
    }

    /// Reads a schema.
    ///
    /// # Errors
    /// Every fault that can be told at once: it asks for too much, leads out of itself, is no
    /// schema, or is not of an object whose properties are fields.
    pub fn read(document: Value) -> Result<Self, Vec<Fault>> {
        caps::check(&document).map_err(|fault| vec![fault])?;
        let (fields, mut faults) = read_fields(&document);
        if !faults.is_empty() {
            return Err(faults);
        }
        let compile = |secret| Rules::compile(&part(&document, &fields, secret));
        let (open, secret) = match (compile(false), compile(true)) {
            (Ok(open), Ok(secret)) => (open, secret),
            (open, secret) => {
                faults.extend([open.err(), secret.err()].into_iter().flatten());
                faults.dedup();
                return Err(faults);
            }
        };
        let defaults = defaults(&document, &fields);
        let found = open.faults(&Value::Object(defaults.clone()), Shown::Openly);
        let of_default = |fault: Fault| Fault {
            message: format!("the default does not fit: {}", fault.message),
            ..fault
        };
        // What concerns the whole may hold once people have set something.
        let found: Vec<Fault> = found.into_iter().filter(|it| !it.path.is_empty()).collect();
        match found.is_empty() {
            true => {
                let json = document.to_string();
                Ok(Self { document, json, fields, defaults, open, secret })
            }
            false => Err(found.into_iter().map(of_default).collect()),
        }
    }

    /// The schema, for those who make forms of it.
    #[must_use]
    pub fn document(&self) -> &Value {
        &self.document
    }

    /// The same as JSON.
    #[must_use]
    pub fn json(&self) -> &str {
        &self.json
    }

    /// Its fields, in the author's order.
    #[must_use]
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// One field.
    #[must_use]
    pub fn field(&self, key: &str) -> Option<&Field> {
        self.fields.iter().find(|it| it.key == key)
    }

    /// What counts where nothing was saved.
    #[must_use]
    pub fn defaults(&self) -> &Map<String, Value> {
        &self.defaults
    }

    /// Every fault of an object of open values.
    #[must_use]
    pub fn faults(&self, values: &Map<String, Value>) -> Vec<Fault> {
        self.open.faults(&Value::Object(values.clone()), Shown::Openly)
    }

    /// Every fault of one open value, by itself.
    #[must_use]
    pub fn faults_of(&self, key: &str, value: &Value) -> Vec<Fault> {
        let alone = Map::from_iter([(key.to_owned(), value.clone())]);
        let found = self.faults(&alone);
        found.into_iter().filter(|fault| !fault.path.is_empty()).collect()
    }

    /// Every fault of one secret, which they do not show.
    #[must_use]
    pub fn faults_of_secret(&self, key: &str, secret: &str) -> Vec<Fault> {
        self.secret.faults(&json!({ key: secret }), Shown::Masked)
    }

    /// What somebody typed, as the field wants it: text as it stands, anything else as JSON. What
    /// is no JSON stays text, and the schema says what is wrong with it.
    #[must_use]
    pub fn typed(&self, key: &str, text: &str) -> Value {
        match self.field(key) {
            Some(field) if field.is_text => Value::String(text.to_owned()),
            Some(_) | None => {
                serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
            }
        }
    }
}

fn read_fields(document: &Value) -> (Vec<Field>, Vec<Fault>) {
    let mut faults = Vec::new();
    let Some(root) = document.as_object() else {
        return (Vec::new(), vec![Fault::new("", "is not a JSON object")]);
    };
    if root.get("type").and_then(Value::as_str) != Some("object") {
        let hint = Some("\"type\": \"object\"".to_owned());
        faults.push(Fault::new("type", "settings are an object").hint(hint));
    }
    if root.contains_key("$ref") {
        faults.push(Fault::new("$ref", "the whole cannot be a reference"));
    }
    let Some(properties) = root.get("properties").and_then(Value::as_object) else {
        faults.push(Fault::new("properties", "missing: each property is one setting"));
        return (Vec::new(), faults);
    };
    if properties.len() > MOST_FIELDS {
        faults.push(Fault::new("properties", format!("has more than {MOST_FIELDS} settings")));
        return (Vec::new(), faults);
    }
    let mut required = BTreeSet::new();
    for name in root.get("required").and_then(Value::as_array).into_iter().flatten() {
        let name = name.as_str().unwrap_or_default();
        required.insert(name);
        if !properties.contains_key(name) {
            faults.push(Fault::new("required", format!("there is no setting {name:?}")));
        }
    }
    let mut fields = Vec::new();
    for (key, property) in properties {
        match read_field(key, property) {
            Ok(field) => {
                fields.push(Field { required: required.contains(key.as_str()), ..field });
            }
            Err(fault) => faults.push(fault),
        }
    }
    (fields, faults)
}

fn read_field(key: &str, property: &Value) -> Result<Field, Fault> {
    let path = format!("properties.{}", key.chars().take(KEY_BYTES).collect::<String>());
    let fault = |message: String| Fault::new(path.as_str(), message);
    if !is_key(key) {
        let text = format!(
            "the name of a setting has letters, digits, - and _, begins with a letter and has at \
             most {KEY_BYTES} bytes"
        );
        return Err(fault(text));
    }
    let Some(property) = property.as_object() else {
        return Err(fault("is not a JSON object".to_owned()));
    };
    let is_text = property.get("type").and_then(Value::as_str) == Some("string");
    let secret = match property.get(SECRET) {
        None => false,
        Some(Value::Bool(secret)) => *secret,
        Some(_) => return Err(fault(format!("{SECRET} is true or false"))),
    };
    if secret && !is_text {
        return Err(fault("a secret is text: \"type\": \"string\"".to_owned()));
    }
    if secret && (property.contains_key("default") || property.contains_key("enum")) {
        return Err(fault("a secret has no default and no choices".to_owned()));
    }
    let scopes = read_scopes(property).map_err(fault)?;
    Ok(Field { key: key.to_owned(), scopes, secret, required: false, is_text })
}

fn read_scopes(property: &Map<String, Value>) -> Result<BTreeSet<ScopeKind>, String> {
    let Some(said) = property.get(SCOPES) else { return Ok([ScopeKind::Server].into()) };
    let wrong = || {
        let known: Vec<&str> = ScopeKind::ALL.iter().map(|it| it.as_str()).collect();
        format!("{SCOPES} is a list of some of {}", known.join(", "))
    };
    let words = said.as_array().filter(|words| !words.is_empty()).ok_or_else(wrong)?;
    let kind = |word: &Value| word.as_str().and_then(ScopeKind::named).ok_or_else(wrong);
    words.iter().map(kind).collect()
}

fn is_key(key: &str) -> bool {
    let inner = |it: char| it.is_ascii_alphanumeric() || it == '_' || it == '-';
    key.len() <= KEY_BYTES
        && key.starts_with(|it: char| it.is_ascii_alphabetic())
        && key.chars().all(inner)
}

/// The document with only its open fields, or only its secret ones. What is required is looked at
/// elsewhere: values come one by one.
fn part(document: &Value, fields: &[Field], secret: bool) -> Value {
    let mut part = document.clone();
    let Some(root) = part.as_object_mut() else { return part };
    root.remove("required");
    if secret {
        // Rules of the whole do not see secrets.
        root.retain(|key, _| matches!(key.as_str(), "type" | "properties" | "$defs"));
    }
    if let Some(Value::Object(properties)) = root.get_mut("properties") {
        let wanted = |key: &str| fields.iter().any(|it| it.key == key && it.secret == secret);
        properties.retain(|key, _| wanted(key));
    }
    part
}

fn defaults(document: &Value, fields: &[Field]) -> Map<String, Value> {
    let default = |field: &Field| {
        let default = document["properties"][&field.key].get("default")?;
        Some((field.key.clone(), default.clone()))
    };
    fields.iter().filter_map(default).collect()
}
