//! How the keeper arranges itself before it knows which plugin it will hold. It knows no orders.

use std::{
    fs::File,
    io,
    os::fd::{BorrowedFd, FromRawFd, OwnedFd},
};

use nix::{
    libc,
    sys::{
        signal::{SigHandler, SigSet, SigmaskHow, Signal, signal, sigprocmask},
        signalfd::{SfdFlags, SignalFd},
        socket::{SockType, getsockopt, sockopt},
    },
};
use outboard_linux::keeper::{GATE_FD, KEEPER_FD, Line};

/// What a terminal, a service manager or a curious plugin of the same user may send: only the
/// daemon's orders and its end count.
const IGNORED: [Signal; 8] = [
    Signal::SIGTERM,
    Signal::SIGINT,
    Signal::SIGHUP,
    Signal::SIGQUIT,
    Signal::SIGUSR1,
    Signal::SIGUSR2,
    Signal::SIGALRM,
    Signal::SIGPIPE,
];

/// The keeper's end of the line, unless somebody started the keeper by hand.
pub fn line_to_the_daemon() -> Option<Line> {
    // SAFETY: the descriptor is only asked what it is; a closed one answers with an error.
    let fd = unsafe { BorrowedFd::borrow_raw(KEEPER_FD) };
    if getsockopt(&fd, sockopt::SockType) != Ok(SockType::SeqPacket) {
        return None;
    }
    // SAFETY: it is open (it just answered) and was handed to this process for nothing else.
    Some(Line::from_fd(unsafe { OwnedFd::from_raw_fd(KEEPER_FD) }))
}

/// Where a plugin that is to begin when told waits for it. Asked for once, in the plugin's process.
pub fn gate() -> File {
    // SAFETY: the plan says that the daemon put an eventfd there for this and nothing else.
    unsafe { File::from_raw_fd(GATE_FD) }
}

/// Becomes the place where orphans of the tree end up, deaf to signals, with its children's ends
/// readable from a descriptor.
///
/// # Errors
/// When the kernel refuses any of it.
pub fn arrange() -> io::Result<SignalFd> {
    // Away from the daemon's terminal and process group: ^C is for the daemon.
    nix::unistd::setsid()?;
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
    ignore_signals()?;
    let mut ends = SigSet::empty();
    ends.add(Signal::SIGCHLD);
    sigprocmask(SigmaskHow::SIG_SETMASK, Some(&ends), None)?;
    Ok(SignalFd::with_flags(&ends, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)?)
}

fn ignore_signals() -> io::Result<()> {
    for ignored in IGNORED {
        // SAFETY: no handler of ours is installed, only the kernel's own "ignore".
        unsafe { signal(ignored, SigHandler::SigIgn) }?;
    }
    Ok(())
}

/// Closes everything but the standard three on exec, so that no descriptor of ours reaches a
/// plugin.
///
/// # Errors
/// When the kernel knows no such call (before 5.11).
pub fn close_the_rest_on_exec() -> io::Result<()> {
    // SAFETY: marking descriptors closes nothing now; nothing loses what it owns.
    let done =
        unsafe { libc::close_range(3, libc::c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC.cast_signed()) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Points standard output and error at nothing: the plugin alone holds its pipes, so that their end
/// of file means that the tree is gone.
///
/// # Errors
/// When descriptors run out.
pub fn let_go_of_the_output() -> io::Result<()> {
    let stdin = rustix::stdio::stdin();
    rustix::stdio::dup2_stdout(stdin)?;
    rustix::stdio::dup2_stderr(stdin)?;
    Ok(())
}
