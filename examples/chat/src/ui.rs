//! What plugins show, in the page's words, and what people do to it.
//!
//! It refuses to know how anything looks. Everything goes to the page as data; nothing of it is
//! markup.

use std::collections::BTreeMap;
use std::sync::Arc;

use outboard_app::common::{
    CommandInfo, CommandKind, Failure, Modal, Reason, UiBlock, UiContent, UiContribution, UiStyle,
    UiWhen, Value, Visibility, ui_block, ui_content, ui_contribution, value,
};
use outboard_app::{
    App, Catalogue, CommandError, CommandReply, RunCommand, Shown, UiAction, message,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use crate::plugins::fresh_id;
use crate::post::{Author, Post};
use crate::room::{Change, Room};

/// What the page renders, in every position there is.
pub const KINDS: [&str; 4] = ["blocks", "web", "menu", "modal"];

/// What plugins show now.
#[derive(Debug, Clone, Default, Serialize)]
pub struct View {
    /// Components and entries of menus.
    pub shown: Vec<Json>,
    /// Commands of messages' menus.
    pub actions: Vec<Json>,
}

/// Keeps the room told of what is shown.
pub async fn follow(room: Arc<Room>, app: App) {
    let (mut shown, mut catalogue) = (app.shown(), app.catalogue());
    loop {
        let view = View {
            shown: components(&shown.borrow_and_update()),
            actions: actions(&catalogue.borrow_and_update()),
        };
        room.tell(Change::Ui(view));
        let more = tokio::select! {
            changed = shown.changed() => changed,
            changed = catalogue.changed() => changed,
        };
        if more.is_err() {
            return;
        }
    }
}

fn actions(catalogue: &Catalogue) -> Vec<Json> {
    let of_message = |it: &&CommandInfo| it.kind() == CommandKind::Message;
    let entry = |it: &CommandInfo| {
        let title = if it.title.is_empty() { &it.name } else { &it.title };
        let (name, plugin) = (&it.name, &it.plugin);
        json!({ "name": name, "title": title, "plugin": plugin, "unavailable": it.unavailable })
    };
    catalogue.commands.iter().filter(of_message).map(entry).collect()
}

fn components(shown: &Shown) -> Vec<Json> {
    let one = |it: &UiContribution| {
        let position = it.position().as_str_name().trim_start_matches("UI_POSITION_");
        let kind = match &it.of {
            Some(ui_contribution::Of::Blocks(_)) => "blocks",
            Some(ui_contribution::Of::Web(_)) => "web",
            Some(ui_contribution::Of::Item(_)) => "item",
            None => return None,
        };
        let (mut action, mut assets) = ("", Vec::new());
        match &it.of {
            Some(ui_contribution::Of::Item(item)) => action = &item.action,
            Some(ui_contribution::Of::Web(web)) => {
                assets = web.assets.iter().map(asset).collect();
            }
            Some(ui_contribution::Of::Blocks(_)) | None => {}
        }
        Some(json!({
            "plugin": it.plugin, "id": it.id, "title": it.title, "icon": it.icon, "kind": kind,
            "position": position.to_ascii_lowercase(), "unavailable": it.unavailable,
            "when": when(it.when.as_ref()),
            "action": action, "assets": assets, "says": shown.content(&it.plugin, &it.id).map(says),
        }))
    };
    shown.contributions.iter().filter_map(one).collect()
}

fn when(when: Option<&UiWhen>) -> Json {
    let UiWhen { roles, channels, kinds } = when.cloned().unwrap_or_default();
    json!({ "roles": roles, "channels": channels, "kinds": kinds })
}

fn asset(it: &outboard_app::common::UiAsset) -> Json {
    json!({ "path": it.path, "sha256": it.sha256 })
}

fn says(content: &UiContent) -> Json {
    match &content.of {
        Some(ui_content::Of::Blocks(blocks)) => blocks.blocks.iter().map(block).collect(),
        // A page reads it; it was seen to be JSON.
        Some(ui_content::Of::Data(data)) => serde_json::from_str(data).unwrap_or(Json::Null),
        None => Json::Null,
    }
}

fn block(block: &UiBlock) -> Json {
    use ui_block::Of;
    match &block.of {
        Some(Of::Text(it)) => json!({ "is": "text", "text": it.text, "style": style(it.style()) }),
        Some(Of::Image(it)) => json!({ "is": "image", "source": it.source, "alt": it.alt }),
        Some(Of::Section(it)) => {
            let blocks: Vec<Json> = it.blocks.iter().map(self::block).collect();
            json!({ "is": "section", "title": it.title, "row": it.row, "blocks": blocks })
        }
        Some(Of::Button(it)) => json!({
            "is": "button", "label": it.label, "action": it.action, "value": it.value,
            "style": style(it.style()), "url": it.url, "note": it.note, "percent": it.percent,
        }),
        Some(Of::Input(it)) => json!({
            "is": "input", "id": it.id, "label": it.label, "placeholder": it.placeholder,
            "initial": it.initial, "multiline": it.multiline, "most": it.most,
        }),
        Some(Of::Select(it)) => {
            let options: Vec<Json> = it.options.iter().map(option).collect();
            json!({
                "is": "select", "id": it.id, "label": it.label, "options": options,
                "initial": it.initial, "action": it.action,
            })
        }
        Some(Of::Table(it)) => {
            let rows: Vec<&Vec<String>> = it.rows.iter().map(|row| &row.cells).collect();
            json!({ "is": "table", "columns": it.columns, "rows": rows })
        }
        None => json!({ "is": "nothing" }),
    }
}

fn option(it: &outboard_app::common::UiOption) -> Json {
    json!({ "value": it.value, "label": if it.label.is_empty() { &it.value } else { &it.label } })
}

fn style(style: UiStyle) -> String {
    style.as_str_name().trim_start_matches("UI_STYLE_").to_ascii_lowercase()
}

fn form(modal: &Modal, plugin: &str) -> Json {
    let field = |it: &outboard_app::common::ModalField| {
        let kind = it.kind().as_str_name().trim_start_matches("MODAL_FIELD_KIND_");
        let options: Vec<Json> = it.options.iter().map(option).collect();
        json!({
            "id": it.id, "label": it.label, "kind": kind.to_ascii_lowercase(),
            "required": it.required, "min": it.min, "max": it.max, "initial": it.initial,
            "placeholder": it.placeholder, "description": it.description, "options": options,
        })
    };
    let fields: Vec<Json> = modal.fields.iter().map(field).collect();
    json!({
        "plugin": plugin, "token": modal.token, "title": modal.title, "text": modal.text,
        "submit": modal.submit, "fields": fields, "component": modal.component,
    })
}

/// What somebody does to what a plugin shows.
#[derive(Debug, Deserialize)]
pub struct Doing {
    pub name: String,
    pub channel: String,
    #[serde(default)]
    plugin: String,
    #[serde(default)]
    component: String,
    #[serde(default)]
    action: String,
    #[serde(default)]
    value: String,
    #[serde(default)]
    values: BTreeMap<String, Given>,
    /// The token of the form that is sent.
    #[serde(default)]
    modal: String,
    /// A command of a message's menu, and the post.
    #[serde(default)]
    command: String,
    #[serde(default)]
    post: String,
}

/// What a field holds, of the field's kind.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Given {
    String(String),
    Text(String),
    Integer(i64),
    Number(f64),
    Boolean(bool),
    Select(String),
    User(String),
    Channel(String),
}

