//! What daemon and keeper say to each other, and the line they say it over. It knows neither side's
//! behaviour.
//!
//! The line is a SOCK_SEQPACKET pair: one message is one packet, and its end of file means that the
//! other side is gone. Messages are JSON: the keeper reads and writes three or so in its life, so
//! the encoding costs nothing that could be measured, and it can be read in a trace.

use std::{
    io::{self, IoSlice, IoSliceMut},
    os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd},
    path::PathBuf,
};

use nix::{
    errno::Errno,
    sys::socket::{self, AddressFamily, MsgFlags, SockFlag, SockType},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::launch::Launch;

/// The descriptor the keeper finds its end of the line at.
pub const KEEPER_FD: i32 = 3;

/// The descriptor a keeper finds the gate at, if its plugin is to begin when told: an eventfd that
/// the daemon raises. The plugin's own process waits at it, so that nobody has to wake in between;
/// and an eventfd, because the kernel keeps whom a pipe wakes waiting for the waker's processor.
pub const GATE_FD: i32 = 4;

/// The largest message, bytes: below the kernel's default socket buffer, so that a send never has
/// to be tried twice.
pub const MESSAGE_LIMIT: usize = 192 * 1024;

/// What the daemon tells the keeper.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Order {
    /// Start the plugin. The first order, given once.
    Launch(Box<Plan>),
    /// SIGTERM to the plugin's main process.
    Terminate,
    /// SIGKILL to the whole tree.
    Kill,
}

/// A launch and the means this machine gives to hold it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Plan {
    /// What to start.
    pub launch: Launch,
    /// The cgroup v2 leaf the plugin joins, where there is one.
    pub leaf: Option<PathBuf>,
    /// Which namespaces hold the tree where no leaf does.
    pub namespace: Namespace,
    /// How it is kept from the network, if it is to be and can be.
    pub network: NetworkCut,
    /// The niceness that stands in for a CPU weight where no controller does.
    pub nice: Option<i32>,
    /// When the program is executed.
    pub begins: Begins,
}

/// When a plugin begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Begins {
    /// At once.
    AtOnce,
    /// When it is told to go. Until then it is a copy of the keeper with all limits in place that
    /// waits to execute its program.
    WhenTold,
}

/// How far the keeper encloses the plugin's process ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Namespace {
    /// Not at all: the keeper is the tree's subreaper.
    None,
    /// A pid namespace with its own /proc, made with the daemon's own rights.
    Pid,
    /// The same inside a user namespace, for a daemon without rights.
    UserAndPid,
}

/// How the keeper keeps a process from the network. Sockets that are files it reaches all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum NetworkCut {
    /// Not at all.
    None,
    /// A network namespace, made with the daemon's own rights.
    Own,
    /// The same inside a user namespace, made as the user that it runs as.
    InUser,
}

/// What the keeper tells the daemon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Report {
    /// The process that will be the plugin waits at its gate. Comes only of one that waits.
    Waiting {
        /// Its process id.
        pid: u32,
    },
    /// The program runs; its process id as the daemon sees it.
    Started {
        /// Process id of the plugin's main process.
        pid: u32,
    },
    /// The program could not be started. Nothing is left of the attempt. The last report.
    SpawnFailed {
        /// What was being done.
        step: String,
        /// What came of it, in words.
        error: String,
    },
    /// The plugin's main process ended and nothing is left of its tree. The last report.
    Ended(Account),
}

/// The kernel's account of a tree that has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// How the main process ended.
    pub exit: Exit,
    /// CPU time of the whole tree, microseconds.
    pub cpu_us: u64,
    /// From fork to the end of the main process, microseconds.
    pub uptime_us: u64,
    /// Largest resident size of any one process, files included, bytes.
    pub max_resident_bytes: u64,
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exit {
    /// It returned this code.
    Code(i32),
    /// This signal ended it.
    Signal(i32),
}

impl Exit {
    /// Whether it ended of its own will and without complaint.
    pub fn is_success(self) -> bool {
        self == Exit::Code(0)
    }
}

