//! What the whole daemon promises, one file a promise, one test a sin.
//!
//! Every test has a daemon of its own in temporary folders and speaks to it as a stranger would. It
//! refuses to know how a promise is kept: smaller tests beside the code do.

mod alerts;
mod app;
mod app_sdk;
mod asks;
mod asks_bad;
mod asks_streams;
mod authors;
mod authors_bad;
mod bulkheads;
mod commands;
mod config;
mod dead_letters;
mod debug;
mod debug_refused;
mod dependencies;
mod events;
mod events_durable;
mod examples;
mod files;
mod files_bad;
mod forget;
mod guards;
mod held;
mod held_bad;
mod hooks;
mod hooks_bad;
mod hooks_closed;
mod hooks_more;
mod http;
mod install;
mod interactions;
mod lazy;
mod lifecycle;
mod metrics;
mod newcomer;
mod nodes;
mod operator;
mod permission_frames;
mod permission_scopes;
mod permissions;
mod plugin_calls;
mod plugin_events;
mod protocol;
mod schedules;
mod sends;
mod session;
mod session_bad;
mod settings;
mod settings_bad;
mod settings_dynamic;
mod settings_saves;
mod shadows;
mod start;
mod state;
mod statistics;
mod storage;
mod storage_bad;
mod storage_operator;
mod streams;
mod supervision;
mod surroundings;
mod traces;
mod ui;
mod ui_bad;
mod waiting;

use outboard_proto::admin::{EndRecord, PluginStatus};

/// Back-off that a test need not wait for.
const QUICK: &str = "[defaults]\nbackoff_first = \"20ms\"\nbackoff_max = \"100ms\"\n";

/// Back-off during which a test can look around.
const SLOW: &str = "[defaults]\nbackoff_first = \"30m\"\nbackoff_max = \"1h\"\n";

/// How the newest ended generation ended.
fn last_end(status: &PluginStatus) -> EndRecord {
    let newest = status.ends.iter().max_by_key(|end| end.generation);
    newest.cloned().unwrap_or_default()
}

/// Whether a list of words has one that contains `part`.
fn any_has(words: &[String], part: &str) -> bool {
    words.iter().any(|word| word.contains(part))
}
