//! `[[ui]]` and `assets`: what a plugin shows in an app, and the files of its pages. It knows the
//! declaration and gathers what the folder adds to it; what may be shown, `ui` says.

use super::asks;
use crate::config::fault::{Fault, Faults, Place, Problem};
use crate::config::section::{Field, Section};
use crate::ui::{
    AssetPattern, Assets, Contributed, Contribution, Dynamic, Kind, MOST, PLUGIN_BYTES, When,
    blocks_of_json, position_of,
};
use outboard_proto::common::{UiContribution, UiItem, UiPosition, UiWeb, UiWhen, ui_contribution};
use std::path::Path;
use toml::de::DeValue;

/// Bytes of a file that holds a component's blocks: as many as encode to a component, and room for
/// how people write JSON.
const FILE: u64 = 256 * 1024;

/// What a manifest says of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct UiDecls {
    /// What is shown from the start.
    pub all: Vec<UiDecl>,
    /// What may be registered later.
    pub dynamic: Dynamic,
    /// Files that apps may have, and where that is said.
    pub assets: Vec<(AssetPattern, Place)>,
}

/// One entry.
#[derive(Debug, Clone, PartialEq)]
pub struct UiDecl {
    /// Where it begins.
    pub place: Place,
    /// Such as `ui[0]`.
    pub key: String,
    /// As far as the manifest says it.
    pub wire: UiContribution,
    /// The file that holds its blocks.
    pub file: Option<String>,
    /// What a page is told first, JSON.
    pub data: String,
}

impl UiDecls {
    /// Whether it asks for nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty() && self.dynamic.most == 0
    }

    /// Reads what the folder adds, and checks all of it. Reads files.
    ///
    /// # Errors
    /// Every fault, at the entry that it is of.
    pub fn gather(&self, folder: &Path) -> Result<Contributed, Faults> {
        let mut faults = Vec::new();
        let patterns: Vec<AssetPattern> = self.assets.iter().map(|(it, _)| it.clone()).collect();
        let assets = Assets::read(folder, &patterns).unwrap_or_else(|problem| {
            let place = self.assets.first().map(|(_, place)| place);
            faults.extend(place.map(|place| Fault::at(place, "assets", problem)));
            Assets::default()
        });
        let mut all = Vec::new();
        for decl in &self.all {
            match decl.gather(folder, &assets) {
                Ok(contribution) => all.push(contribution),
                Err(found) => faults.extend(found),
            }
        }
        if all.iter().map(Contribution::bytes).sum::<usize>() > PLUGIN_BYTES {
            let what = format!("all of it has at most {PLUGIN_BYTES} bytes together");
            let place = self.all.first().map(|decl| &decl.place);
            faults.extend(place.map(|place| Fault::at(place, "ui", Problem::new(what))));
        }
        Faults::check(faults)?;
        Ok(Contributed { all, dynamic: self.dynamic.clone(), assets })
    }
}

impl UiDecl {
    fn gather(&self, folder: &Path, assets: &Assets) -> Result<Contribution, Vec<Fault>> {
        let fault = |key: &str, problem: Problem| {
            let dot = if key.is_empty() { "" } else { "." };
            Fault::at(&self.place, format!("{}{dot}{key}", self.key), problem)
        };
        let mut wire = self.wire.clone();
        if let Some(file) = &self.file {
            let read = read_file(folder, file).and_then(blocks_of_json);
            let blocks = read.map_err(|why| vec![fault("file", Problem::new(why))])?;
            wire.of = Some(ui_contribution::Of::Blocks(blocks));
        }
        Contribution::check(wire, &self.data, assets).map_err(|flaws| {
            flaws.0.into_iter().map(|it| fault(&it.at, Problem::new(it.what))).collect()
        })
    }
}

fn read_file(folder: &Path, file: &str) -> Result<serde_json::Value, String> {
    use std::io::Read as _;
    let opened = outboard_linux::open_file_beneath(folder, Path::new(file));
    let opened = opened.map_err(|error| error.to_string())?;
    let mut text = String::new();
    let read = opened.take(FILE + 1).read_to_string(&mut text);
    read.map_err(|error| format!("{file}: {error}"))?;
    if text.len() as u64 > FILE {
        return Err(format!("{file} is larger than {FILE} bytes"));
    }
    serde_json::from_str(&text).map_err(|error| format!("{file}: {error}"))
}

/// Reads `[[ui]]` and `assets`.
pub fn read(root: &Section<'_>) -> UiDecls {
    let mut decls = UiDecls { assets: read_assets(root), ..UiDecls::default() };
    for (number, entry) in root.sections("ui").iter().enumerate() {
        match entry.field("dynamic").and_then(|it| it.flag()) {
            Some(true) => {
                if decls.dynamic.most > 0 {
                    entry.fault("dynamic", Problem::new("is said twice"));
                }
                decls.dynamic = read_dynamic(entry);
            }
            Some(false) | None => {
                decls.all.extend(read_one(entry, format!("ui[{number}]"), &decls.all));
            }
        }
        entry.close();
    }
    if decls.all.len() + decls.dynamic.most > MOST {
        let what = format!("a plugin shows at most {MOST} things, dynamic ones included");
        root.fault("ui", Problem::new(what));
    }
    decls
}

/// What a manifest gets that shows something and does not ask for it.
#[must_use]
pub fn missing() -> Problem {
    asks::missing(crate::config::permission::Permission::UiContribute)
}

