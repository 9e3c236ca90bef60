//! Blocks: what a component says, checked and calmed, with what can be done to it.
//!
//! Pure. Text stays text, whatever it looks like: no block has markup. It refuses to know whose
//! component it is.

use std::collections::{BTreeMap, BTreeSet};

use outboard_proto::common::{
    UiBlock, UiBlocks, UiButton, UiImage, UiInput, UiSelect, UiTable, ui_block,
};
use prost::Message as _;

use super::field::{LABEL, short};
use super::{Assets, COMPONENT_BYTES, DEEP, Field, Flaws, calm, is_id};

/// Bytes of an action's name.
pub const ACTION: usize = 64;
/// Bytes of an address.
const URL: usize = 2_048;
const COLUMNS: usize = 16;
const ROWS: usize = 200;
/// Images that stand in the text itself.
const INLINE: [&str; 5] = ["png", "jpeg", "gif", "webp", "avif"];

/// What a component says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Blocks {
    /// As apps are told: images named by hash.
    pub wire: UiBlocks,
    /// What can be done to it: actions, each with a button's value.
    pub actions: BTreeSet<(String, String)>,
    /// What comes with an action.
    pub fields: BTreeMap<String, Field>,
}

impl Blocks {
    /// Reads blocks; `assets` knows the plugin's files.
    ///
    /// # Errors
    /// Everything that cannot stand.
    pub fn check(wire: UiBlocks, assets: &Assets) -> Result<Self, Flaws> {
        let bytes = wire.encoded_len();
        let mut reader = Reader { assets, read: Self::default(), flaws: Flaws::default() };
        if bytes > COMPONENT_BYTES {
            let what = format!("{bytes} bytes; a component has at most {COMPONENT_BYTES}");
            reader.flaws.add("blocks", what);
            return reader.flaws.or(reader.read);
        }
        let mut wire = wire;
        reader.all(&mut wire.blocks, "blocks", 1);
        reader.read.wire = wire;
        reader.flaws.or(reader.read)
    }
}

struct Reader<'a> {
    assets: &'a Assets,
    read: Blocks,
    flaws: Flaws,
}

