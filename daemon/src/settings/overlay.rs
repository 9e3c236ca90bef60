//! Values as they are kept, scope by scope, and what counts at one place of all of them. It knows
//! no schema.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::scope::{Place, Scope, ScopeKind};
use crate::secrets::Sealed;

/// One value as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub enum Held {
    /// Open.
    Open(Value),
    /// Encrypted.
    Secret(Sealed),
}

/// All values of a plugin.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rows(BTreeMap<Scope, BTreeMap<String, Held>>);

impl Rows {
    /// Puts a value into its place, or takes away what is there.
    pub fn put(&mut self, scope: &Scope, key: &str, held: Option<Held>) {
        match held {
            Some(held) => {
                self.0.entry(scope.clone()).or_default().insert(key.to_owned(), held);
            }
            None => {
                if let Some(rows) = self.0.get_mut(scope) {
                    rows.remove(key);
                    if rows.is_empty() {
                        self.0.remove(scope);
                    }
                }
            }
        }
    }

    /// What is kept under a key in one scope.
    #[must_use]
    pub fn get(&self, scope: &Scope, key: &str) -> Option<&Held> {
        self.0.get(scope)?.get(key)
    }

    /// Every value.
    pub fn iter(&self) -> impl Iterator<Item = (&Scope, &str, &Held)> {
        self.0.iter().flat_map(|(scope, rows)| {
            rows.iter().map(move |(key, held)| (scope, key.as_str(), held))
        })
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.values().map(BTreeMap::len).sum()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether something counts for less than the whole server.
    #[must_use]
    pub fn is_narrowed(&self) -> bool {
        self.0.keys().any(|scope| *scope != Scope::Server)
    }

    /// The open values that count at a place: the narrower over the wider, all over `defaults`.
    #[must_use]
    pub fn effective(&self, defaults: &Map<String, Value>, place: &Place) -> Map<String, Value> {
        let mut all = defaults.clone();
        for scope in place.scopes() {
            for (key, held) in self.0.get(&scope).into_iter().flatten() {
                if let Held::Open(value) = held {
                    all.insert(key.clone(), value.clone());
                }
            }
        }
        all
    }

    /// What counts under one key at a place, and where it comes from.
    #[must_use]
    pub fn find(&self, place: &Place, key: &str) -> Option<(Scope, &Held)> {
        place.scopes().into_iter().rev().find_map(|scope| {
            let held = self.get(&scope, key)?;
            Some((scope, held))
        })
    }

    /// How far what counts under one key reaches; nothing where it is the default.
    #[must_use]
    pub fn origin(&self, place: &Place, key: &str) -> Option<ScopeKind> {
        self.find(place, key).map(|(scope, _)| scope.kind())
    }
}
