//! Write an Outboard plugin in Rust.
//!
//! A plugin is a program that the Outboard daemon starts beside a chat server. It says which
//! hooks, events and commands it handles, and the daemon calls it. This crate speaks the protocol,
//! so that what remains is handlers. It refuses to know the daemon's insides: permissions, order
//! and restarts are decided there.
//!
//! # A whole plugin
//!
//! ```no_run
//! use outboard_plugin::{Exit, Plugin};
//!
//! fn main() -> Exit {
//!     Plugin::new("moderator", env!("CARGO_PKG_VERSION"))
//!         .before_post(async |m| m.rewrite(m.text().replace("darn", "d*rn")))
//!         .run()
//! }
//! ```
//!
//! Beside it stands a `plugin.toml`, which declares the same handlers: people read there what a
//! plugin does before it runs. Code that differs from its manifest is refused at its hello.
//!
//! # Handlers
//!
//! * A **hook** asks before something happens; its handler returns a [`Verdict`], or nothing to
//!   let it pass.
//! * An **event** tells what has happened. A handler that returns has acknowledged it; one that
//!   fails may be told again, if the manifest asks for that.
//! * A **command** is what somebody typed after a slash, or chose from the menu of a message or a
//!   user; its handler returns a [`Reply`] or a string. One that takes minutes answers with
//!   [`Command::defer`].
//! * A **schedule** has come round; see [`Plugin::on_schedule`].
//! * An **action** is what somebody did to something that the plugin shows: see [`Ui`],
//!   [`Plugin::action`] and [`Plugin::modal`].
//! * Another plugin's **call** is answered with JSON; see [`Plugin::on_call`] and
//!   [`Context::call_plugin`].
//! * A **request** from outside for one of the plugin's routes; see [`Plugin::on_http`].
//!
//! Every handler may return a [`Result`] instead; any displayable error will do. Where `?` is
//! used, state the closure's return type:
//!
//! ```no_run
//! use outboard_plugin::{Exit, Plugin, Reply, Result};
//!
//! fn main() -> Exit {
//!     Plugin::new("adder", "1.0.0")
//!         .command("add", async |cmd| -> Result<Reply> {
//!             let sum = cmd.arg::<i64>("a")? + cmd.arg::<i64>("b")?;
//!             Ok(cmd.reply(sum.to_string()))
//!         })
//!         .run()
//! }
//! ```
//!
//! A handler that panics or fails costs its own call and nothing else. One that takes longer than
//! its budget is dropped where it waits; [`Context::remaining`] tells what is left. When nobody
//! waits for the answer any more, it is dropped too.
//!
//! # State
//!
//! Handlers capture what they share. All of them run on one thread, so no lock is needed:
//!
//! ```no_run
//! use std::cell::Cell;
//! use std::rc::Rc;
//!
//! use outboard_plugin::{Exit, Plugin};
//!
//! fn main() -> Exit {
//!     let posts = Rc::new(Cell::new(0));
//!     let counted = Rc::clone(&posts);
//!     Plugin::new("counter", "1.0.0")
//!         .on_posted(async move |_| counted.set(counted.get() + 1))
//!         .command("count", async move |_| format!("{} messages so far", posts.get()))
//!         .run()
//! }
//! ```
//!
//! What computes for long or blocks belongs into a [`blocking`] handler.
//!
//! What is to outlive the process is kept in the daemon: see [`Storage`], which
//! [`Context::storage`] gives.
//!
//! # Sending messages
//!
//! [`Context::reply`] answers where something happened, [`Context::send`] speaks anywhere. Both
//! need the permission `messages:send`, and both say why they were refused: see [`HostError`].
//!
//! ```no_run
//! use outboard_plugin::{Exit, Plugin};
//!
//! fn main() -> Exit {
//!     Plugin::new("welcome", "1.0.0")
//!         .on_joined(async |event| {
//!             event.ctx().reply(format!("Welcome, {}!", event.user().name)).await
//!         })
//!         .run()
//! }
//! ```
//!
//! [`Context::messages`] edits, reacts and reads what was said before, [`Context::users`] looks
//! people up and moderates them, [`Context::channels`] looks after channels.
//!
//! # Start, end, long work
//!
//! [`Plugin::on_start`] runs before the first call may come; [`Start::progress`] buys time there.
//! [`Plugin::on_settings_changed`] and [`Plugin::on_grants_changed`] tell of what changes while it
//! runs, [`Plugin::on_drain`] and [`Plugin::on_shutdown`] run at the end. A command that works long
//! shows [`Command::progress`] or lets its reply appear piece by piece:
//!
//! ```no_run
//! use outboard_plugin::{Error, Exit, Plugin, Reply, Result, Start};
//!
//! fn main() -> Exit {
//!     Plugin::new("oracle", "1.0.0")
//!         .on_start(async |start: Start| -> Result {
//!             start.progress(10, "reading the stars").await?;
//!             let stars = std::fs::read_to_string(start.data_dir().join("stars.txt"));
//!             stars.map(drop).map_err(|error| Error::fatal(format!("no stars: {error}")))
//!         })
//!         .command("ask", async |cmd| -> Result<Reply> {
//!             let mut answer = cmd.stream();
//!             for word in ["It ", "is ", "certain."] {
//!                 answer.push(word).await?;
//!             }
//!             Ok(answer.finish())
//!         })
//!         .on_shutdown(async || eprintln!("the stars go out"))
//!         .run()
//! }
//! ```
//!
//! # Tests
//!
//! [`test::Harness`] calls handlers without a daemon and keeps what they send.

