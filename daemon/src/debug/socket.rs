//! The socket of a plugin's visits: the operator's own, and only for processes of that user which
//! no plugin started. It refuses to know what is said there.

use std::path::Path;
use std::sync::{Arc, Weak};

use outboard_linux::Peer;
use outboard_proto::common::{Failure, Reason};
use outboard_proto::limits::STREAMS;
use tokio::net::{UnixListener, UnixStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use tonic::Code;

use super::Visit;
use crate::connection::Terms;
use crate::gate::Trees;
use crate::session::{Entrance, Inside, Who};
use crate::{connection, socket, status};

/// Opens the socket for processes of one user, in the place of the one before.
///
/// # Errors
/// It cannot be bound, or not be given to that user.
pub fn open(
    path: &Path,
    uid: u32,
    entrance: &Arc<Entrance>,
    trees: &Trees,
) -> Result<AbortOnDropHandle<()>, Failure> {
    let mode =
        if uid == trees.daemon_uid() { socket::Mode::Owner } else { socket::Mode::User(uid) };
    let listener = socket::bind(path, mode).map_err(|error| {
        let cause = std::error::Error::source(&error).map(|it| format!(": {it}"));
        let text = format!("{error}{}", cause.unwrap_or_default());
        Failure::new(Code::FailedPrecondition, Reason::DebugSocket, text)
    })?;
    let listening = listen(listener, Arc::downgrade(entrance), trees.clone());
    Ok(AbortOnDropHandle::new(tokio::spawn(listening)))
}

/// Removes what an earlier daemon left. The caller holds the folder's lock.
pub fn sweep(folder: &Path) {
    // What cannot be removed is removed, or told of, when its place is needed.
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let _ = std::fs::remove_file(entry.path());
    }
}

async fn listen(listener: UnixListener, entrance: Weak<Entrance>, trees: Trees) {
    loop {
        let stream = socket::accept(&listener).await;
        let Some(entrance) = entrance.upgrade() else { return };
        tokio::spawn(receive(stream, entrance, trees.clone()));
    }
}

async fn receive(stream: UnixStream, entrance: Arc<Entrance>, trees: Trees) {
    // The socket is opened for a visit.
    let Some(visit) = entrance.desk.newest() else { return };
    match admit(&stream, &visit, trees).await {
        Ok(peer) => {
            let until = visit.pass.until.clone();
            let terms = Terms { reflection: entrance.reflection.clone(), streams: STREAMS, until };
            let who = Who::Guest { pid: peer.pid, visit };
            connection::serve(stream, Inside { who, entrance }, terms).await;
        }
        Err(failure) => {
            let (plugin, why) = (entrance.facts().name.clone(), &failure.message);
            tracing::warn!(%plugin, "turned away at the debug socket: {why}");
            connection::refuse(stream, status::of(&failure), CancellationToken::new()).await;
        }
    }
}

/// Whether the peer is a process of the invited user and of no plugin, and not too late.
async fn admit(stream: &UnixStream, visit: &Visit, trees: Trees) -> Result<Peer, Failure> {
    let denied = |reason, text| Failure::new(Code::PermissionDenied, reason, text);
    let peer = outboard_linux::peer(stream).map_err(|error| {
        denied(Reason::DebugOtherUser, format!("cannot tell who calls: {error}"))
    })?;
    if peer.uid != visit.uid {
        let text = format!("user {} was invited; you are user {}", visit.uid, peer.uid);
        return Err(denied(Reason::DebugOtherUser, text));
    }
    // It reads /proc, which the data plane does not.
    let inside = tokio::task::spawn_blocking(move || trees.contain(peer.pid)).await;
    if inside.unwrap_or(true) {
        let text = "a process that a plugin started may not stand in for one".to_owned();
        return Err(denied(Reason::NotAllowed, text));
    }
    if visit.stage().is_over() {
        return Err(visit.used());
    }
    Ok(peer)
}
