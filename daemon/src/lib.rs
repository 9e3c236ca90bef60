//! The daemon: connects plugins, apps and operators with one another.
//!
//! What is decided about a plugin's life is decided in `outboard-supervision`; what is asked of the
//! kernel is asked in `outboard-linux`. Here they are driven, and everything else is carried.

pub mod admin;
pub mod app;
pub mod audit;
pub mod clock;
pub mod config;
pub mod connection;
pub mod courier;
pub mod daemon;
pub mod debug;
pub mod delivery;
pub mod egress;
pub mod fleet;
pub mod frame;
pub mod gate;
pub mod held;
pub mod interactions;
pub mod lifecycle;
pub mod logs;
#[cfg(feature = "otel")]
pub mod otel;
pub mod outbox;
pub mod outlets;
pub mod payload;
pub mod plugin;
pub mod reflection;
pub mod routing;
pub mod schedule;
pub mod secrets;
pub mod session;
pub mod settings;
pub mod socket;
pub mod stable_hash;
pub mod statistics;
pub mod status;
pub mod storage;
pub mod store;
pub mod ui;
