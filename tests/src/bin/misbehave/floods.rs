//! More of something than anyone asked for.
//!
//! It refuses to know where the dam is.

use std::io::Write as _;

use outboard_proto::plugin::{Level, Log, plugin_frame};

use crate::plugin::Plugin;

/// Valid frames that answer nothing, without end.
pub async fn frames(plugin: &Plugin) {
    loop {
        plugin.send(a_log_frame("flood")).await;
    }
}

/// 4 MiB on standard error, and not one newline.
pub fn bytes() {
    let block = [b'x'; 64 * 1024];
    for _ in 0..64 {
        // A closed pipe is an answer too.
        if std::io::stderr().write_all(&block).is_err() {
            return;
        }
    }
}

/// Numbered lines on standard error, as fast as they are taken.
pub fn lines(count: u32) {
    for number in 0..count {
        if writeln!(std::io::stderr(), "flood {number}").is_err() {
            return;
        }
    }
}

/// One line for the plugin's log, as a frame.
pub fn a_log_frame(line: &str) -> plugin_frame::Kind {
    plugin_frame::Kind::Log(Log { level: Level::Info.into(), line: line.to_owned() })
}
