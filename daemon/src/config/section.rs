//! Reading a TOML table key by key: each key is asked for once, what nobody asked for is unknown.
//! It knows shapes (text, list, table), never the meaning of a key.

use super::document::Document;
use super::fault::{Place, Problem};
use super::nearest::nearest;
use super::source::{Layer, Source, Sourced};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A table of the file.
pub struct Section<'d> {
    document: &'d Document<'d>,
    path: String,
    span: Range<usize>,
    table: &'d DeTable<'d>,
    asked: RefCell<BTreeSet<&'static str>>,
}

impl<'d> Section<'d> {
    /// The table that stands at `span` under the dotted `path`.
    pub fn new(
        document: &'d Document<'d>,
        path: String,
        span: Range<usize>,
        table: &'d DeTable<'d>,
    ) -> Section<'d> {
        Section { document, path, span, table, asked: RefCell::default() }
    }

    /// The value of a key, if it was given.
    pub fn field(&self, key: &'static str) -> Option<Field<'d>> {
        self.asked.borrow_mut().insert(key);
        let (name, value) = self.table.get_key_value(key)?;
        Some(self.entry(name.get_ref(), name.span(), value))
    }

    /// Whether a key was given.
    pub fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// The value of a key that must be given; its absence is a fault.
    pub fn needed(&self, key: &'static str, example: &str) -> Option<Field<'d>> {
        let field = self.field(key);
        if field.is_none() {
            self.fault(key, Problem::new("missing").hint(format!("{key} = {example}")));
        }
        field
    }

    /// The table under a key, if it was given.
    pub fn section(&self, key: &'static str) -> Option<Section<'d>> {
        self.field(key)?.section()
    }

    /// Every table of an array of tables; none where the key is absent.
    pub fn sections(&self, key: &'static str) -> Vec<Section<'d>> {
        let items = self.field(key).and_then(|field| field.items()).unwrap_or_default();
        items.iter().filter_map(Field::section).collect()
    }

    /// Every entry of a table whose keys are the reader's to choose (plugin names, runtimes).
    pub fn entries(&self) -> Vec<Field<'d>> {
        let entries = self.table.iter();
        entries.map(|(name, value)| self.entry(name.get_ref(), name.span(), value)).collect()
    }

    /// Refuses keys that a later daemon will understand.
    pub fn not_supported(&self, keys: &[&'static str]) {
        for key in keys {
            if let Some(field) = self.field(key) {
                field.fault(Problem::not_supported());
            }
        }
    }

    /// Notes a fault of one key of this table, or of the table itself where `key` is empty.
    pub fn fault(&self, key: &str, problem: Problem) {
        let span = self.table.get_key_value(key).map_or(self.span.clone(), |(name, _)| name.span());
        self.document.fault(&span, self.path_of(key), problem);
    }

    /// Refuses every key that nobody asked for, naming the nearest one that is known. `x-` tables
    /// are the author's own.
    pub fn close(&self) {
        let asked = self.asked.borrow();
        let unknown = self.table.keys().filter(|name| !asked.contains(name.get_ref().as_ref()));
        for name in unknown.filter(|name| !name.get_ref().starts_with("x-")) {
            let mut problem = Problem::new("unknown key");
            if let Some(known) = nearest(name.get_ref(), asked.iter().copied()) {
                problem = problem.hint(known);
            }
            self.document.fault(&name.span(), self.path_of(name.get_ref()), problem);
        }
    }

    /// The line this table begins on.
    pub fn place(&self) -> Place {
        self.document.place(&self.span)
    }

    fn entry(&self, name: &str, span: Range<usize>, value: &'d Spanned<DeValue<'d>>) -> Field<'d> {
        let name = name.to_owned();
        Field { document: self.document, path: self.path_of(&name), name, span, value }
    }

    fn path_of(&self, key: &str) -> String {
        match (self.path.is_empty(), key.is_empty()) {
            (true, _) => key.to_owned(),
            (false, true) => self.path.clone(),
            (false, false) => format!("{}.{key}", self.path),
        }
    }
}

/// One value of the file, with its key.
pub struct Field<'d> {
    document: &'d Document<'d>,
    path: String,
    name: String,
    span: Range<usize>,
    value: &'d Spanned<DeValue<'d>>,
}

impl<'d> Field<'d> {
    /// The last part of its key.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The raw value, for a reader that accepts several shapes.
    pub fn value(&self) -> &'d DeValue<'d> {
        self.value.get_ref()
    }

    /// The line it stands on.
    pub fn place(&self) -> Place {
        self.document.place(&self.span)
    }

    /// Notes a fault of this value.
    pub fn fault(&self, problem: Problem) {
        self.document.fault(&self.span, self.path.clone(), problem);
    }

    /// Text.
    pub fn text(&self) -> Option<&'d str> {
        self.expect("text in quotes", self.value().as_str())
    }

    /// A whole number.
    pub fn integer(&self) -> Option<i64> {
        let integer = self.value().as_integer();
        let number = integer.and_then(|it| i64::from_str_radix(it.as_str(), it.radix()).ok());
        self.expect("a whole number", number.or_else(|| self.bare()))
    }

    /// `true` or `false`.
    pub fn flag(&self) -> Option<bool> {
        self.expect("true or false", self.value().as_bool().or_else(|| self.bare()))
    }

    /// On the command line everything is text, numbers and flags too.
    fn bare<T: std::str::FromStr>(&self) -> Option<T> {
        match self.document.layer() {
            Layer::Cli => self.value().as_str()?.parse().ok(),
            Layer::Manifest | Layer::Operator => None,
        }
    }

    /// A table.
    pub fn section(&self) -> Option<Section<'d>> {
        let table = self.expect("a table", self.value().as_table())?;
        Some(Section::new(self.document, self.path.clone(), self.span.clone(), table))
    }

    /// The entries of a list, each with its own place.
    pub fn items(&self) -> Option<Vec<Field<'d>>> {
        let list = self.expect("a list", self.value().as_array())?;
        let item = |(index, value): (usize, &'d Spanned<DeValue<'d>>)| Field {
            document: self.document,
            path: format!("{}[{index}]", self.path),
            name: self.name.clone(),
            span: value.span(),
            value,
        };
        Some(list.iter().enumerate().map(item).collect())
    }

    /// Text that means something; what it cannot mean is a fault.
    pub fn parse<T>(&self, read: impl FnOnce(&str) -> Result<T, Problem>) -> Option<T> {
        self.settle(read(self.text()?))
    }

    /// A list of texts that mean something, in their order.
    pub fn parse_list<T>(&self, read: impl Fn(&str) -> Result<T, Problem>) -> Vec<T> {
        let items = self.items().unwrap_or_default();
        items.iter().filter_map(|item| item.parse(&read)).collect()
    }

    /// The good outcome, or a fault noted here.
    pub fn settle<T>(&self, outcome: Result<T, Problem>) -> Option<T> {
        outcome.map_err(|problem| self.fault(problem)).ok()
    }

    /// A value together with this field as its source.
    pub fn sourced<T>(&self, value: T) -> Sourced<T> {
        Sourced { value, source: Source::of(self.document.layer(), self.place()) }
    }

    fn expect<T>(&self, wanted: &str, found: Option<T>) -> Option<T> {
        if found.is_none() {
            let kind = self.value().type_str();
            self.fault(Problem::new(format!("expected {wanted}, found {kind}")));
        }
        found
    }
}
