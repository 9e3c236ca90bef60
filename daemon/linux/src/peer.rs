//! Who is at the other end of a Unix socket, and which groups they are in. It grants nothing.

use std::{ffi::CString, io, os::fd::AsFd};

use nix::{
    sys::socket::{getsockopt, sockopt::PeerCredentials},
    unistd::{Group, Uid, User, getgrouplist},
};

/// The process that called connect(), as the kernel noted it then. It may have ended since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    /// Process id as this process sees it; 0 for one outside its pid namespace.
    pub pid: u32,
    /// Effective user id.
    pub uid: u32,
    /// Effective group id. Supplementary groups are not noted: see [`groups_of`].
    pub gid: u32,
}

/// The credentials of a connected socket's peer.
///
/// # Errors
/// When it is no connected Unix socket.
pub fn peer(socket: impl AsFd) -> io::Result<Peer> {
    let found = getsockopt(&socket, PeerCredentials)?;
    Ok(Peer { pid: found.pid().cast_unsigned(), uid: found.uid(), gid: found.gid() })
}

/// All groups a user is in by the machine's user database, the primary one included; none for a
/// user it does not know. May ask a directory server: not for the data-plane thread.
///
/// # Errors
/// When the database cannot be read.
pub fn groups_of(uid: u32) -> io::Result<Vec<u32>> {
    let Some(user) = User::from_uid(Uid::from_raw(uid))? else { return Ok(Vec::new()) };
    let name = CString::new(user.name)?;
    let groups = getgrouplist(&name, user.gid)?;
    Ok(groups.into_iter().map(nix::unistd::Gid::as_raw).collect())
}

/// The id of a group, if the machine knows one of that name.
///
/// # Errors
/// When the database cannot be read.
pub fn group_id(name: &str) -> io::Result<Option<u32>> {
    Ok(Group::from_name(name)?.map(|group| group.gid.as_raw()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn the_peer_of_an_own_pair_is_this_process() {
        let (here, _there) = UnixStream::pair().unwrap();
        let found = peer(&here).unwrap();
        assert_eq!(found.pid, std::process::id());
        assert_eq!(found.uid, Uid::current().as_raw());
    }

    #[test]
    fn root_is_in_the_group_root_and_nobody_knows_a_made_up_one() {
        assert!(groups_of(0).unwrap().contains(&group_id("root").unwrap().unwrap()));
        assert_eq!(group_id("outboard-no-such-group").unwrap(), None);
        assert!(groups_of(4_000_000_000).unwrap().is_empty());
    }
}