pub mod test;

mod action;
mod argument;
mod blocking;
mod body;
mod call;
mod channels;
mod command;
mod context;
mod environment;
mod error;
mod event;
mod exchange;
mod exit;
mod files;
mod follow_up;
mod grants;
mod handlers;
mod held;
mod hook;
mod host;
mod http;
mod known;
mod lifecycle;
mod link;
mod messages;
mod outcome;
mod plugin;
mod plugin_hooks;
mod process;
mod reply;
mod schedule;
mod session;
mod settings;
mod start;
mod storage;
mod subject;
mod typing;
mod ui;
mod usage;
mod users;
mod verdict;
pub mod webhook;

pub use action::Action;
pub use argument::{ArgumentError, FromValue};
pub use blocking::{Handled, blocking};
pub use body::Body;
pub use call::{CallError, Json, PluginCall};
pub use channels::Channels;
pub use command::Command;
pub use context::Context;
pub use environment::Environment;
pub use error::{Error, HostError, Result, RunError};
pub use event::{Event, MemberEvent, MessageEvent};
pub use exchange::ReplyStream;
pub use exit::Exit;
pub use files::{Download, Files, Upload, Uploading};
pub use follow_up::Later;
pub use grants::GrantsChange;
pub use held::{Hold, Told};
pub use hook::{
    BeforeCreate, BeforeDelete, BeforeEdit, BeforeJoin, BeforeLogin, BeforePost, BeforeReaction,
    BeforeRender, BeforeUpload, Custom, Hook,
};
pub use host::{Host, MessageId};
pub use http::{HttpRequest, HttpResponse};
pub use lifecycle::Milestone;
pub use messages::{Growing, History, Messages};
pub use outboard_proto as proto;
pub use outcome::Outcome;
pub use plugin::Plugin;
pub use reply::Reply;
pub use schedule::Fired;
pub use session::bodies::BodyError;
pub use settings::{SettingsChange, SettingsError, SettingsRegistered};
pub use start::Start;
pub use storage::{Change, Changed, News, Storage, StorageError, Stored, Watch, Written};
pub use typing::Typing;
pub use ui::{Blocks, Button, Component, Field, Modal, Ui};
pub use users::Users;
pub use verdict::{Rejection, Verdict};

/// The page for authors: its examples are compiled with the crate's own.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/writing-a-plugin.md")]
pub struct WritingAPlugin;

/// The page about what plugins show: its example is compiled, too.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/ui.md")]
pub struct WhatPluginsShow;
