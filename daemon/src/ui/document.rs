//! Blocks as authors write them, in TOML or JSON: `{ kind = "text", text = "Hello" }`.
//!
//! It turns words into blocks; whether they may stand is looked at afterwards.

use outboard_proto::common::{
    UiBlock, UiBlocks, UiButton, UiImage, UiInput, UiOption, UiPosition, UiRow, UiSection,
    UiSelect, UiStyle, UiTable, UiText, ui_block::Of,
};
use serde::Deserialize;

/// The position of this name.
#[must_use]
pub fn position_of(word: &str) -> Option<UiPosition> {
    let name = format!("UI_POSITION_{}", word.to_ascii_uppercase());
    let lower = !word.contains(|it: char| it.is_ascii_uppercase());
    UiPosition::from_str_name(&name).filter(|it| lower && *it != UiPosition::Unspecified)
}

/// Reads a list of blocks, or `{ "blocks": […] }`.
///
/// # Errors
/// What serde could not make of it.
pub fn blocks_of_json(json: serde_json::Value) -> Result<UiBlocks, String> {
    let list = match json {
        serde_json::Value::Object(mut document) if document.len() == 1 => {
            document.remove("blocks").ok_or("names no blocks")?
        }
        other => other,
    };
    let read: Vec<Block> = serde_json::from_value(list).map_err(|error| error.to_string())?;
    Ok(UiBlocks { blocks: read.into_iter().map(block).collect() })
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum Block {
    Text {
        text: String,
        style: Option<Style>,
    },
    Image {
        source: String,
        alt: String,
    },
    Section {
        title: Option<String>,
        #[serde(default)]
        row: bool,
        blocks: Vec<Block>,
    },
    Button(Button),
    Input(Input),
    Select(Select),
    Table {
        columns: Vec<String>,
        #[serde(default)]
        rows: Vec<Vec<String>>,
    },
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct Button {
    label: String,
    action: String,
    value: String,
    style: Option<Style>,
    url: String,
    note: String,
    percent: u32,
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct Input {
    id: String,
    label: String,
    placeholder: String,
    initial: String,
    multiline: bool,
    most: u32,
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct Select {
    id: String,
    label: String,
    options: Vec<Choice>,
    initial: String,
    action: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Choice {
    Value(String),
    Labelled { value: String, label: String },
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "snake_case")]
enum Style {
    Heading,
    Note,
    Strong,
    Code,
    Primary,
    Danger,
}

fn style(style: Option<Style>) -> i32 {
    let style = match style {
        None => UiStyle::Unspecified,
        Some(Style::Heading) => UiStyle::Heading,
        Some(Style::Note) => UiStyle::Note,
        Some(Style::Strong) => UiStyle::Strong,
        Some(Style::Code) => UiStyle::Code,
        Some(Style::Primary) => UiStyle::Primary,
        Some(Style::Danger) => UiStyle::Danger,
    };
    style.into()
}

fn block(block: Block) -> UiBlock {
    let of = match block {
        Block::Text { text, style: it } => Of::Text(UiText { text, style: style(it) }),
        Block::Image { source, alt } => Of::Image(UiImage { source, alt }),
        Block::Section { title, row, blocks } => {
            let blocks = blocks.into_iter().map(self::block).collect();
            Of::Section(UiSection { title: title.unwrap_or_default(), row, blocks })
        }
        Block::Button(it) => Of::Button(UiButton {
            label: it.label,
            action: it.action,
            value: it.value,
            style: style(it.style),
            url: it.url,
            note: it.note,
            percent: it.percent,
        }),
        Block::Input(it) => Of::Input(UiInput {
            id: it.id,
            label: it.label,
            placeholder: it.placeholder,
            initial: it.initial,
            multiline: it.multiline,
            most: it.most,
        }),
        Block::Select(it) => Of::Select(UiSelect {
            id: it.id,
            label: it.label,
            options: it.options.into_iter().map(option).collect(),
            initial: it.initial,
            action: it.action,
        }),
        Block::Table { columns, rows } => {
            let rows = rows.into_iter().map(|cells| UiRow { cells }).collect();
            Of::Table(UiTable { columns, rows })
        }
    };
    UiBlock { of: Some(of) }
}

fn option(choice: Choice) -> UiOption {
    match choice {
        Choice::Value(value) => UiOption { value, label: String::new() },
        Choice::Labelled { value, label } => UiOption { value, label },
    }
}