impl From<Given> for Value {
    fn from(given: Given) -> Self {
        let of = match given {
            Given::String(text) | Given::Text(text) => value::Of::String(text),
            Given::Integer(number) => value::Of::Integer(number),
            Given::Number(number) => value::Of::Number(number),
            Given::Boolean(yes) => value::Of::Boolean(yes),
            Given::Select(chosen) => value::Of::Choice(chosen),
            Given::User(id) => value::Of::User(id),
            Given::Channel(id) => value::Of::Channel(id),
        };
        Self { of: Some(of) }
    }
}

/// Takes it to the plugin; what the person is told.
pub async fn act(room: &Room, app: &App, doing: Doing) -> Json {
    let (channel, sender) = (
        Some(message::channel(&doing.channel, &doing.channel)),
        Some(message::sender(&doing.name, &doing.name)),
    );
    let place = doing.channel.clone();
    let running = if doing.command.is_empty() {
        app.act(UiAction {
            plugin: doing.plugin,
            component: doing.component,
            action: doing.action,
            value: doing.value,
            values: doing.values.into_iter().map(|(id, it)| (id, it.into())).collect(),
            modal: doing.modal,
            message_id: doing.post,
            channel,
            sender,
            ..UiAction::default()
        })
    } else {
        let target = room.post(&doing.post).map(|post| {
            let mut target = message::message(&post.channel, &author(&post), post.text.clone());
            target.id.clone_from(&post.id);
            Box::new(target)
        });
        let name = doing.command;
        app.start_command(RunCommand {
            name,
            target_message: target,
            channel,
            sender,
            ..RunCommand::default()
        })
    };
    match running.result().await {
        Ok(answer) => answered(room, &place, answer),
        Err(error) => refused(&error),
    }
}

fn author(post: &Post) -> String {
    match &post.author {
        Author::Person { name } | Author::Plugin { name, .. } => name.clone(),
    }
}

/// What everyone sees is posted; the rest is for the one who acted.
fn answered(room: &Room, channel: &str, answer: CommandReply) -> Json {
    let CommandReply { plugin, reply, .. } = answer;
    if let Some(error) = &reply.error {
        return json!({ "outcome": "refused", "by": plugin, "says": error.text });
    }
    let text = message::text(reply.body.as_ref());
    if let Some(modal) = &reply.modal {
        return json!({ "outcome": "asks", "form": form(modal, &plugin), "says": text });
    }
    if text.is_empty() || reply.visibility() == Visibility::One {
        return json!({ "outcome": "done", "by": plugin, "says": text });
    }
    let author = Author::Plugin { name: plugin.clone(), plugin: plugin.clone() };
    room.tell(Change::Post(Post::now(fresh_id(), channel, author, text)));
    json!({ "outcome": "done", "by": plugin })
}

fn refused(error: &CommandError) -> Json {
    let CommandError::Failed(failure) = error else {
        return json!({ "outcome": "failed", "says": error.to_string() });
    };
    let Failure { message, details, .. } = failure;
    let fields: BTreeMap<&str, &String> =
        details.iter().filter_map(|(key, why)| Some((key.strip_prefix("field.")?, why))).collect();
    let outcome = if failure.reason() == Reason::BadValues { "values" } else { "failed" };
    json!({ "outcome": outcome, "says": message, "fields": fields })
}
