//! The plugin's side of the daemon: its socket, its token, its session, the host API.
//!
//! It refuses to decide anything about a plugin's life: what it sees is sent on as news.

mod asking;
mod bulk;
mod community;
mod converse;
mod counting;
mod door;
mod events;
mod facts;
mod files;
mod growing;
mod guard;
mod held;
mod hello;
mod interactions;
mod listen;
mod messages;
mod places;
mod plugins;
mod service;
mod settings;
mod storage;
mod ui;
mod usage;

pub use door::{Door, Pass};
pub use facts::Facts;
pub use listen::{Entrance, Leads, listen};
pub use messages::Outbox;
pub use service::{Inside, Who};
