//! A plugin's folder: this program under the plugin's name, and a manifest for it.
//!
//! It refuses to know who loads it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use anyhow::Context as _;

/// The version that manifest and hello say.
pub const VERSION: &str = "1.0.0";

/// Calls under way at once: as many as are ever in flight here, like the relay, which has no
/// window. With the 64 that are usual the rest waits its turn in the daemon.
const IN_FLIGHT: usize = 256;

/// Writes one that lets every message pass. `program` lies on the same disk: it is linked, for
/// hundreds of copies would fill the page cache.
pub fn write(folder: &Path, name: &str, program: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    // Another user runs the plugin, where the daemon may choose.
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755))?;
    fs::hard_link(program, folder.join("program")).context("linking the plugin's program")?;
    fs::write(folder.join("plugin.toml"), manifest(name))?;
    Ok(())
}

fn manifest(name: &str) -> String {
    format!(
        r#"name = "{name}"
version = "{VERSION}"
protocol = "1"
description = "Lets every message pass"
authors = ["The Outboard authors"]
license = "Apache-2.0"

[run]
command = ["./program", "play", "plugin"]

[limits]
in_flight = {IN_FLIGHT}

[[permissions]]
resource = "messages"
actions = ["intercept"]
reason = "to be asked"

[[hooks]]
on = "message.before_post"
phase = "transform"
"#
    )
}
