//! The plugin that commits one named sin on request, and behaves where nobody asked for one.
//!
//! `misbehave SIN [--version=V] [--handlers=KIND:NAME,…]`. Sins of the start stand in [`start`];
//! every other name is a deed of [`deeds`], done as soon as the plugin is ready. A plugin that
//! declares a command of its own name is told of further deeds by `/NAME DEED …`. It speaks the
//! bare protocol, so that it can break every rule of it; it refuses to know any SDK.

use std::process::ExitCode;
use std::sync::Arc;

use arguments::{Arguments, Surroundings};
use plugin::Plugin;

mod answers;
mod arguments;
mod asks;
mod config;
mod crowd;
mod deeds;
mod events;
mod floods;
mod held;
mod host;
mod interactions;
mod life;
mod plugin;
mod questions;
mod session;
mod shown;
mod start;
mod store;
mod usage;
mod web;

fn main() -> ExitCode {
    let arguments = Arguments::read(std::env::args().skip(1));
    if let Some(part) = arguments.sin.strip_prefix("child:") {
        return crowd::play(part);
    }
    match arguments.sin.as_str() {
        "exit-at-once" => return ExitCode::from(7),
        "dial" => return outsider(&arguments),
        _ => {}
    }
    let surroundings = match Surroundings::read() {
        Ok(surroundings) => surroundings,
        Err(missing) => {
            eprintln!("misbehave: {missing} is not in the environment");
            return ExitCode::from(64);
        }
    };
    runtime().block_on(start::run(Arc::new(Plugin::new(arguments, surroundings))))
}

/// `misbehave dial SERVICE PATH`: no plugin at all, but someone who tries a socket.
fn outsider(arguments: &Arguments) -> ExitCode {
    let what = arguments.rest.join(" ");
    println!("{}", runtime().block_on(host::try_socket(&what)));
    ExitCode::SUCCESS
}

fn runtime() -> tokio::runtime::Runtime {
    let built = tokio::runtime::Builder::new_current_thread().enable_all().build();
    built.expect("a thread may have a runtime")
}
