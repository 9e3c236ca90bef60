//! From the first instruction to ready, and every way of not getting there.
//!
//! It refuses to know what happens after ready: that is the session's.

use std::future::pending;
use std::process::ExitCode;
use std::sync::Arc;

use outboard_proto::plugin::{Hello, InitFailed, Ready, Starting, plugin_frame};
use outboard_tests::wire;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::signal::unix::{SignalKind, signal};

use crate::arguments::handler;
use crate::plugin::Plugin;
use crate::session;

/// Lives until told to end, or longer.
pub async fn run(plugin: Arc<Plugin>) -> ExitCode {
    match plugin.arguments.sin.as_str() {
        "never-dial" => pending().await,
        "exit-before-hello" => return exit_before_hello(&plugin).await,
        "never-hello" => never_hello(&plugin).await,
        "garbage" => garbage(&plugin).await,
        "ignore-term" => plugin.feel(|mood| mood.ends = false),
        _ => {}
    }
    tokio::spawn(session::keep(plugin.clone()));
    until_terminated(&plugin).await
}

/// SIGTERM ends it, unless it has ceased to listen.
async fn until_terminated(plugin: &Plugin) -> ExitCode {
    let Ok(mut terminations) = signal(SignalKind::terminate()) else {
        return ExitCode::from(70);
    };
    loop {
        terminations.recv().await;
        plugin.note("SIGTERM".to_owned());
        if plugin.mood().ends {
            return ExitCode::SUCCESS;
        }
    }
}

async fn exit_before_hello(plugin: &Plugin) -> ExitCode {
    let connected = UnixStream::connect(&plugin.surroundings.socket).await;
    ExitCode::from(if connected.is_ok() { 8 } else { 9 })
}

/// Opens its session and says nothing; writes down why the daemon ended it.
async fn never_hello(plugin: &Plugin) -> ! {
    session::tell(&silent_session(plugin).await);
    pending().await
}

async fn silent_session(plugin: &Plugin) -> tonic::Status {
    let unreachable =
        |error: tonic::transport::Error| tonic::Status::unavailable(error.to_string());
    let channel = match wire::dial(&plugin.surroundings.socket).await.map_err(unreachable) {
        Ok(channel) => channel,
        Err(status) => return status,
    };
    let metadata = plugin.metadata();
    let opened = session::Frames::open(&channel, wire::SESSION, &metadata, Vec::new()).await;
    match opened {
        Ok(mut stream) => match stream.frames.message().await {
            Ok(frame) => tonic::Status::ok(format!("ended after {frame:?}")),
            Err(status) => status,
        },
        Err(status) => status,
    }
}

/// Speaks something that is no HTTP/2; writes down when the daemon has hung up.
async fn garbage(plugin: &Plugin) -> ! {
    eprintln!("garbage: {}", throw_garbage(plugin).await);
    pending().await
}

/// Throws bytes at the socket and waits until it is closed.
pub async fn throw_garbage(plugin: &Plugin) -> String {
    let thrown = async {
        let mut stream = UnixStream::connect(&plugin.surroundings.socket).await?;
        stream.write_all(&[0xa5; 4096]).await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await
    };
    match thrown.await {
        Ok(_) => "hung up".to_owned(),
        // Closing with unread bytes shows as a reset.
        Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => "hung up".to_owned(),
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => "hung up".to_owned(),
        Err(error) => error.to_string(),
    }
}

/// The hello this plugin says, which may lie.
pub fn hello(plugin: &Plugin) -> Hello {
    let mut hello = plugin.hello();
    match plugin.arguments.sin.as_str() {
        "wrong-version" => "99".clone_into(&mut hello.protocol),
        "wrong-name" => "someone-else".clone_into(&mut hello.name),
        "wrong-own-version" => "9.9.9".clone_into(&mut hello.version),
        "undeclared-handler" => hello.handlers.extend(handler("hook:message.before_delete")),
        "missing-handler" => hello.handlers.clear(),
        _ => {}
    }
    hello
}

/// The token this plugin shows, which may be wrong.
pub fn metadata(plugin: &Plugin) -> [(&'static str, String); 1] {
    match plugin.arguments.sin.as_str() {
        "wrong-token" => [(outboard_proto::limits::TOKEN_KEY, "wrong".to_owned())],
        _ => plugin.metadata(),
    }
}

/// What follows the first welcome: ready, or not.
pub async fn initialize(plugin: &Plugin) {
    let failed = |is_final| {
        let reason = "no database".to_owned();
        plugin_frame::Kind::InitFailed(InitFailed { reason, r#final: is_final })
    };
    match plugin.arguments.sin.as_str() {
        "never-ready" => {}
        "init-failed" => plugin.send(failed(false)).await,
        "init-failed-final" => plugin.send(failed(true)).await,
        "slow-start" => slow_start(plugin).await,
        _ => plugin.send(plugin_frame::Kind::Ready(Ready {})).await,
    }
}

/// Takes 100 steps of 30 ms: longer than a short start time-out, but always alive.
async fn slow_start(plugin: &Plugin) {
    for percent in 0..100 {
        let text = "warming up".to_owned();
        plugin.send(plugin_frame::Kind::Starting(Starting { percent, text })).await;
        tokio::time::sleep(std::time::Duration::from_millis(30)).await;
    }
    plugin.send(plugin_frame::Kind::Ready(Ready {})).await;
}