fn read_assets(root: &Section<'_>) -> Vec<(AssetPattern, Place)> {
    let Some(field) = root.field("assets") else { return Vec::new() };
    let items = field.items().unwrap_or_default();
    let read = |item: &Field<'_>| Some((item.parse(AssetPattern::parse)?, item.place()));
    items.iter().filter_map(read).collect()
}

fn read_dynamic(entry: &Section<'_>) -> Dynamic {
    let kinds = entry.needed("kinds", "[\"blocks\"]").map(|it| it.parse_list(kind));
    let most = entry.needed("maximum", "8").and_then(|it| {
        let number = it.integer()?;
        let fits = usize::try_from(number).ok().filter(|it| (1..=MOST).contains(it));
        let refused = || Problem::new(format!("is between 1 and {MOST}"));
        it.settle(fits.ok_or_else(refused))
    });
    Dynamic { kinds: kinds.unwrap_or_default().into_iter().collect(), most: most.unwrap_or(0) }
}

fn read_one(entry: &Section<'_>, key: String, before: &[UiDecl]) -> Option<UiDecl> {
    let kind = entry.needed("kind", "\"blocks\"").and_then(|it| it.parse(kind));
    let id = entry.needed("id", "\"widget\"").and_then(|it| it.text());
    let position = entry.needed("position", "\"sidebar\"").and_then(|it| it.parse(position));
    let title = entry.needed("title", "\"My widget\"").and_then(|it| it.text());
    let icon = entry.field("icon").and_then(|it| it.text()).unwrap_or_default();
    let when = entry.section("when").map(|it| read_when(&it));
    let file = entry.field("file").and_then(|it| it.text()).map(str::to_owned);
    let data = entry.field("data").and_then(|it| it.text()).unwrap_or_default();
    let of = read_content(entry, kind?, file.is_some());
    let id = id?;
    if before.iter().any(|it| it.wire.id == id) {
        entry.fault("id", Problem::new(format!("{id} is declared twice")));
    }
    let wire = UiContribution {
        id: id.to_owned(),
        position: position?.into(),
        title: title?.to_owned(),
        icon: icon.to_owned(),
        when,
        of: Some(of?),
        ..UiContribution::default()
    };
    Some(UiDecl { place: entry.place(), key, wire, file, data: data.to_owned() })
}

/// A kind decides which other keys there may be.
fn read_content(entry: &Section<'_>, kind: Kind, in_file: bool) -> Option<ui_contribution::Of> {
    match kind {
        Kind::Blocks => {
            let blocks = entry.field("blocks");
            if blocks.is_some() && in_file {
                entry.fault("file", Problem::new("blocks stand here or in a file, not both"));
            }
            if blocks.is_none() && !in_file {
                let problem = Problem::new("missing");
                let hint = "blocks = [{ kind = \"text\", text = \"Hello\" }]";
                entry.fault("blocks", problem.hint(hint));
            }
            let read = blocks.and_then(|it| it.settle(blocks_of(&it)));
            Some(ui_contribution::Of::Blocks(read.unwrap_or_default()))
        }
        Kind::Web => {
            let path = entry.needed("entry", "\"web/index.html\"")?.text()?.to_owned();
            Some(ui_contribution::Of::Web(UiWeb { entry: path, ..UiWeb::default() }))
        }
        Kind::Menu => {
            let action = entry.needed("action", "\"open\"")?.text()?.to_owned();
            Some(ui_contribution::Of::Item(UiItem { action }))
        }
    }
}

fn read_when(when: &Section<'_>) -> UiWhen {
    let words = |key: &'static str| -> Vec<String> {
        let field = when.field(key);
        field.map(|it| it.parse_list(|text| Ok(text.to_owned()))).unwrap_or_default()
    };
    let read = UiWhen { roles: words("roles"), channels: words("channels"), kinds: words("kinds") };
    let mut flaws = crate::ui::Flaws::default();
    When::read(&read, &mut flaws);
    flaws.0.into_iter().for_each(|it| when.fault("", Problem::new(it.what)));
    when.close();
    read
}

fn blocks_of(field: &Field<'_>) -> Result<outboard_proto::common::UiBlocks, Problem> {
    blocks_of_json(json_of(field.value())).map_err(Problem::new)
}

/// TOML as JSON, for one reader of both.
fn json_of(value: &DeValue<'_>) -> serde_json::Value {
    use serde_json::Value;
    match value {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Integer(it) => {
            i64::from_str_radix(it.as_str(), it.radix()).map_or(Value::Null, Value::from)
        }
        DeValue::Float(it) => it.as_str().parse::<f64>().map_or(Value::Null, Value::from),
        DeValue::Boolean(it) => Value::Bool(*it),
        DeValue::Datetime(it) => Value::String(it.to_string()),
        DeValue::Array(items) => items.iter().map(|it| json_of(it.get_ref())).collect(),
        DeValue::Table(table) => {
            let entry = |(key, value): (
                &toml::Spanned<toml::de::DeString<'_>>,
                &toml::Spanned<DeValue<'_>>,
            )| { (key.get_ref().to_string(), json_of(value.get_ref())) };
            Value::Object(table.iter().map(entry).collect())
        }
    }
}

fn kind(text: &str) -> Result<Kind, Problem> {
    let refused = || Problem::new(format!("no such kind: {text:?}")).hint("blocks, web or menu");
    Kind::parse(text).ok_or_else(refused)
}

fn position(text: &str) -> Result<UiPosition, Problem> {
    let refused = || {
        Problem::new(format!("no such position: {text:?}")).hint(
            "sidebar, channel_header, message_footer, composer, settings or modal; an entry of a \
             message's menu is a command: [[commands]] kind = \"message\"",
        )
    };
    position_of(text).ok_or_else(refused)
}
