//! Commands answered piece by piece, or later; menus, actions and offers.
//!
//! It refuses to know what the daemon makes of it.

use std::sync::Arc;
use std::time::Duration;

use outboard_proto::common::InteractionReply;
use outboard_proto::plugin::interactions_client::InteractionsClient;
use outboard_proto::plugin::{
    Autocomplete, Choices, FollowUpRequest, Partial, RunCommand, plugin_frame, reply,
};
use outboard_tests::{Refusal, values, wire};
use tonic::{Request, Status};

use crate::plugin::Plugin;

/// How long a follow-up may take; the daemon answers before.
const BRIEFLY: Duration = Duration::from_secs(2);

/// Does what it is told, if that is its business.
pub async fn take(plugin: &Arc<Plugin>, call: u64, command: &RunCommand, what: &str) -> bool {
    let id = command.interaction_id.as_str();
    let (verb, rest) = what.split_once(' ').unwrap_or((what, ""));
    match verb {
        "defer" => {
            plugin.note(format!("deferred {id}"));
            plugin.reply(call, deferred()).await;
        }
        "early-follow-up" => defer(plugin, call, id, rest).await,
        "follow-up" | "last-follow-up" => {
            let mut words = rest.splitn(3, ' ');
            let (id, seq) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
            let text = words.next().unwrap_or_default();
            let last = verb == "last-follow-up";
            let said = follow_up(id, seq.parse().unwrap_or(0), text, last);
            let answer = send(plugin, said).await;
            plugin.say(call, answer).await;
        }
        "follow-up-when-alone" => {
            let (alone, rest) = (Arc::clone(plugin), rest.to_owned());
            tokio::spawn(async move {
                let mut words = rest.splitn(3, ' ');
                let (id, seq) = (words.next().unwrap_or_default(), words.next());
                let seq = seq.and_then(|seq| seq.parse().ok()).unwrap_or(0);
                let said = follow_up(id, seq, words.next().unwrap_or_default(), false);
                alone.alone().await;
                alone.note(format!("alone: {}", send(&alone, said).await));
                eprintln!("alone: done");
            });
            plugin.say(call, "as you wish".to_owned()).await;
        }
        "stream" => stream(plugin, call, rest).await,
        _ => return false,
    }
    true
}

/// Defers, and says something at once.
pub async fn defer(plugin: &Arc<Plugin>, call: u64, id: &str, text: &str) {
    let (early, said) = (Arc::clone(plugin), follow_up(id, 1, text, false));
    let id = id.to_owned();
    tokio::spawn(async move {
        let answer = send(&early, said).await;
        early.note(format!("early {id}: {answer}"));
    });
    plugin.reply(call, deferred()).await;
}

/// `stream COUNT [reply|hang|exit|gap|defer]`.
async fn stream(plugin: &Arc<Plugin>, call: u64, how: &str) {
    let (count, end) = how.split_once(' ').unwrap_or((how, "reply"));
    let count = count.parse().unwrap_or(1);
    for seq in 0..count {
        piece(plugin, call, seq).await;
    }
    match end {
        "reply" => plugin.say(call, "the whole".to_owned()).await,
        "defer" => plugin.reply(call, deferred()).await,
        "gap" => piece(plugin, call, count + 1).await,
        "exit" => {
            // What is written must leave first: the daemon takes it before the end.
            plugin.note("exits".to_owned());
            tokio::task::yield_now().await;
            tokio::time::sleep(Duration::from_millis(50)).await;
            std::process::exit(3);
        }
        _ => {}
    }
}

async fn piece(plugin: &Plugin, call: u64, seq: u64) {
    let delta = format!("p{seq} ");
    let partial = Partial { call, seq, delta, ..Partial::default() };
    plugin.send(plugin_frame::Kind::Partial(partial)).await;
}

fn deferred() -> reply::Result {
    reply::Result::Interaction(InteractionReply { deferred: true, ..InteractionReply::default() })
}

fn follow_up(id: &str, seq: u64, text: &str, last: bool) -> FollowUpRequest {
    let reply = InteractionReply { body: Some(values::plain(text)), ..InteractionReply::default() };
    FollowUpRequest { interaction_id: id.to_owned(), seq, reply: Some(reply), last }
}

async fn send(plugin: &Plugin, said: FollowUpRequest) -> String {
    let sent = async {
        let channel = plugin.channel().ok_or_else(|| Status::unavailable("no session"))?;
        let mut request = wire::with_metadata(Request::new(said), &plugin.metadata())?;
        request.set_timeout(BRIEFLY);
        InteractionsClient::new(channel).follow_up(request).await
    };
    match sent.await {
        Ok(answer) => format!("said {}", answer.into_inner().message_id),
        Err(status) => Refusal::from(status).to_string(),
    }
}

/// Offers what was typed and more; for an argument called `slow` it never comes to an end.
pub async fn offer(plugin: &Plugin, call: u64, asked: Autocomplete) {
    plugin.note(format!("typing {} {}", asked.argument, asked.prefix));
    if asked.argument != "slow" {
        let choices = ["one", "two"].map(|it| format!("{}-{it}", asked.prefix)).to_vec();
        plugin.reply(call, reply::Result::Choices(Choices { choices })).await;
    }
}

/// What a menu's command was run on.
pub fn target(command: &RunCommand) -> Option<String> {
    let message = command.target_message.as_ref();
    let message = message.map(|it| format!("message {}", values::text_of(it.body.as_ref())));
    message.or(command.target_user.as_ref().map(|it| format!("user {}", it.id)))
}
