//! A plugin's standard output and error, line by line into its log.
//!
//! A line without an end is cut at the log's length, so that no plugin can make the daemon hold it.

use std::sync::Arc;

use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};

use crate::clock::Clock;
use crate::logs::{LINE, Log, Origin};

/// Reads until nobody of the tree holds the other end.
pub async fn follow(
    source: impl AsyncRead + Unpin,
    log: Arc<Log>,
    (generation, origin): (u64, Origin),
    clock: Clock,
) {
    let mut reader = BufReader::with_capacity(LINE, source);
    let mut line = Vec::new();
    loop {
        let (used, ended) = match reader.fill_buf().await {
            Ok([]) | Err(_) => break,
            Ok(bytes) => take_line(bytes, &mut line),
        };
        reader.consume(used);
        if ended || line.len() >= LINE {
            log.write(generation, origin, &line, (clock.now(), clock.wall_us()));
            line.clear();
        }
    }
    if !line.is_empty() {
        log.write(generation, origin, &line, (clock.now(), clock.wall_us()));
    }
}

/// Moves bytes into the line up to its end or its greatest length: how many, and whether it ended.
fn take_line(bytes: &[u8], line: &mut Vec<u8>) -> (usize, bool) {
    let room = LINE.saturating_sub(line.len()).max(1).min(bytes.len());
    match bytes[..room].iter().position(|byte| *byte == b'\n') {
        Some(at) => {
            line.extend_from_slice(&bytes[..at]);
            (at + 1, true)
        }
        None => {
            line.extend_from_slice(&bytes[..room]);
            (room, false)
        }
    }
}