impl Reader<'_> {
    fn all(&mut self, blocks: &mut [UiBlock], at: &str, depth: usize) {
        if depth > DEEP {
            return self.flaws.add(at, format!("blocks stand at most {DEEP} deep"));
        }
        for (number, block) in blocks.iter_mut().enumerate() {
            self.one(block, &format!("{at}[{number}]"), depth);
        }
    }

    fn one(&mut self, block: &mut UiBlock, at: &str, depth: usize) {
        use ui_block::Of;
        match &mut block.of {
            Some(Of::Text(text)) => calm(&mut text.text),
            Some(Of::Image(image)) => self.image(image, &format!("{at}.image")),
            Some(Of::Section(section)) => {
                short(&mut section.title, at, &mut self.flaws);
                self.all(&mut section.blocks, &format!("{at}.blocks"), depth + 1);
            }
            Some(Of::Button(button)) => self.button(button, &format!("{at}.button")),
            Some(Of::Input(input)) => self.input(input, &format!("{at}.input")),
            Some(Of::Select(select)) => self.select(select, &format!("{at}.select")),
            Some(Of::Table(table)) => self.table(table, &format!("{at}.table")),
            None => self.flaws.add(at, "says nothing"),
        }
    }

    fn image(&mut self, image: &mut UiImage, at: &str) {
        short(&mut image.alt, at, &mut self.flaws);
        if image.alt.is_empty() {
            self.flaws.add(format!("{at}.alt"), "is missing");
        }
        if let Err(why) = image_source(&mut image.source, self.assets) {
            self.flaws.add(format!("{at}.source"), why);
        }
    }

    fn button(&mut self, button: &mut UiButton, at: &str) {
        for text in [&mut button.label, &mut button.note] {
            short(text, at, &mut self.flaws);
        }
        if button.label.is_empty() {
            self.flaws.add(format!("{at}.label"), "is missing");
        }
        if button.value.len() > LABEL {
            self.flaws.add(format!("{at}.value"), format!("has at most {LABEL} bytes"));
        }
        if button.percent > 100 {
            self.flaws.add(format!("{at}.percent"), "is at most 100");
        }
        match (button.action.is_empty(), button.url.is_empty()) {
            (true, true) => self.flaws.add(at, "neither acts nor leads anywhere"),
            (false, false) => self.flaws.add(at, "acts or leads to a page, not both"),
            (false, true) => self.action(&button.action, &button.value, at),
            (true, false) if is_https(&button.url) => {}
            (true, false) => self.flaws.add(format!("{at}.url"), "is no https:// address"),
        }
    }

    fn input(&mut self, input: &mut UiInput, at: &str) {
        let field = Field::of_input(input, at, &mut self.flaws);
        self.field(&input.id, field, at);
    }

    fn select(&mut self, select: &mut UiSelect, at: &str) {
        let field = Field::of_select(select, at, &mut self.flaws);
        if !select.action.is_empty() {
            self.action(&select.action, "", at);
        }
        self.field(&select.id, field, at);
    }

    fn table(&mut self, table: &mut UiTable, at: &str) {
        if table.columns.len() > COLUMNS || table.rows.len() > ROWS {
            self.flaws.add(at, format!("has at most {COLUMNS} columns and {ROWS} rows"));
        }
        let widest = table.rows.iter().map(|row| row.cells.len()).max().unwrap_or(0);
        if widest > table.columns.len().max(1) {
            self.flaws.add(at, "a row has more cells than there are columns");
        }
        let cells = table.rows.iter_mut().flat_map(|row| &mut row.cells);
        table.columns.iter_mut().chain(cells).for_each(calm);
    }

    fn action(&mut self, action: &str, value: &str, at: &str) {
        match is_action(action) {
            true => drop(self.read.actions.insert((action.to_owned(), value.to_owned()))),
            false => self.flaws.add(format!("{at}.action"), NO_ACTION),
        }
    }

    fn field(&mut self, id: &str, field: Field, at: &str) {
        if !is_id(id) {
            return self.flaws.add(format!("{at}.id"), format!("{id:?} is no id"));
        }
        if self.read.fields.insert(id.to_owned(), field).is_some() {
            self.flaws.add(format!("{at}.id"), format!("two fields are called {id}"));
        }
    }
}

/// What an action gets that cannot be one.
pub const NO_ACTION: &str = "an action has 1 to 64 bytes, none of them a control character";

/// Whether something can be the name of an action.
#[must_use]
pub fn is_action(text: &str) -> bool {
    (1..=ACTION).contains(&text.len()) && !text.chars().any(char::is_control)
}

/// An address that only leads to a page.
fn is_https(url: &str) -> bool {
    let host = url.strip_prefix("https://").unwrap_or_default();
    let plain = url.bytes().all(|it| it.is_ascii_graphic() && !b"<>\"'\\`".contains(&it));
    plain && url.len() <= URL && host.starts_with(|it: char| it.is_ascii_alphanumeric())
}

/// Where an image comes from; one of the plugin's own is named by its hash from here on.
///
/// # Errors
/// It is none of the three.
pub fn image_source(source: &mut String, assets: &Assets) -> Result<(), String> {
    if let Some(named) = source.strip_prefix("asset:") {
        let Some(asset) = assets.find(named).filter(|it| it.mime.starts_with("image/")) else {
            return Err(format!("{named:?} is none of the plugin's images"));
        };
        *source = format!("asset:{}", asset.sha256);
        return Ok(());
    }
    let inline = source.strip_prefix("data:image/").and_then(|it| it.split_once(";base64,"));
    let fits = match inline {
        Some((kind, data)) => {
            let letter = |it: u8| it.is_ascii_alphanumeric() || b"+/=".contains(&it);
            INLINE.contains(&kind) && !data.is_empty() && data.bytes().all(letter)
        }
        None => is_https(source),
    };
    match fits {
        true => Ok(()),
        false => Err("is no https:// address, data:image/… or asset:…".to_owned()),
    }
}
