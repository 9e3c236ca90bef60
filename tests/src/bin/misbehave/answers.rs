//! Answers to calls. A message tells each plugin what to do with it: `all:tag beta:sleep=300`.
//!
//! It refuses to know who wrote the message, and which answers a daemon allows.

use std::sync::Arc;
use std::time::Duration;

use outboard_proto::common::{
    Continue, Failure, Handled, HookAnswer, HookPayload, Message, Reason, Reject, Text, Value,
    hook_answer, hook_payload, value,
};
use outboard_proto::plugin::{Call, Choices, RunCommand, call, reply};
use outboard_tests::values;
use tonic::Code;

use crate::plugin::Plugin;
use crate::{deeds, held, interactions, questions, shown, web};

/// Answers one call, or does not.
pub async fn answer(plugin: Arc<Plugin>, call: Call) {
    match call.of {
        Some(call::Of::Intercept(intercept)) => {
            let payload = intercept.payload.unwrap_or_default();
            intercept_one(&plugin, call.id, payload).await;
        }
        Some(call::Of::Command(command)) => run(&plugin, call.id, *command).await,
        Some(call::Of::Plugin(asked)) => web::called(&plugin, call.id, *asked).await,
        Some(call::Of::Http(request)) => web::serve(&plugin, call.id, *request).await,
        Some(call::Of::Autocomplete(asked)) => interactions::offer(&plugin, call.id, *asked).await,
        Some(call::Of::Ui(action)) => shown::act(&plugin, call.id, *action).await,
        None => plugin.note(format!("call {} of a kind unknown here", call.id)),
    }
}

/// The words addressed to a plugin, or to all: `(verb, value)`.
pub fn told(plugin: &str, text: &str) -> Vec<(String, String)> {
    let addressed = text.split_whitespace().filter_map(|word| {
        let (to, what) = word.split_once(':')?;
        (to == plugin || to == "all").then_some(what)
    });
    let split = addressed.map(|what| what.split_once('=').unwrap_or((what, "")));
    split.map(|(verb, value)| (verb.to_owned(), value.to_owned())).collect()
}

async fn intercept_one(plugin: &Arc<Plugin>, call: u64, payload: HookPayload) {
    let text = words_in(&payload);
    plugin.note(format!("hook {text}"));
    let mut answer = hook(hook_answer::Answer::Continued(Continue {}));
    for (verb, value) in told(plugin.name(), &text) {
        match verb.as_str() {
            "sleep" => sleep(&value).await,
            "crash" => std::process::exit(3),
            "silent" => return,
            "twice" => {
                plugin.reply(call, rewritten(&payload, |_| "first".to_owned())).await;
                answer = rejection();
            }
            _ => answer = hook_verb(plugin, &verb, &value, &payload),
        }
    }
    plugin.reply(call, answer).await;
}

/// The answer a verb stands for.
fn hook_verb(plugin: &Plugin, verb: &str, value: &str, payload: &HookPayload) -> reply::Result {
    let name = plugin.name();
    match verb {
        "tag" => rewritten(payload, |text| format!("{text} +{name}")),
        "rewrite" => rewritten(payload, |text| text.replace("darn", "d*rn")),
        "say" => rewritten(payload, |_| value.to_owned()),
        "reject" => rejection(),
        "reject-silently" => hook(hook_answer::Answer::Reject(reject(true))),
        "handle" => hook(hook_answer::Answer::Handled(Handled {})),
        "fail" => failure("told to fail"),
        "sender" => changed(payload, |message| message.sender = Some(values::person("mallory"))),
        "own-metadata" => changed(payload, |message| {
            message.metadata.insert(name.to_owned(), "mine".into());
        }),
        "foreign-metadata" => changed(payload, |message| {
            message.metadata.insert("someone-else".to_owned(), "not mine".into());
        }),
        "big" => rewritten(payload, |_| "b".repeat(100 * 1024)),
        "huge" => rewritten(payload, |_| "h".repeat(200 * 1024)),
        "odd" => reply::Result::Choices(Choices::default()),
        _ => match held::hold(verb, value) {
            Some(hold) => hook(hook_answer::Answer::Hold(hold)),
            None => failure(&format!("{verb} is nothing it could do")),
        },
    }
}

fn hook(answer: hook_answer::Answer) -> reply::Result {
    reply::Result::Hook(HookAnswer { answer: Some(answer) })
}

fn rewritten(payload: &HookPayload, change: impl FnOnce(&str) -> String) -> reply::Result {
    changed(payload, |message| {
        let text = change(values::text_of(message.body.as_ref()));
        message.body = Some(values::plain(&text));
    })
}

