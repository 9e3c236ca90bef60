//! `[settings]`: what a plugin can be told by those who run it, as a schema file of its folder or
//! setting by setting, and whether it may register more. Both become one schema, which
//! `crate::settings` judges. It reads no folder.

use std::path::{Component, PathBuf};
use std::sync::Arc;

use serde_json::{Map, Value, json};
use toml::de::DeValue;

use crate::config::fault::{Place, Problem};
use crate::config::section::{Field, Section};
use crate::settings::{Fault, MOST_FIELDS, Schema};

/// Where a plugin's settings are declared.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum SettingsDecl {
    /// Nowhere: it has none.
    #[default]
    None,
    /// In the manifest.
    Inline(Arc<Schema>),
    /// In a file beneath the plugin's folder, which this place names.
    File(PathBuf, Place),
}

/// Types of a setting that is declared in the manifest.
const TYPES: [&str; 4] = ["boolean", "integer", "number", "string"];

/// Reads `[settings]`, and how many more the plugin may register while it runs.
pub fn read(root: &Section<'_>) -> (SettingsDecl, usize) {
    let Some(table) = root.section("settings") else { return (SettingsDecl::None, 0) };
    let dynamic = read_dynamic(&table);
    let declared = match table.field("schema") {
        Some(field) if field.value().is_str() => {
            let path = field.parse(file);
            table.close();
            match path {
                Some(path) => SettingsDecl::File(path, field.place()),
                None => SettingsDecl::None,
            }
        }
        Some(_) | None => read_inline(root, &table, dynamic > 0),
    };
    (declared, dynamic)
}

/// A setting may be called so too: then it is a table.
fn read_dynamic(table: &Section<'_>) -> usize {
    let flag = table.field("dynamic").filter(|it| it.value().as_bool().is_some());
    if flag.and_then(|it| it.flag()) != Some(true) {
        return 0;
    }
    let Some(most) = table.field("maximum").filter(|it| !it.value().is_table()) else {
        return MOST_FIELDS;
    };
    let number = most.integer().and_then(|it| usize::try_from(it).ok());
    let fits = number.filter(|it| (1..=MOST_FIELDS).contains(it));
    let refused = || Problem::new(format!("is between 1 and {MOST_FIELDS}"));
    most.settle(fits.ok_or_else(refused)).unwrap_or(0)
}

fn file(text: &str) -> Result<PathBuf, Problem> {
    let path = PathBuf::from(text);
    let inside = |it: Component<'_>| matches!(it, Component::CurDir | Component::Normal(_));
    match !text.is_empty() && !text.contains('\0') && path.components().all(inside) {
        true => Ok(path),
        false => Err(Problem::new(format!("{text:?} is no file of the plugin's folder"))
            .hint("\"settings.schema.json\"")),
    }
}

fn read_inline(root: &Section<'_>, table: &Section<'_>, is_dynamic: bool) -> SettingsDecl {
    let (mut properties, mut required) = (Map::new(), Vec::new());
    let mut is_whole = true;
    let about_more = |field: &Field<'_>| match field.name() {
        "dynamic" => field.value().as_bool().is_some(),
        "maximum" => is_dynamic && !field.value().is_table(),
        _ => false,
    };
    for field in table.entries().into_iter().filter(|it| !about_more(it)) {
        match field.section().and_then(|it| property(&it)) {
            Some(Property { json, is_required }) => {
                required.extend(is_required.then(|| json!(field.name())));
                properties.insert(field.name().to_owned(), Value::Object(json));
            }
            None => is_whole = false,
        }
    }
    if !is_whole {
        return SettingsDecl::None;
    }
    let document = json!({ "type": "object", "properties": properties, "required": required });
    match Schema::read(document) {
        Ok(schema) => SettingsDecl::Inline(Arc::new(schema)),
        Err(faults) => {
            for fault in faults {
                let path = fault.path.trim_start_matches('/').replace('/', ".");
                let path = path.trim_start_matches("properties.").to_owned();
                let path = if path.is_empty() { String::new() } else { format!(".{path}") };
                root.fault(
                    &format!("settings{path}"),
                    problem(Fault { path: String::new(), ..fault }),
                );
            }
            SettingsDecl::None
        }
    }
}

struct Property {
    json: Map<String, Value>,
    is_required: bool,
}

/// One setting of the manifest, as JSON Schema has it.
fn property(table: &Section<'_>) -> Option<Property> {
    let kind = table.needed("type", "\"boolean\"").and_then(|it| it.parse(kind));
    let mut json = Map::new();
    let mut put = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            json.insert(key.to_owned(), value);
        }
    };
    put("type", kind.clone().map(Value::String));
    put("title", table.field("label").and_then(|it| it.text()).map(Value::from));
    put("description", table.field("description").and_then(|it| it.text()).map(Value::from));
    put("default", table.field("default").and_then(|it| value(&it)));
    let choices = [table.field("enum"), table.field("choices")];
    put("enum", choices.into_iter().flatten().next().and_then(|it| list(&it)));
    put("minimum", table.field("min").and_then(|it| value(&it)));
    put("maximum", table.field("max").and_then(|it| value(&it)));
    put("maxLength", table.field("maxLength").and_then(|it| value(&it)));
    put("pattern", table.field("pattern").and_then(|it| it.text()).map(Value::from));
    put("x-secret", table.field("secret").and_then(|it| it.flag()).map(Value::from));
    put("x-scopes", table.field("scope").and_then(|it| scopes(&it)));
    let is_required = table.field("required").and_then(|it| it.flag()).unwrap_or(false);
    table.close();
    kind.map(|_| Property { json, is_required })
}

fn kind(text: &str) -> Result<String, Problem> {
    match TYPES.contains(&text) {
        true => Ok(text.to_owned()),
        false => {
            let hint = format!("one of {}; a schema file can say more", TYPES.join(", "));
            Err(Problem::new(format!("no such type: {text}")).hint(hint))
        }
    }
}

/// One scope, or a list of them.
fn scopes(field: &Field<'_>) -> Option<Value> {
    match field.value() {
        DeValue::String(word) => Some(json!([word])),
        _ => list(field),
    }
}

fn list(field: &Field<'_>) -> Option<Value> {
    let items = field.items()?;
    items.iter().map(value).collect::<Option<Vec<_>>>().map(Value::from)
}

/// What TOML and JSON share: text, numbers, true and false.
fn value(field: &Field<'_>) -> Option<Value> {
    match field.value() {
        DeValue::String(text) => Some(json!(text)),
        DeValue::Boolean(truth) => Some(json!(truth)),
        DeValue::Integer(_) => field.integer().map(Value::from),
        DeValue::Float(number) => {
            let number = number.as_str().replace('_', "").parse::<f64>().ok();
            let number = number.and_then(serde_json::Number::from_f64).map(Value::Number);
            field.settle(number.ok_or_else(|| Problem::new("is no number that settings can have")))
        }
        DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => {
            let kind = field.value().type_str();
            field.fault(Problem::new(format!(
                "expected text, a number, true or false, found {kind}"
            )));
            None
        }
    }
}

/// A schema's fault as a file's.
pub fn problem(fault: Fault) -> Problem {
    let Fault { path, message, hint } = fault;
    let message = if path.is_empty() { message } else { format!("{path}: {message}") };
    match hint {
        Some(hint) => Problem::new(message).hint(hint),
        None => Problem::new(message),
    }
}
