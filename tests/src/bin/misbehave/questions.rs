//! What an obedient plugin answers when it is asked about itself.
//!
//! It refuses to do any harm: that is what deeds are for.

use std::sync::Arc;
use std::time::Duration;

use crate::plugin::Plugin;
use crate::{asks, config, crowd, held, host, shown, start, store, usage};

/// The answer, if `what` is a question; it may take the daemon's help.
pub async fn answer(plugin: &Arc<Plugin>, call_id: u64, what: &str) -> Option<String> {
    let (verb, rest) = what.split_once(' ').unwrap_or((what, ""));
    let (first, more) = rest.split_once(' ').unwrap_or((rest, ""));
    Some(match verb {
        "" | "say" => rest.to_owned(),
        "wait" => wait(rest).await,
        "seen" => plugin.notes(),
        "count" => plugin.notes().lines().filter(|line| line.contains(rest)).count().to_string(),
        "token" => plugin.surroundings.token.clone(),
        "data" => plugin.surroundings.data.display().to_string(),
        "pid" => std::process::id().to_string(),
        "environment" => environment(),
        "descriptors" => descriptors(),
        "read" => spoken(std::fs::read_to_string(rest)),
        "write" => spoken(std::fs::write(first, more).map(|()| "written".to_owned())),
        "umask" => umask(),
        "directory" => spoken(std::env::current_dir().map(|path| path.display().to_string())),
        "try" => host::try_socket(rest).await,
        "send" => host::send(plugin, &call_id.to_string(), first, more, "").await,
        "send-as" => send_as(plugin, &call_id.to_string(), first, more).await,
        "send-unasked" => host::send(plugin, "", first, more, "").await,
        "send-for" => host::send(plugin, first, "c-town", more, "").await,
        "reply-for" => host::reply(plugin, first, more).await,
        "call" => call(plugin, &call_id.to_string(), rest).await,
        "call-unasked" => call(plugin, "", rest).await,
        "reply" => host::reply(plugin, &call_id.to_string(), rest).await,
        "emit" => host::emit(plugin, &call_id.to_string(), first, more).await,
        "release" => held::release(plugin, first).await,
        "drop" => held::drop(plugin, first, more).await,
        "held" => held::list(plugin, first).await,
        "settings" => config::answer(plugin, rest).await,
        "store" => store::answer(plugin, rest).await,
        "usage" => usage::answer(plugin, rest).await,
        "ask" => asks::answer(plugin, (&call_id.to_string(), None), rest).await,
        "ask-unasked" => asks::answer(plugin, ("", None), rest).await,
        "ask-briefly" => asks::answer(plugin, ("", Some(BRIEFLY)), rest).await,
        "ui" => shown::answer(plugin, rest).await,
        "rpc" => host::any(plugin, first).await,
        "wrong-token" => host::with_wrong_token(plugin).await,
        "garbage" => start::throw_garbage(plugin).await,
        "fork" => crowd::fork(rest),
        "fork-many" => crowd::fork_many(),
        _ => return None,
    })
}

/// How long it waits for what nobody will answer.
const BRIEFLY: Duration = Duration::from_millis(300);

/// `call PLUGIN METHOD JSON`.
async fn call(plugin: &Plugin, cause: &str, rest: &str) -> String {
    let mut words = rest.splitn(3, ' ');
    let mut next = || words.next().unwrap_or_default();
    host::call_plugin(plugin, cause, next(), next(), next()).await
}

/// `send-as KEY CHANNEL TEXT`.
async fn send_as(plugin: &Plugin, cause: &str, key: &str, rest: &str) -> String {
    let (channel, text) = rest.split_once(' ').unwrap_or((rest, ""));
    host::send(plugin, cause, channel, text, key).await
}

/// Answers after so many milliseconds.
async fn wait(milliseconds: &str) -> String {
    let time = milliseconds.parse().unwrap_or(0);
    tokio::time::sleep(std::time::Duration::from_millis(time)).await;
    "waited".to_owned()
}

fn spoken(result: std::io::Result<String>) -> String {
    result.unwrap_or_else(|error| format!("error: {error}"))
}

fn environment() -> String {
    let mut all: Vec<_> = std::env::vars().map(|(name, value)| format!("{name}={value}")).collect();
    all.sort();
    all.join("\n")
}

/// What each open descriptor points at, but for the one that lists them.
fn descriptors() -> String {
    let entries = std::fs::read_dir("/proc/self/fd").into_iter().flatten().flatten();
    let shown = entries.filter_map(|entry| {
        let target = std::fs::read_link(entry.path()).ok()?;
        let number = entry.file_name().into_string().ok()?;
        (!target.ends_with("fd")).then(|| format!("{number} {}", target.display()))
    });
    shown.collect::<Vec<_>>().join("\n")
}

fn umask() -> String {
    let status = spoken(std::fs::read_to_string("/proc/self/status"));
    let line = status.lines().find_map(|line| line.strip_prefix("Umask:"));
    line.unwrap_or_default().trim().to_owned()
}
