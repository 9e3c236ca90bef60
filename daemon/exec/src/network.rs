//! Keeping a process from the network: a namespace of its own, with nothing in it but loopback. It
//! knows neither limits nor what is executed.

use std::{ffi::c_char, io, os::fd::AsRawFd};

use nix::{
    libc,
    sched::{CloneFlags, unshare},
    sys::socket::{AddressFamily, SockFlag, SockType, socket},
    unistd::{Gid, Uid},
};
use outboard_linux::keeper::NetworkCut;
use rustix::process::{DumpableBehavior, set_dumpable_behavior};

use crate::{
    child::{Failure, OrSay},
    namespace::map_user,
};

/// What takes the daemon's rights: before the user is changed.
///
/// # Errors
/// When there is no such namespace to have.
pub fn cut_with_own_rights(how: NetworkCut) -> Result<(), Failure> {
    match how {
        NetworkCut::None | NetworkCut::InUser => Ok(()),
        NetworkCut::Own => enter(CloneFlags::CLONE_NEWNET),
    }
}

/// What its own user may do: after the user is changed, before rights are dropped.
///
/// # Errors
/// When there is no such namespace to have.
pub fn cut_as_its_user(how: NetworkCut) -> Result<(), Failure> {
    match how {
        NetworkCut::None | NetworkCut::Own => Ok(()),
        NetworkCut::InUser => {
            let (uid, gid) = (Uid::current(), Gid::current());
            // After a change of user what /proc says of a process is root's, the maps included.
            set_dumpable_behavior(DumpableBehavior::Dumpable).or_say("open its own /proc")?;
            enter(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNET)?;
            map_user(uid, gid).or_say("map the user into its namespace")
        }
    }
}

fn enter(namespaces: CloneFlags) -> Result<(), Failure> {
    unshare(namespaces).or_say("make a network namespace")?;
    // Without it, what listens on localhost is not heard; nobody else is.
    let _ = raise_loopback();
    Ok(())
}

fn raise_loopback() -> io::Result<()> {
    let any = socket(AddressFamily::Inet, SockType::Datagram, SockFlag::SOCK_CLOEXEC, None)?;
    // SAFETY: all of its fields are numbers or unions of them, for which zero is a value.
    let mut wish: libc::ifreq = unsafe { std::mem::zeroed() };
    for (letter, of_name) in wish.ifr_name.iter_mut().zip(b"lo") {
        *letter = of_name.cast_signed() as c_char;
    }
    wish.ifr_ifru.ifru_flags = libc::IFF_UP as libc::c_short;
    // SAFETY: the kernel reads one request from a live value and writes nothing back.
    let asked = unsafe { libc::ioctl(any.as_raw_fd(), libc::SIOCSIFFLAGS, &raw const wish) };
    if asked == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
