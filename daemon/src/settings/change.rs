//! What somebody wants to save, held against schema and standing: every fault at once, or what is
//! to be kept. Pure; it encrypts nothing and asks nobody.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Fault;
use super::overlay::Held;
use super::schema::{Field, MOST_FIELDS, Schema};
use super::scope::Scope;
use super::standing::Standing;
use crate::config::nearest::nearest;

/// Bytes of one value, as JSON.
pub const VALUE_BYTES: usize = 8 * 1024;
/// Bytes of all that counts at one place: before and after a change go into one frame.
const PLACE_BYTES: usize = 24 * 1024;
/// Values that are kept of one plugin, over all scopes.
pub const MOST_ROWS: usize = 4_096;
/// Bytes of a workspace's, channel's or user's id.
const ID_BYTES: usize = 255;

/// Values to be saved in one scope.
#[derive(Clone, PartialEq)]
pub struct Change {
    /// Where.
    pub scope: Scope,
    /// By key; null = back to what counts without it.
    pub values: Map<String, Value>,
}

/// What is to be kept: open values, and secrets that are yet to be encrypted.
#[derive(Default, PartialEq)]
pub struct Checked {
    /// Nothing = what is there goes.
    pub open: BTreeMap<String, Option<Value>>,
    /// The same of secrets.
    pub secret: BTreeMap<String, Option<String>>,
}

impl std::fmt::Debug for Change {
    /// Keys only: a value may be a secret in clear.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let keys: Vec<&String> = self.values.keys().collect();
        f.debug_struct("Change").field("scope", &self.scope).field("keys", &keys).finish()
    }
}

impl std::fmt::Debug for Checked {
    /// Keys only.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.open.keys()).entries(self.secret.keys()).finish()
    }
}

impl Checked {
    /// Whether all of this is so already. A secret is never the same: it is encrypted.
    pub fn is_so(&self, standing: &Standing, scope: &Scope) -> bool {
        let same = |(key, value): (&String, &Option<Value>)| {
            let held = standing.rows.get(scope, key);
            match (held, value) {
                (Some(Held::Open(held)), Some(value)) => held == value,
                (None, None) => true,
                (Some(_), _) | (None, Some(_)) => false,
            }
        };
        let gone = |(key, secret): (&String, &Option<String>)| {
            secret.is_none() && standing.rows.get(scope, key).is_none()
        };
        self.open.iter().all(same) && self.secret.iter().all(gone)
    }
}

impl Change {
    /// Holds it against what is declared and what is there.
    ///
    /// # Errors
    /// Every fault there is.
    pub fn check(&self, schema: &Schema, standing: &Standing) -> Result<Checked, Vec<Fault>> {
        let (checked, mut faults) = self.alone(schema);
        if faults.is_empty() {
            faults.extend(self.all_together(schema, standing, &checked));
        }
        if faults.is_empty() { Ok(checked) } else { Err(faults) }
    }

    /// Holds every value against its own rules, whatever else is set; with every fault.
    pub fn alone(&self, schema: &Schema) -> (Checked, Vec<Fault>) {
        let (mut checked, mut faults) = (Checked::default(), self.misplaced());
        if self.values.len() > MOST_FIELDS {
            // Not one by one: there may be any number of them.
            let text =
                format!("names {} settings; there are at most {MOST_FIELDS}", self.values.len());
            faults.push(Fault::new("", text));
            return (checked, faults);
        }
        for (key, value) in &self.values {
            match schema.field(key) {
                Some(field) => self.take(schema, (field, value), &mut checked, &mut faults),
                None => faults.push(unknown(schema, key)),
            }
        }
        (checked, faults)
    }

    fn misplaced(&self) -> Vec<Fault> {
        let (workspace, id) = self.scope.names();
        let mut faults = Vec::new();
        if [workspace, id].iter().any(|name| name.len() > ID_BYTES) {
            faults.push(Fault::new("", format!("an id has at most {ID_BYTES} bytes")));
        }
        if matches!(self.scope, Scope::Channel(..) | Scope::User(..)) && id.is_empty() {
            let kind = self.scope.kind().as_str();
            faults.push(Fault::new("", format!("says not which {kind} it is for")));
        }
        faults
    }

    fn take(
        &self,
        schema: &Schema,
        (field, value): (&Field, &Value),
        checked: &mut Checked,
        faults: &mut Vec<Fault>,
    ) {
        let key = field.key.as_str();
        let kind = self.scope.kind();
        if !field.scopes.contains(&kind) {
            let scopes: Vec<&str> = field.scopes.iter().map(|it| it.as_str()).collect();
            let text = format!("cannot be set for a {}", kind.as_str());
            let hint = Some(format!("only for {}", scopes.join(", ")));
            return faults.push(Fault::new(key, text).hint(hint));
        }
        if value.is_null() {
            if field.required && self.scope == Scope::Server && !schema.defaults().contains_key(key)
            {
                let text = "is required: the plugin is not started without it";
                let hint = Some("set another value instead".to_owned());
                return faults.push(Fault::new(key, text).hint(hint));
            }
            match field.secret {
                true => drop(checked.secret.insert(key.to_owned(), None)),
                false => drop(checked.open.insert(key.to_owned(), None)),
            }
            return;
        }
        if value.to_string().len() > VALUE_BYTES {
            let text = format!("is larger than {VALUE_BYTES} bytes");
            return faults.push(Fault::new(key, text));
        }
        match (field.secret, value) {
            (false, value) => {
                faults.extend(schema.faults_of(key, value));
                checked.open.insert(key.to_owned(), Some(value.clone()));
            }
            (true, Value::String(secret)) => {
                faults.extend(schema.faults_of_secret(key, secret));
                checked.secret.insert(key.to_owned(), Some(secret.clone()));
            }
            (true, _) => faults.push(Fault::new(key, "a secret is text")),
        }
    }

    /// What no value shows by itself.
    fn all_together(&self, schema: &Schema, standing: &Standing, checked: &Checked) -> Vec<Fault> {
        let mut rows = standing.rows.clone();
        for (key, value) in &checked.open {
            rows.put(&self.scope, key, value.clone().map(Held::Open));
        }
        let added = checked.secret.values().flatten().count();
        if rows.len() + added > MOST_ROWS {
            let text = format!("more than {MOST_ROWS} values would be kept");
            return vec![Fault::new("", text)];
        }
        let after = Standing::with(schema, &rows, &self.scope.place());
        if Value::Object(after.clone()).to_string().len() > PLACE_BYTES {
            let text = format!("all settings together would have more than {PLACE_BYTES} bytes");
            return vec![Fault::new("", text)];
        }
        let before = standing.effective(&self.scope.place());
        let known = schema.faults(&before);
        let faults = schema.faults(&after).into_iter();
        // What was wrong before keeps nobody from mending something else.
        faults.filter(|fault| !known.contains(fault)).collect()
    }
}

fn unknown(schema: &Schema, key: &str) -> Fault {
    let known = schema.fields().iter().map(|field| field.key.as_str());
    let key: String = key.chars().take(64).collect();
    let hint = nearest(&key, known);
    Fault::new(key, "there is no such setting").hint(hint)
}