/// Why a message could not be passed.
#[derive(Debug, thiserror::Error)]
pub enum LineError {
    /// The message does not fit.
    #[error(
        "arguments and environment take {size} bytes; at most {MESSAGE_LIMIT} can be handed over"
    )]
    TooLarge {
        /// Encoded size, bytes.
        size: usize,
    },
    /// The message cannot be written down or makes no sense.
    #[error("a message between daemon and keeper could not be read or written: {0}")]
    Encoding(#[from] serde_json::Error),
    /// The socket refused.
    #[error("the line between daemon and keeper failed: {0}")]
    Io(#[from] io::Error),
}

/// One end of the line.
#[derive(Debug)]
pub struct Line(OwnedFd);

impl Line {
    /// Both ends, closed on exec.
    ///
    /// # Errors
    /// When the kernel has no socket to give.
    pub fn pair() -> io::Result<(Line, Line)> {
        let (here, there) = socket::socketpair(
            AddressFamily::Unix,
            SockType::SeqPacket,
            None,
            SockFlag::SOCK_CLOEXEC,
        )?;
        Ok((Line(here), Line(there)))
    }

    /// Wraps a descriptor that is one end of a pair.
    pub fn from_fd(fd: OwnedFd) -> Line {
        Line(fd)
    }

    /// Sends one message without waiting.
    ///
    /// # Errors
    /// When it is too large, or the other side is gone or has not read for a long while.
    pub fn send<M: Serialize>(&self, message: &M) -> Result<(), LineError> {
        let bytes = serde_json::to_vec(message)?;
        if bytes.len() > MESSAGE_LIMIT {
            return Err(LineError::TooLarge { size: bytes.len() });
        }
        let flags = MsgFlags::MSG_NOSIGNAL | MsgFlags::MSG_DONTWAIT;
        let parts = [IoSlice::new(&bytes)];
        socket::sendmsg::<()>(self.0.as_raw_fd(), &parts, &[], flags, None)
            .map_err(io::Error::from)?;
        Ok(())
    }

    /// Waits for one message; `None` when the other side is gone.
    ///
    /// # Errors
    /// When the socket fails or the message makes no sense.
    pub fn receive<M: DeserializeOwned>(&self) -> Result<Option<M>, LineError> {
        self.receive_with(MsgFlags::empty())
    }

    /// Takes one message if it is there; otherwise the error is [`io::ErrorKind::WouldBlock`].
    ///
    /// # Errors
    /// As [`Line::receive`].
    pub fn try_receive<M: DeserializeOwned>(&self) -> Result<Option<M>, LineError> {
        self.receive_with(MsgFlags::MSG_DONTWAIT)
    }

    fn receive_with<M: DeserializeOwned>(&self, flags: MsgFlags) -> Result<Option<M>, LineError> {
        // Asking for the size first keeps the keeper small: no message but the first is long.
        let size = self.size_of_next(flags)?;
        if size == 0 {
            return Ok(None);
        }
        let mut bytes = vec![0; size];
        let mut parts = [IoSliceMut::new(&mut bytes)];
        let fd = self.0.as_raw_fd();
        socket::recvmsg::<()>(fd, &mut parts, None, flags).map_err(io::Error::from)?;
        Ok(Some(serde_json::from_slice(&bytes)?))
    }

    fn size_of_next(&self, flags: MsgFlags) -> io::Result<usize> {
        let look = flags | MsgFlags::MSG_PEEK | MsgFlags::MSG_TRUNC;
        loop {
            match socket::recv(self.0.as_raw_fd(), &mut [], look) {
                // A peer that ended with a message of ours unread is reported first and once; what
                // it said before its end still comes, then end of file.
                Err(Errno::ECONNRESET | Errno::EINTR) => {}
                other => return other.map_err(io::Error::from),
            }
        }
    }
}

impl AsFd for Line {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl From<Line> for OwnedFd {
    fn from(line: Line) -> OwnedFd {
        line.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_words_are_heard_though_an_order_was_left_unread() {
        let (daemon, keeper) = Line::pair().unwrap();
        let words = Report::Started { pid: 7 };
        daemon.send(&Order::Kill).unwrap();
        keeper.send(&words).unwrap();
        drop(keeper);
        assert_eq!(daemon.receive::<Report>().unwrap(), Some(words));
        assert_eq!(daemon.receive::<Report>().unwrap(), None);
    }

    #[test]
    fn what_is_too_large_is_refused_with_its_size() {
        let (daemon, _keeper) = Line::pair().unwrap();
        let refused = daemon.send(&"x".repeat(MESSAGE_LIMIT)).unwrap_err();
        assert!(matches!(refused, LineError::TooLarge { size } if size > MESSAGE_LIMIT));
    }
}
