//! A Unix connection that is woken for what it waits for, and for nothing else.
//!
//! A runtime's own stream asks the kernel for both directions at once, so that each time the peer
//! takes something off the socket, the writer is woken only to find that it had nothing to say:
//! a wake-up per message and side, as dear as the work itself. This one asks for room only after a
//! write was refused. It refuses to know what travels.

use std::cell::RefCell;
use std::io::{self, IoSlice, Read as _, Write as _};
use std::os::unix::net::UnixStream as Blocking;
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::unix::AsyncFd;
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::UnixStream;

/// One end of a Unix connection.
#[derive(Debug)]
pub struct QuietStream {
    socket: AsyncFd<Blocking>,
    /// The same socket once more, while a write waits for room.
    room: Option<AsyncFd<Blocking>>,
}

impl QuietStream {
    /// Takes over a connection.
    ///
    /// # Errors
    /// The runtime cannot watch it.
    pub fn new(stream: UnixStream) -> io::Result<Self> {
        let socket = watched(stream.into_std()?, Interest::READABLE)?;
        Ok(Self { socket, room: None })
    }

    /// Connects to the socket at `path`.
    ///
    /// # Errors
    /// Nobody listens there, or the runtime cannot watch the connection.
    pub async fn connect(path: impl AsRef<Path>) -> io::Result<Self> {
        Self::new(UnixStream::connect(path).await?)
    }

    /// Writes once it can: at once, or when there is room.
    fn poll_with_room(
        &mut self,
        cx: &mut Context<'_>,
        write: impl Fn(&Blocking) -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        loop {
            match write(self.socket.get_ref()) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    ready!(self.poll_room(cx))?;
                }
                written => {
                    self.room = None;
                    return Poll::Ready(written);
                }
            }
        }
    }

    /// Ready when there may be room. The kernel tells at once if there is some already, so none is
    /// missed between the refused write and the asking.
    fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let room = match &mut self.room {
            Some(room) => room,
            none => {
                let again = self.socket.get_ref().try_clone()?;
                none.insert(watched(again, Interest::WRITABLE)?)
            }
        };
        let mut guard = ready!(room.poll_write_ready(cx))?;
        guard.clear_ready();
        Poll::Ready(Ok(()))
    }
}

/// The runtime watches `socket` for one direction.
#[expect(
    deprecated,
    reason = "deprecated for owners whose descriptor may change under the runtime; a socket's does \
              not, and what replaces it is unsafe, which has no place in this crate"
)]
fn watched(socket: Blocking, interest: Interest) -> io::Result<AsyncFd<Blocking>> {
    AsyncFd::with_interest(socket, interest)
}

/// What a socket holds after it was read from.
enum Left {
    /// It gave less than it was asked for: the kernel tells of what comes next.
    Nothing,
    /// More, or the end.
    Perhaps,
}

thread_local! {
    /// Where what comes in lies for a moment. Reading straight into a reader's buffer would mean
    /// to fill all of it with zeroes first, each time.
    static SCRATCH: RefCell<Box<[u8]>> = RefCell::new(vec![0; SCRATCH_BYTES].into());
}

/// As much as HTTP/2 asks for at once.
const SCRATCH_BYTES: usize = 16 * 1024;

fn read_into(
    mut socket: &Blocking,
    scratch: &mut [u8],
    buffer: &mut ReadBuf<'_>,
) -> io::Result<Left> {
    let asked = buffer.remaining().min(scratch.len());
    let read = socket.read(&mut scratch[..asked])?;
    buffer.put_slice(&scratch[..read]);
    Ok(if read > 0 && read < asked { Left::Nothing } else { Left::Perhaps })
}

impl AsyncRead for QuietStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            let mut guard = ready!(self.socket.poll_read_ready(cx))?;
            match SCRATCH.with_borrow_mut(|scratch| read_into(guard.get_inner(), scratch, buffer)) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => guard.clear_ready(),
                Err(error) => return Poll::Ready(Err(error)),
                Ok(Left::Nothing) => {
                    guard.clear_ready();
                    return Poll::Ready(Ok(()));
                }
                Ok(Left::Perhaps) => return Poll::Ready(Ok(())),
            }
        }
    }
}

impl AsyncWrite for QuietStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_with_room(cx, |mut socket| socket.write(bytes))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_with_room(cx, |mut socket| socket.write_vectored(bytes))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.socket.get_ref().shutdown(std::net::Shutdown::Write))
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    fn pair() -> (QuietStream, QuietStream) {
        let (one, other) = UnixStream::pair().unwrap();
        (QuietStream::new(one).unwrap(), QuietStream::new(other).unwrap())
    }

    #[tokio::test]
    async fn what_is_written_is_read_to_the_end() {
        let (mut one, mut other) = pair();
        one.write_all(b"hello").await.unwrap();
        one.shutdown().await.unwrap();
        let mut read = Vec::new();
        other.read_to_end(&mut read).await.unwrap();
        assert_eq!(read, b"hello");
    }

    #[tokio::test]
    async fn a_write_that_finds_no_room_goes_on_when_there_is_some() {
        let (mut one, mut other) = pair();
        let sent = vec![7_u8; 8 << 20];
        let writing = tokio::spawn(async move {
            one.write_all(&sent).await.unwrap();
            (one, sent)
        });
        let mut read = vec![0; 8 << 20];
        other.read_exact(&mut read).await.unwrap();
        let (one, sent) = writing.await.unwrap();
        assert!(read == sent && one.room.is_none());
    }

    #[tokio::test]
    async fn a_peer_that_leaves_is_noticed_on_both_ways() {
        let (mut one, other) = pair();
        drop(other);
        assert_eq!(one.read(&mut [0; 8]).await.unwrap(), 0);
        assert_eq!(one.write(b"x").await.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    }
}
