//! Settings that a plugin registers while it runs, beside those of its manifest: one schema of
//! both, which is judged like a manifest's. They go with the process that registered them.
//!
//! It refuses to know why a plugin has more settings than its manifest says.

use std::sync::Arc;

use outboard_proto::common::{Failure, Reason};
use outboard_proto::plugin::SettingsRegisterResponse;
use serde_json::{Map, Value, json};
use tonic::Code;

use super::ledger::{Declared, Inner, Ledger};
use super::schema::Schema;
use super::standing::Judge;
use super::{Fault, SCHEMA_BYTES};

/// Keywords that a registered schema has. Rules over several settings stand in the manifest, where
/// they can be read before anything runs.
const KEYWORDS: [&str; 7] =
    ["$schema", "type", "title", "description", "properties", "required", "$defs"];
/// Faults that are told.
const TOLD: usize = 20;

/// What was registered, and since when.
#[derive(Debug, Default)]
pub(super) struct Registered {
    /// Grows with every process and every load: what an earlier one began to register is too late.
    era: u64,
    /// Something stands.
    is_there: bool,
}

impl Registered {
    /// The manifest alone counts again, whatever is under way.
    pub(super) fn forget(&mut self) {
        (self.era, self.is_there) = (self.era + 1, false);
    }
}

impl Ledger {
    /// Has these settings stand beside the manifest's, in the place of what was registered before.
    ///
    /// # Errors
    /// The manifest allows none, they cannot stand, or the plugin is going.
    pub async fn register(&self, schema: String) -> Result<SettingsRegisterResponse, Failure> {
        // One after the other, in the order they came.
        let _registering = self.registering.lock().await;
        let (declared, era) = {
            let inner = self.inner();
            (inner.declared.clone(), inner.registered.era)
        };
        if declared.dynamic == 0 {
            let text =
                "the manifest allows no settings to be registered: [settings] dynamic = true";
            return Err(Failure::new(Code::FailedPrecondition, Reason::BadSettingsSchema, text));
        }
        let (many, of) = (declared.dynamic, declared.schema.clone());
        let read = tokio::task::spawn_blocking(move || read(of.as_ref(), &schema, many));
        let read = read.await.map_err(|_| {
            let text = "looking at the schema failed unexpectedly";
            Failure::new(Code::Internal, Reason::Internal, text)
        })?;
        let both = read.map_err(|faults| failure(&faults))?;
        let is_there = both.is_some();
        let judge = match both {
            Some(both) => Judge { schema: Some(both), awaits_more: false },
            None => declared.judge(),
        };
        let in_time = |inner: &mut Inner| {
            let in_time = inner.registered.era == era;
            if in_time {
                inner.registered.is_there = is_there;
            }
            in_time
        };
        if !self.stand_by(judge, in_time).await {
            let text = "the process that registered these settings is gone";
            return Err(Failure::new(Code::Unavailable, Reason::Stopping, text));
        }
        self.moved();
        Ok(self.registered())
    }

    /// What is told to who has registered; it goes by that.
    fn registered(&self) -> SettingsRegisterResponse {
        let mut inner = self.inner();
        inner.changes += 1;
        let standing = Arc::clone(&inner.standing);
        if let Some(listener) = &mut inner.listener {
            listener.knows = Arc::clone(&standing);
        }
        SettingsRegisterResponse {
            change: inner.changes,
            settings: standing.server.clone(),
            narrowed: standing.is_narrowed(),
            missing: standing.missing.clone(),
            unfit: standing.unfit(),
        }
    }

    /// The process is gone, or another one begins: what it registered goes.
    pub fn process_over(self: &Arc<Self>) {
        let (declared, was_there) = {
            let mut inner = self.inner();
            let was_there = inner.registered.is_there;
            inner.registered.forget();
            (inner.declared.clone(), was_there)
        };
        if !was_there {
            return;
        }
        let ledger = Arc::clone(self);
        tokio::spawn(async move {
            let still = |inner: &mut Inner| {
                let loaded_anew = !inner.declared.judge().is(&declared.judge());
                !loaded_anew && !inner.registered.is_there
            };
            if ledger.stand_by(declared.judge(), still).await {
                // Should the next process have been quicker, it is told.
                ledger.inform();
                ledger.moved();
            }
        });
    }
}

impl Declared {
    /// By what everything is looked at while nothing is registered.
    pub(super) fn judge(&self) -> Judge {
        Judge { schema: self.schema.clone(), awaits_more: self.dynamic > 0 }
    }
}

/// Reads what is registered beside what is declared; nothing where nothing is registered.
fn read(
    declared: Option<&Arc<Schema>>,
    text: &str,
    most: usize,
) -> Result<Option<Arc<Schema>>, Vec<Fault>> {
    if text.len() as u64 > SCHEMA_BYTES {
        return Err(vec![Fault::new("", format!("is larger than {SCHEMA_BYTES} bytes"))]);
    }
    let more: Value =
        serde_json::from_str(text).map_err(|error| vec![Fault::new("", error.to_string())])?;
    // By itself first, so that a fault is told where it stands.
    let read = Schema::read(more)?;
    if read.fields().is_empty() {
        return Ok(None);
    }
    let base = declared.map(|it| it.document());
    let both = merge(base, read.document(), most)?;
    Schema::read(both).map(|it| Some(Arc::new(it)))
}

