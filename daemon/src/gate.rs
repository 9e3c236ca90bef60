//! Who may speak on the app's and the operator's socket: root, the daemon's user, one group; and
//! nobody out of any plugin's process tree, whatever its user.
//!
//! It refuses to know what they would say.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use outboard_linux::{Keeper, Peer, groups_of};
use outboard_proto::common::{Failure, Reason};
use tokio::net::UnixStream;
use tonic::Code;

use crate::session::Entrance;

/// The process trees of all plugins; cheap to clone.
#[derive(Clone)]
pub struct Trees {
    daemon_uid: u32,
    entrances: Arc<Mutex<Vec<Weak<Entrance>>>>,
}

/// One socket's rule.
#[derive(Clone)]
pub struct Gate {
    trees: Trees,
    group: Option<u32>,
    /// "app" or "admin", for the refusal.
    socket: &'static str,
    /// The group's name, for the refusal.
    group_name: String,
}

impl Trees {
    /// No plugins yet.
    #[must_use]
    pub fn new(daemon_uid: u32) -> Self {
        Self { daemon_uid, entrances: Arc::default() }
    }

    /// The daemon's own user.
    #[must_use]
    pub fn daemon_uid(&self) -> u32 {
        self.daemon_uid
    }

    /// One more plugin.
    pub fn add(&self, entrance: &Arc<Entrance>) {
        let mut entrances = self.entrances.lock().unwrap_or_else(PoisonError::into_inner);
        entrances.retain(|it| it.strong_count() > 0);
        entrances.push(Arc::downgrade(entrance));
    }

    /// Whether a process is in the tree of any plugin. Reads /proc: not for the data plane.
    #[must_use]
    pub fn contain(&self, pid: u32) -> bool {
        self.keepers().into_iter().any(|keeper| keeper.contains(pid))
    }

    fn keepers(&self) -> Vec<Keeper> {
        let entrances = self.entrances.lock().unwrap_or_else(PoisonError::into_inner);
        let alive = entrances.iter().filter_map(Weak::upgrade);
        alive.filter_map(|it| it.door.current()?.keeper_now()).collect()
    }
}

impl Gate {
    /// The rule of a socket; `group` is its id, where the machine knows it.
    #[must_use]
    pub fn new(trees: Trees, socket: &'static str, group_name: String, group: Option<u32>) -> Self {
        Self { trees, group, socket, group_name }
    }

    /// Asks the kernel who connected.
    ///
    /// # Errors
    /// They may not.
    pub async fn admit(&self, stream: &UnixStream) -> Result<Peer, Failure> {
        let peer = outboard_linux::peer(stream)
            .map_err(|error| denied(format!("cannot tell who calls: {error}")))?;
        let gate = self.clone();
        // It reads /proc and the user database, which the data plane does not.
        match tokio::task::spawn_blocking(move || gate.judge(peer)).await {
            Ok(judged) => judged.map(|()| peer),
            Err(_) => Err(denied("asking who calls failed unexpectedly".to_owned())),
        }
    }

    fn judge(&self, peer: Peer) -> Result<(), Failure> {
        if self.trees.contain(peer.pid) {
            return Err(denied(format!("a plugin may not use the {} socket", self.socket)));
        }
        let known = peer.uid == 0 || peer.uid == self.trees.daemon_uid;
        let in_group = |group: u32| {
            peer.gid == group || groups_of(peer.uid).is_ok_and(|groups| groups.contains(&group))
        };
        if known || self.group.is_some_and(in_group) {
            return Ok(());
        }
        let (socket, group) = (self.socket, &self.group_name);
        Err(denied(format!(
            "user {} may not use the {socket} socket: join group {group}",
            peer.uid
        )))
    }
}

fn denied(text: String) -> Failure {
    Failure::new(Code::PermissionDenied, Reason::NotAllowed, text)
}
