//! What an obedient plugin shows: `ui VERB …`, in words a test can read.
//!
//! It refuses to know what the daemon allows.

use std::collections::BTreeMap;
use std::sync::Arc;

use outboard_proto::common::{
    InteractionReply, Modal, ModalField, ModalFieldKind, UiBlock, UiBlocks, UiButton,
    UiContribution, UiImage, UiPosition, UiText, ui_block, ui_contribution, value,
};
use outboard_proto::plugin::ui_client::UiClient;
use outboard_proto::plugin::{
    UiAction, UiRegisterRequest, UiRemoveRequest, UiUpdateRequest, reply, ui_update_request,
};
use outboard_tests::{Refusal, wire};
use tonic::transport::Channel;
use tonic::{Request, Status};

use crate::interactions;
use crate::plugin::Plugin;

type Client = UiClient<Channel>;

/// Does one thing; what came of it, or the refusal.
pub async fn answer(plugin: &Arc<Plugin>, what: &str) -> String {
    let mut words = what.splitn(3, ' ');
    let (verb, id) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let rest = words.next().unwrap_or_default();
    let Some(channel) = plugin.channel() else { return "no session".to_owned() };
    let client = UiClient::new(channel).max_decoding_message_size(256 * 1024);
    let done = match verb {
        "update" => update(plugin, client, id, saying(rest)).await,
        "large" => {
            let text = "x".repeat(rest.parse().unwrap_or(40_000));
            update(plugin, client, id, saying(&text)).await
        }
        "image" => update(plugin, client, id, showing(rest)).await,
        "flood" => Ok(flood(plugin, client, id, rest.parse().unwrap_or(1_000)).await),
        "register" => register(plugin, client, id, rest).await,
        "remove" => remove(plugin, client, id).await,
        _ => Ok(format!("{verb} is nothing it could do")),
    };
    done.unwrap_or_else(|status| Refusal::from(status).to_string())
}

fn asked<T>(plugin: &Plugin, request: T) -> Result<Request<T>, Status> {
    wire::with_metadata(Request::new(request), &plugin.metadata())
}

async fn update(
    plugin: &Plugin,
    mut client: Client,
    id: &str,
    blocks: UiBlocks,
) -> Result<String, Status> {
    let of = Some(ui_update_request::Of::Blocks(blocks));
    client.update(asked(plugin, UiUpdateRequest { id: id.to_owned(), of })?).await?;
    Ok("updated".to_owned())
}

async fn register(
    plugin: &Plugin,
    mut client: Client,
    id: &str,
    text: &str,
) -> Result<String, Status> {
    let contribution = Some(UiContribution {
        id: id.to_owned(),
        title: id.to_owned(),
        position: UiPosition::Sidebar.into(),
        of: Some(ui_contribution::Of::Blocks(saying(text))),
        ..UiContribution::default()
    });
    let request = UiRegisterRequest { contribution, ..UiRegisterRequest::default() };
    client.register(asked(plugin, request)?).await?;
    Ok("registered".to_owned())
}

async fn remove(plugin: &Plugin, mut client: Client, id: &str) -> Result<String, Status> {
    client.remove(asked(plugin, UiRemoveRequest { id: id.to_owned() })?).await?;
    Ok("removed".to_owned())
}

/// So many updates one after another: how many were taken, and the first refusal.
async fn flood(plugin: &Plugin, client: Client, id: &str, count: usize) -> String {
    let (mut taken, mut refusal) = (0, "none".to_owned());
    for number in 0..count {
        match update(plugin, client.clone(), id, saying(&format!("count {number}"))).await {
            Ok(_) => taken += 1,
            Err(status) if refusal == "none" => refusal = Refusal::from(status).reason,
            Err(_) => {}
        }
    }
    format!("{taken} taken, refused: {refusal}")
}

/// A text and a button.
fn saying(text: &str) -> UiBlocks {
    let text = UiText { text: text.to_owned(), ..UiText::default() };
    let button = UiButton { label: "Press".into(), action: "press".into(), ..UiButton::default() };
    of([ui_block::Of::Text(text), ui_block::Of::Button(button)])
}

fn showing(source: &str) -> UiBlocks {
    of([ui_block::Of::Image(UiImage { source: source.to_owned(), alt: "a picture".into() })])
}

fn of<const COUNT: usize>(blocks: [ui_block::Of; COUNT]) -> UiBlocks {
    UiBlocks { blocks: blocks.into_iter().map(|of| UiBlock { of: Some(of) }).collect() }
}

/// Says what was done to which component, opens a form for `form`, reads one back that was sent.
pub async fn act(plugin: &Arc<Plugin>, call: u64, action: UiAction) {
    let values = read_back(&action);
    match action.action.as_str() {
        "form" => return plugin.reply(call, form()).await,
        "defer" => {
            return interactions::defer(plugin, call, &action.interaction_id, "at last").await;
        }
        _ => {}
    }
    let UiAction { component, action, json, value, modal, state, .. } = action;
    let text = [component, action, json, value, modal, state, values];
    let said: Vec<&str> = text.iter().map(String::as_str).filter(|it| !it.is_empty()).collect();
    plugin.say(call, said.join(" ")).await;
}

fn read_back(action: &UiAction) -> String {
    let values: BTreeMap<_, _> = action.values.iter().collect();
    let word = |(id, value): (&String, &outboard_proto::common::Value)| match &value.of {
        Some(value::Of::String(text)) => format!("{id}={text}"),
        other => format!("{id}={other:?}"),
    };
    values.into_iter().map(word).collect::<Vec<_>>().join(" ")
}

fn form() -> reply::Result {
    let field = ModalField {
        id: "question".into(),
        label: "Question".into(),
        kind: ModalFieldKind::String.into(),
        required: true,
        max: Some(20.0),
        ..ModalField::default()
    };
    let modal = Modal {
        id: "ask".into(),
        title: "Ask".into(),
        fields: vec![field],
        state: "s1".into(),
        ..Modal::default()
    };
    let modal = Some(Box::new(modal));
    reply::Result::Interaction(InteractionReply { modal, ..InteractionReply::default() })
}