fn merge(base: Option<&Value>, more: &Value, most: usize) -> Result<Value, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut both = match base.and_then(Value::as_object) {
        Some(base) => base.clone(),
        None => Map::from_iter([("type".to_owned(), json!("object"))]),
    };
    for keyword in more.as_object().into_iter().flat_map(Map::keys) {
        if !KEYWORDS.contains(&keyword.as_str()) {
            let hint = Some("a rule over several settings stands in the manifest".to_owned());
            let fault = Fault::new(keyword.as_str(), "is not registered while the plugin runs");
            faults.push(fault.hint(hint));
        }
    }
    let count = more["properties"].as_object().map_or(0, Map::len);
    if count > most {
        let text = format!("the manifest allows {most} settings to be registered");
        faults.push(Fault::new("properties", text));
    }
    for part in ["properties", "$defs"] {
        let Some(all) = more[part].as_object() else { continue };
        let known = both.entry(part).or_insert_with(|| json!({}));
        let Some(known) = known.as_object_mut() else { continue };
        for (name, value) in all {
            if known.insert(name.clone(), value.clone()).is_some() {
                let path = format!("{part}.{name}");
                faults.push(Fault::new(path, "is the manifest's, and stays as it is there"));
            }
        }
    }
    if let Some(required) = more["required"].as_array() {
        let known = both.entry("required").or_insert_with(|| json!([]));
        known.as_array_mut().into_iter().for_each(|it| it.extend(required.iter().cloned()));
    }
    if faults.is_empty() { Ok(Value::Object(both)) } else { Err(faults) }
}

fn failure(faults: &[Fault]) -> Failure {
    let told: Vec<String> = faults.iter().take(TOLD).map(Fault::to_string).collect();
    let text = format!("the settings cannot be registered: {}", told.join("; "));
    Failure::new(Code::InvalidArgument, Reason::BadSettingsSchema, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declared() -> Arc<Schema> {
        let document = json!({
            "type": "object",
            "properties": {
                "greeting": { "type": "string", "default": "Hello" },
                "most": { "$ref": "#/$defs/few" },
            },
            "dependentRequired": { "most": ["greeting"] },
            "$defs": { "few": { "type": "integer", "maximum": 9 } },
        });
        Arc::new(Schema::read(document).unwrap())
    }

    fn keys(schema: &Schema) -> Vec<&str> {
        schema.fields().iter().map(|it| it.key.as_str()).collect()
    }

    fn faults(more: &Value) -> String {
        let found = read(Some(&declared()), &more.to_string(), 2).err().unwrap_or_default();
        found.iter().map(Fault::to_string).collect::<Vec<_>>().join("; ")
    }

    // I112
    #[test]
    fn what_is_registered_stands_beside_the_manifests_and_may_be_nothing() {
        let more = json!({
            "type": "object",
            "properties": { "room": { "$ref": "#/$defs/room" } },
            "required": ["room"],
            "$defs": { "room": { "enum": ["red", "blue"] } },
        });
        let both = read(Some(&declared()), &more.to_string(), 2).unwrap().unwrap();
        assert_eq!(keys(&both), ["greeting", "most", "room"]);
        assert!(both.field("room").unwrap().required);
        assert!(!both.faults_of("room", &json!("green")).is_empty());
        assert!(!both.faults_of("most", &json!(10)).is_empty());
        let alone = read(None, &more.to_string(), 2).unwrap().unwrap();
        assert_eq!(keys(&alone), ["room"]);
        let nothing = json!({ "type": "object", "properties": {} }).to_string();
        assert!(read(Some(&declared()), &nothing, 2).unwrap().is_none());
    }

    // I112
    #[test]
    fn what_a_manifest_could_not_say_is_not_registered_either() {
        let object = |properties: Value| json!({ "type": "object", "properties": properties });
        let deep = (0..40).fold(json!(true), |inner, _| json!({ "not": inner }));
        for (more, said) in [
            (object(json!({ "greeting": { "type": "string" } })), "greeting: is the manifest's"),
            (object(json!({ "a": {}, "b": {}, "c": {} })), "allows 2 settings"),
            (object(json!({ "x": deep })), "levels deep"),
            (object(json!({ "x": { "type": "integer", "default": "y" } })), "default does not fit"),
            (json!({ "type": "object", "properties": { "x": {} }, "not": {} }), "not: is not reg"),
            (json!([]), "is not a JSON object"),
            (
                json!({
                    "type": "object", "properties": { "x": {} },
                    "$defs": { "few": true },
                }),
                "$defs.few: is the manifest's",
            ),
        ] {
            let told = faults(&more);
            assert!(told.contains(said), "{more}: {told}");
        }
        let large = object(json!({ "x": { "title": "t".repeat(70_000) } }));
        assert!(faults(&large).contains("larger than 65536"));
    }
}
