//! A plugin's standard output and error, line by line into its log.
//!
//! A line without an end is cut at the log's length, so that no plugin can make the daemon hold it.

use std::future::poll_fn;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::Arc;
use std::task::ready;

use tokio::io::{AsyncRead, ReadBuf};

use crate::clock::Clock;
use crate::logs::{LINE, Log, Origin};

/// Reads until nobody of the tree holds the other end.
pub async fn follow(
    mut source: impl AsyncRead + Unpin,
    log: Arc<Log>,
    (generation, origin): (u64, Origin),
    clock: Clock,
) {
    let write = |line: &[u8]| log.write(generation, origin, line, (clock.now(), clock.wall_us()));
    let mut line = Vec::new();
    while let Ok(1..) = read_some(&mut source, |bytes| split(bytes, &mut line, &write)).await {}
    if !line.is_empty() {
        write(&line);
    }
}

/// Hands over what there is to read: how many bytes, none at the end. Nothing is kept for who says
/// nothing: most plugins do not, and there may be many.
async fn read_some(
    source: &mut (impl AsyncRead + Unpin),
    mut take: impl FnMut(&[u8]),
) -> io::Result<usize> {
    poll_fn(|cx| {
        let mut chunk = [MaybeUninit::uninit(); LINE];
        let mut chunk = ReadBuf::uninit(&mut chunk);
        ready!(Pin::new(&mut *source).poll_read(cx, &mut chunk))?;
        take(chunk.filled());
        Ok(chunk.filled().len()).into()
    })
    .await
}

/// Writes the lines that end in these bytes; the rest begins the next one.
fn split(mut bytes: &[u8], line: &mut Vec<u8>, write: &impl Fn(&[u8])) {
    while !bytes.is_empty() {
        let (used, ended) = take_line(bytes, line);
        bytes = &bytes[used..];
        if ended || line.len() >= LINE {
            write(line);
            line.clear();
        }
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

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt as _;

    use super::*;
    use crate::logs::Logs;

    /// The lines that a log has after these reads.
    async fn lines(reads: &[&[u8]]) -> Vec<String> {
        let log = Logs::default().open("p".into());
        let mut source: Box<dyn AsyncRead + Unpin> = Box::new(tokio::io::empty());
        for &read in reads {
            source = Box::new(source.chain(read));
        }
        follow(source, Arc::clone(&log), (1, Origin::Stdout), Clock::start()).await;
        log.tail(9).into_iter().map(|line| line.text).collect()
    }

    #[tokio::test]
    async fn lines_end_where_they_end_however_they_come() {
        assert_eq!(lines(&[b"a\nb", b"c\n", b"\n", b"d"]).await, ["a", "bc", "", "d"]);
        assert!(lines(&[]).await.is_empty());
    }

    #[tokio::test]
    async fn a_line_without_an_end_is_cut_at_its_greatest_length() {
        let read = [b'x'; LINE - 1];
        let lengths: Vec<usize> =
            lines(&[&read, &read]).await.iter().map(|line| line.chars().count()).collect();
        assert_eq!(lengths, [LINE, LINE - 2]);
    }
}
