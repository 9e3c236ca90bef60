//! The peer: hashicorp/go-plugin in its gRPC mode, one hop, as its host would use it.
//!
//! Its two processes are one Go program under peers/go-plugin; it refuses to know what they say to
//! each other.

use std::path::Path;
use std::process::Command;

use anyhow::Context as _;

use crate::case::{Case, Part};

/// The case, running.
pub fn start(program: &Path) -> anyhow::Result<Case> {
    let mut case = Case::new("go_plugin");
    let plugin = case.start_command(Part::App, &mut Command::new(program))?.wait_ready()?;
    case.weigh(Part::Plugin, plugin.parse().context("the peer names its plugin's process")?);
    Ok(case)
}
