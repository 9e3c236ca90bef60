//! What a session must know of its plugin: what hello is compared with, what welcome says.
//!
//! A snapshot, replaced when the plugin is loaded or configured anew.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use outboard_proto::plugin::{EndRecord, Limits};

use crate::config::manifest::Handlers;

/// A snapshot of one plugin.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Its name.
    pub name: Arc<str>,
    /// Its version.
    pub version: String,
    /// What its manifest declares.
    pub handlers: Handlers,
    /// Its grants, "resource:action".
    pub grants: Vec<String>,
    /// The same with what they are limited to.
    pub scoped_grants: Vec<String>,
    /// Its limits.
    pub limits: Limits,
    /// The folder that outlives its processes.
    pub data_dir: PathBuf,
    /// How long a start may take, and a handler of its lifecycle.
    pub start_timeout: Duration,
    /// How the generation before ended.
    pub previous_end: Option<EndRecord>,
}