fn changed(payload: &HookPayload, change: impl FnOnce(&mut Message)) -> reply::Result {
    let mut payload = payload.clone();
    match &mut payload.of {
        Some(hook_payload::Of::BeforePost(message)) => change(message),
        Some(hook_payload::Of::BeforeEdit(edit)) => change(edit.message.get_or_insert_default()),
        Some(hook_payload::Of::BeforeRender(batch)) => {
            change(batch.messages.last_mut().expect("a test shows messages"));
        }
        Some(hook_payload::Of::BeforeReaction(reaction)) => reaction.reaction.push('!'),
        Some(hook_payload::Of::Custom(custom)) => custom.json = "[\"changed\"]".to_owned(),
        Some(_) | None => return failure("nothing here can be changed"),
    }
    hook(hook_answer::Answer::Replace(payload))
}

/// Where a payload has room for words to the plugin.
fn words_in(payload: &HookPayload) -> String {
    let said = |message: Option<&Message>| {
        values::text_of(message.and_then(|it| it.body.as_ref())).to_owned()
    };
    match payload.of.clone() {
        Some(hook_payload::Of::BeforePost(message)) => said(Some(&message)),
        Some(hook_payload::Of::BeforeEdit(edit)) => said(edit.message.as_ref()),
        Some(hook_payload::Of::BeforeDelete(delete)) => said(delete.stored.as_ref()),
        Some(hook_payload::Of::BeforeRender(batch)) => said(batch.messages.last()),
        Some(hook_payload::Of::BeforeReaction(reaction)) => reaction.reaction,
        Some(hook_payload::Of::BeforeUpload(upload)) => upload.file.unwrap_or_default().name,
        Some(hook_payload::Of::BeforeJoin(join)) => join.user.unwrap_or_default().name,
        Some(hook_payload::Of::BeforeLogin(login)) => login.client,
        Some(hook_payload::Of::BeforeCreate(draft)) => draft.topic,
        Some(hook_payload::Of::Custom(custom)) => custom.json.replace('"', ""),
        None => String::new(),
    }
}

/// A rejection everyone recognizes.
pub fn rejection() -> reply::Result {
    hook(hook_answer::Answer::Reject(reject(false)))
}

fn reject(silent: bool) -> Reject {
    let reason = Text { text: "not here".to_owned(), ..Text::default() };
    Reject { reason: Some(reason), code: "unwanted".to_owned(), silent }
}

fn failure(message: &str) -> reply::Result {
    reply::Result::Failure(Failure::new(Code::Internal, Reason::HandlerFailed, message))
}

async fn sleep(milliseconds: &str) {
    let time = milliseconds.parse().unwrap_or(0);
    tokio::time::sleep(Duration::from_millis(time)).await;
}

/// The command of its own name is an order; any other is read back as it was understood.
async fn run(plugin: &Arc<Plugin>, call: u64, command: RunCommand) {
    if command.name != plugin.name() {
        let on = interactions::target(&command).unwrap_or_else(|| understood(&command));
        let name = [command.name.as_str(), command.subcommand.as_str()].join(" ");
        return plugin.say(call, format!("{} {on}", name.trim_end())).await;
    }
    let what = match command.args.get("what").and_then(|value| value.of.as_ref()) {
        Some(value::Of::String(what)) => what.clone(),
        Some(_) | None => String::new(),
    };
    if interactions::take(plugin, call, &command, &what).await {
        return;
    }
    if let Some(text) = questions::answer(plugin, call, &what).await {
        return plugin.say(call, text).await;
    }
    if !deeds::ends_it(&what) {
        plugin.say(call, "as you wish".to_owned()).await;
    }
    deeds::commit(plugin.clone(), what).await;
}

/// `dice=string:2d6 times=integer:3`, sorted by name.
fn understood(command: &RunCommand) -> String {
    let mut args: Vec<_> =
        command.args.iter().map(|(name, value)| format!("{name}={}", typed(value))).collect();
    args.sort();
    args.join(" ")
}

fn typed(value: &Value) -> String {
    match &value.of {
        Some(value::Of::String(text)) => format!("string:{text}"),
        Some(value::Of::Integer(number)) => format!("integer:{number}"),
        Some(value::Of::Number(number)) => format!("number:{number}"),
        Some(value::Of::Boolean(truth)) => format!("boolean:{truth}"),
        Some(value::Of::User(id)) => format!("user:{id}"),
        Some(value::Of::Channel(id)) => format!("channel:{id}"),
        Some(value::Of::Choice(choice)) => format!("choice:{choice}"),
        None => "nothing".to_owned(),
    }
}
