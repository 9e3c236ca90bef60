//! Sins of a plugin that is ready, one a name.
//!
//! It refuses to know what becomes of the plugin.

use std::future::pending;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use outboard_proto::plugin::{PluginFrame, plugin_frame};
use outboard_tests::values;

use crate::plugin::Plugin;
use crate::{answers, asks, floods, host, session};

/// How long a send may take that nobody will carry out.
const BRIEFLY: Duration = Duration::from_millis(100);

/// Whether the plugin cannot answer any more once it has begun.
pub fn ends_it(what: &str) -> bool {
    let verb = what.split(' ').next().unwrap_or_default();
    matches!(verb, "exit" | "abort" | "stop" | "spin")
}

/// Commits it. Names unknown here do nothing: they were sins of the start. Boxed, because a deed
/// may open a session, and a session may lead to a deed.
pub fn commit(plugin: Arc<Plugin>, what: String) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(async move { do_it(plugin, &what).await })
}

async fn do_it(plugin: Arc<Plugin>, what: &str) {
    let (verb, rest) = what.split_once(' ').unwrap_or((what, ""));
    match verb {
        "exit" | "crash-loop" => std::process::exit(rest.parse().unwrap_or(3)),
        "abort" => std::process::abort(),
        "stop" => stop_itself(),
        "spin" => spin(),
        "burn" => burn(rest.parse().unwrap_or(1)),
        "eat-memory" => eat_memory(rest.parse().ok()),
        "ignore-term" => plugin.feel(|mood| mood.ends = false),
        "no-pongs" => plugin.feel(|mood| mood.pongs = false),
        "no-work" => plugin.feel(|mood| mood.works = false),
        "never-read" => never_read(&plugin).await,
        "leave" => leave(&plugin).await,
        "drop-session" => plugin.drop_session(),
        "second-hello" => second_hello(&plugin).await,
        "new-session" => drop(tokio::spawn(session::keep(plugin.clone()))),
        "reply-to" => reply_to(&plugin, rest).await,
        "invalid-utf8" => invalid_utf8(&plugin).await,
        "large-frame" => large_frame(&plugin, rest).await,
        "flood-frames" => floods::frames(&plugin).await,
        "flood-bytes" => floods::bytes(),
        "flood-lines" => floods::lines(rest.parse().unwrap_or(100_000)),
        "log" => eprintln!("{rest}"),
        "when-alone" => send_when_alone(plugin, rest.parse().unwrap_or(1), Some(BRIEFLY)).await,
        "ask-when-alone" => ask_when_alone(plugin, rest).await,
        "when-alone-patiently" => send_when_alone(plugin, 1, None).await,
        "edit-manifest" => edit_manifest(rest),
        _ => {}
    }
}

fn stop_itself() {
    // A process may always stop itself.
    let _ = kill(Pid::this(), Signal::SIGSTOP);
}

fn spin() {
    loop {
        std::hint::black_box(std::process::id());
    }
}

/// Keeps so many cores busy, beside its duties.
fn burn(cores: u32) {
    for _ in 0..cores {
        std::thread::spawn(spin);
    }
}

/// Takes so many MiB and keeps them; without a number, takes all there is.
fn eat_memory(mebibytes: Option<usize>) {
    let mut eaten = Vec::new();
    while mebibytes.is_none_or(|most| eaten.len() < most) {
        // Written to, for memory that nobody writes to is not there.
        eaten.push(vec![0xa5_u8; 1 << 20]);
    }
    std::mem::forget(eaten);
}

/// Takes nothing off its stream any more, but keeps talking.
async fn never_read(plugin: &Plugin) {
    plugin.feel(|mood| mood.reads = false);
    let mut clock = tokio::time::interval(Duration::from_millis(200));
    loop {
        clock.tick().await;
        plugin.send(floods::a_log_frame("still here")).await;
    }
}

/// Ends its session and never dials again.
async fn leave(plugin: &Plugin) {
    plugin.feel(|mood| mood.reconnects = false);
    plugin.drop_session();
    pending::<()>().await;
}

async fn second_hello(plugin: &Plugin) {
    plugin.send(plugin_frame::Kind::Hello(plugin.hello())).await;
}

/// Replies to the calls numbered `FROM TO`, whoever was asked.
async fn reply_to(plugin: &Plugin, range: &str) {
    let mut ends = range.split(' ').filter_map(|number| number.parse::<u64>().ok());
    let from = ends.next().unwrap_or(1);
    for call in from..=ends.next().unwrap_or(from) {
        plugin.reply(call, answers::rejection()).await;
    }
}

async fn invalid_utf8(plugin: &Plugin) {
    let kind = Some(floods::a_log_frame("spoilt"));
    plugin.send_raw(values::spoilt(&PluginFrame { kind }, "spoilt")).await;
}

/// A log line of so many bytes: a frame that answers no call.
async fn large_frame(plugin: &Plugin, bytes: &str) {
    let bytes = bytes.parse().unwrap_or(200 * 1024);
    plugin.send(floods::a_log_frame(&"l".repeat(bytes))).await;
}

/// As soon as no app carries out anything, sends so many messages, a few at a time; says so in its
/// log when every one was sent or refused. Few are sent one by one, and so in order.
async fn send_when_alone(plugin: Arc<Plugin>, count: usize, patience: Option<Duration>) {
    plugin.alone().await;
    let at_once = if count > 16 { 16 } else { 1 };
    for first in (0..count).step_by(at_once) {
        let mut sends = tokio::task::JoinSet::new();
        for number in first..count.min(first + at_once) {
            let plugin = plugin.clone();
            sends.spawn(async move {
                let text = format!("alone {number}");
                // No channel gets so many that it looks like a loop.
                let channel = format!("c-town-{}", number / 16);
                let answer = host::send_alone(&plugin, &channel, &text, patience).await;
                plugin.note(format!("{text}: {answer}"));
            });
        }
        sends.join_all().await;
    }
    eprintln!("alone: done");
}

/// Asks for something as soon as no app is there.
async fn ask_when_alone(plugin: Arc<Plugin>, what: &str) {
    plugin.alone().await;
    let answer = asks::answer(&plugin, ("", Some(BRIEFLY)), what).await;
    plugin.note(format!("alone asked: {answer}"));
    eprintln!("alone: done");
}

/// Writes into its own manifest; says so, or why not, in its log.
fn edit_manifest(line: &str) {
    let edited = std::env::current_exe().and_then(|program| {
        let manifest = program.with_file_name("plugin.toml");
        let text = std::fs::read_to_string(&manifest)?;
        std::fs::write(manifest, text.replace("[run]", &format!("[run]\n{line}")))
    });
    match edited {
        Ok(()) => eprintln!("manifest edited"),
        Err(error) => eprintln!("manifest not edited: {error}"),
    }
}
