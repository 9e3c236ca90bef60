//! What results for a plugin from its schema and what was saved: what counts, what does not fit any
//! more, what is missing. Made anew whenever either changes, off the data plane; then only read.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::overlay::{Held, Rows};
use super::schema::{Field, Schema};
use super::scope::{Place, Scope};

/// Words about values that do not fit; the rest is counted.
const TOLD: usize = 10;

/// What values are held against.
#[derive(Debug, Clone, Default)]
pub struct Judge {
    /// What was declared; nothing where the plugin has no settings.
    pub schema: Option<Arc<Schema>>,
    /// The plugin may register more: what nobody declares may be of that, and is no fault.
    pub awaits_more: bool,
}

impl Judge {
    /// Whether it is the very same.
    pub fn is(&self, other: &Self) -> bool {
        let same = match (&self.schema, &other.schema) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        same && self.awaits_more == other.awaits_more
    }
}

/// What counts for a plugin.
#[derive(Debug, Default)]
pub struct Standing {
    /// By what it was looked at.
    pub judge: Judge,
    /// All that is kept.
    pub rows: Rows,
    /// Those of them that fit.
    counting: Rows,
    /// Why others do not, scope by scope: whoever looks at a place reads of no other.
    unfit: BTreeMap<Scope, Vec<String>>,
    /// Settings that the plugin is not started without, and which nobody has set.
    pub missing: Vec<String>,
    /// What counts on the whole server, as JSON.
    pub server: String,
    /// Under which keys secrets are kept, each with one of them.
    pub keys: BTreeMap<u32, String>,
}

impl Standing {
    /// What counts by a schema. Takes a while where much was saved: not for the data plane.
    #[must_use]
    pub fn of(judge: Judge, rows: Rows) -> Self {
        let Some(of) = judge.schema.as_deref() else { return Self::of_nothing(judge, rows) };
        let (mut counting, mut unfit) = (Rows::default(), BTreeMap::<Scope, Vec<String>>::new());
        let mut keys = BTreeMap::new();
        for (scope, key, held) in rows.iter() {
            if let Held::Secret(sealed) = held {
                keys.entry(sealed.version).or_insert_with(|| key.to_owned());
            }
            match misfit(of, (scope, key, held)) {
                None => counting.put(scope, key, Some(held.clone())),
                Some(_) if judge.awaits_more && of.field(key).is_none() => {}
                Some(why) => unfit.entry(scope.clone()).or_default().push(why),
            }
        }
        let server = counting.effective(of.defaults(), &Place::default());
        for fault in of.faults(&server).into_iter().filter(|fault| fault.path.is_empty()) {
            unfit.entry(Scope::Server).or_default().push(fault.to_string());
        }
        let missing = of.fields().iter().filter(|field| is_missing(field, &server, &counting));
        let missing = missing.map(|field| field.key.clone()).collect();
        let server = Value::Object(server).to_string();
        Self { judge, rows, counting, unfit, missing, server, keys }
    }

    /// Where nothing counts: all of it is kept as it is.
    #[must_use]
    pub fn of_nothing(judge: Judge, rows: Rows) -> Self {
        Self { judge, rows, server: "{}".to_owned(), ..Self::default() }
    }

    /// What was declared; nothing where the plugin has no settings.
    #[must_use]
    pub fn schema(&self) -> Option<&Arc<Schema>> {
        self.judge.schema.as_ref()
    }

    /// Why values do not count, wherever they are kept.
    #[must_use]
    pub fn unfit(&self) -> Vec<String> {
        told(self.unfit.values().flatten())
    }

    /// The same of those that would count at a place: somebody else's are not told there.
    #[must_use]
    pub fn unfit_at(&self, place: &Place) -> Vec<String> {
        told(place.scopes().iter().filter_map(|scope| self.unfit.get(scope)).flatten())
    }

    /// Secrets that count on the whole server and are others than in `before`.
    #[must_use]
    pub fn secrets_unlike(&self, before: &Self) -> Vec<String> {
        let secret = |of: &Self, key: &str| match of.counting.get(&Scope::Server, key) {
            Some(Held::Secret(sealed)) => Some(sealed.clone()),
            Some(Held::Open(_)) | None => None,
        };
        let fields = self.schema().into_iter().flat_map(|it| it.fields()).filter(|it| it.secret);
        let other = fields.filter(|it| secret(self, &it.key) != secret(before, &it.key));
        other.map(|it| it.key.clone()).collect()
    }

    /// The open values that count at a place.
    #[must_use]
    pub fn effective(&self, place: &Place) -> Map<String, Value> {
        match self.schema() {
            Some(schema) => self.counting.effective(schema.defaults(), place),
            None => Map::new(),
        }
    }

    /// What of these rows would count at a place.
    #[must_use]
    pub fn with(schema: &Schema, rows: &Rows, place: &Place) -> Map<String, Value> {
        let mut counting = Rows::default();
        for scope in place.scopes() {
            for field in schema.fields() {
                let held = rows.get(&scope, &field.key);
                let fits = |held: &&Held| misfit(schema, (&scope, &field.key, held)).is_none();
                counting.put(&scope, &field.key, held.filter(fits).cloned());
            }
        }
        counting.effective(schema.defaults(), place)
    }

    /// What counts under one key at a place, and where it comes from.
    #[must_use]
    pub fn find(&self, place: &Place, key: &str) -> Option<(Scope, &Held)> {
        self.counting.find(place, key)
    }

    /// Whether something counts for less than the whole server.
    #[must_use]
    pub fn is_narrowed(&self) -> bool {
        self.counting.is_narrowed()
    }
}

/// The first of them; the rest is counted.
fn told<'a>(all: impl Iterator<Item = &'a String>) -> Vec<String> {
    let (mut told, mut more) = (Vec::new(), 0_usize);
    for why in all {
        match told.len() < TOLD {
            true => told.push(why.clone()),
            false => more += 1,
        }
    }
    told.extend((more > 0).then(|| format!("{more} more")));
    told
}

fn is_missing(field: &Field, server: &Map<String, Value>, counting: &Rows) -> bool {
    let is_set = match field.secret {
        true => counting.get(&Scope::Server, &field.key).is_some(),
        false => server.contains_key(&field.key),
    };
    field.required && !is_set
}

/// Why a value that was saved once does not count now.
fn misfit(schema: &Schema, (scope, key, held): (&Scope, &str, &Held)) -> Option<String> {
    let at = || match scope {
        Scope::Server => String::new(),
        narrower => format!(" ({narrower})"),
    };
    let Some(field) = schema.field(key) else {
        return Some(format!("{key}{}: is not declared any more", at()));
    };
    if !field.scopes.contains(&scope.kind()) {
        return Some(format!("{key}{}: may not be set there any more", at()));
    }
    match held {
        Held::Secret(_) if !field.secret => Some(format!("{key}{}: is no secret any more", at())),
        Held::Open(_) if field.secret => Some(format!("{key}{}: is to be secret now", at())),
        Held::Secret(_) => None,
        Held::Open(value) => {
            let first = schema.faults_of(key, value).into_iter().next()?;
            Some(format!("{}{}: {}", first.path, at(), first.message))
        }
    }
}
