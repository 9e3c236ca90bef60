//! A plugin's folder: this program under the plugin's name, and a manifest for it.
//!
//! It refuses to know who loads it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use anyhow::Context as _;

use crate::role::Role;

/// The version that manifest and hello say.
pub const VERSION: &str = "1.0.0";

/// What comes to a plugin at once: as much as is ever in flight here, like the relay, which has no
/// window. With the 64 that are usual the rest waits its turn in the daemon.
const IN_FLIGHT: usize = 256;

/// What a plugin of the bench is.
#[derive(Debug, Clone)]
pub struct Kind {
    role: Role,
    in_flight: usize,
    sections: String,
}

impl Kind {
    /// Lets every message pass.
    pub fn transform() -> Self {
        Self::hook("transform", "")
    }

    /// Lets every message pass that comes to it, beside others. `filter` is the inside of the
    /// manifest's table, in either phase.
    pub fn hook(phase: &str, filter: &str) -> Self {
        let sections = format!(
            "[[permissions]]\nresource = \"messages\"\nactions = [\"intercept\"]\n\
             reason = \"to be asked\"\n\n\
             [[hooks]]\non = \"message.before_post\"\nphase = \"{phase}\"\n\
             filter = {{ {filter} }}\n"
        );
        Self { role: Role::Plugin, in_flight: IN_FLIGHT, sections }
    }

    /// Plays `role`, and is told of every message that is posted, under these keys.
    pub fn told(role: Role, keys: &str) -> Self {
        let sections = format!(
            "[[permissions]]\nresource = \"messages\"\nactions = [\"read\"]\n\
             reason = \"to be told\"\n\n\
             [[events]]\non = [\"message.posted\"]\n{keys}\n"
        );
        Self { role, in_flight: IN_FLIGHT, sections }
    }

    /// Plays `role`, with these sections of the manifest.
    pub fn of(role: Role, sections: String) -> Self {
        Self { role, in_flight: IN_FLIGHT, sections }
    }

    /// Plays `role`; nobody asks or tells it anything.
    pub fn alone(role: Role) -> Self {
        Self { role, in_flight: IN_FLIGHT, sections: String::new() }
    }

    /// With the window that plugins have who do not ask for one.
    pub fn with_usual_window(self) -> Self {
        Self { in_flight: 64, ..self }
    }

    fn manifest(&self, name: &str) -> String {
        let Self { role, in_flight, sections } = self;
        let role = role.name();
        format!(
            r#"name = "{name}"
version = "{VERSION}"
protocol = "1"
description = "Of a measurement"
authors = ["The Outboard authors"]
license = "Apache-2.0"

[run]
command = ["./program", "play", "{role}"]

[limits]
in_flight = {in_flight}

{sections}"#
        )
    }
}

/// Writes one. `program` lies on the same disk: it is linked, for hundreds of copies would fill the
/// page cache.
pub fn write(folder: &Path, name: &str, kind: &Kind, program: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    // Another user runs the plugin, where the daemon may choose.
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755))?;
    fs::hard_link(program, folder.join("program")).context("linking the plugin's program")?;
    fs::write(folder.join("plugin.toml"), kind.manifest(name))?;
    Ok(())
}
