//! Where the daemon listens, and getting there. It knows paths and the first moment of a
//! connection, not what is said over it.

use std::env;
use std::ffi::OsString;
use std::io::{Error, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;
use tonic::transport::{Channel, Endpoint};
use tower::service_fn;

use crate::exit::Exit;
use crate::trouble::{Stop, Trouble};

/// The socket of the daemon that the system runs.
const SYSTEM: &str = "/run/outboard/admin.sock";

/// The socket that was named, else the one where a daemon of this user, or of the system, listens.
///
/// # Errors
/// The folder where this user's daemon would listen belongs to somebody else.
pub fn choose(named: Option<PathBuf>) -> Result<PathBuf, Stop> {
    if let Some(named) = named {
        return Ok(named);
    }
    let system = PathBuf::from(SYSTEM);
    let user = rustix::process::geteuid();
    if user.is_root() {
        return Ok(system);
    }
    let own = own_folder(&|name| env::var_os(name), user.as_raw());
    refuse_a_trap(&own, user.as_raw())?;
    let own = own.join("admin.sock");
    // A member of the admin group who runs no daemon means the system's.
    Ok(if !own.exists() && system.exists() { system } else { own })
}

/// The folder where an unprivileged daemon keeps its sockets.
fn own_folder(env: &dyn Fn(&str) -> Option<OsString>, user: u32) -> PathBuf {
    let absolute = |name| env(name).map(PathBuf::from).filter(|path| path.is_absolute());
    match absolute("XDG_RUNTIME_DIR") {
        Some(dir) => dir.join("outboard"),
        None => {
            let temporary = absolute("TMPDIR").unwrap_or_else(|| PathBuf::from("/tmp"));
            temporary.join(format!("outboard-{user}"))
        }
    }
}

/// Anyone can make a folder of that name under the temporary one and listen in it.
fn refuse_a_trap(folder: &Path, user: u32) -> Result<(), Stop> {
    match std::fs::symlink_metadata(folder) {
        Ok(found) if found.uid() != user => {
            let message = format!("{} belongs to another user", folder.display());
            let trouble = Trouble::new(Exit::NotAllowed, message);
            Err(trouble.hint("name the socket with --socket PATH if you trust it").into())
        }
        Ok(_) | Err(_) => Ok(()),
    }
}

/// A channel to the daemon. The first connection is made here, so that its failure can be told
/// from a failed call.
///
/// # Errors
/// Nothing listens there, or this user may not connect; with what to do about it.
pub async fn connect(socket: &Path) -> Result<Channel, Stop> {
    let first = UnixStream::connect(socket).await.map_err(|error| unreachable(socket, &error))?;
    let mut first = Some(first);
    let path = socket.to_owned();
    let dial = service_fn(move |_| {
        let ready = first.take();
        let path = path.clone();
        async move {
            match ready {
                Some(stream) => Ok::<_, Error>(TokioIo::new(stream)),
                None => UnixStream::connect(path).await.map(TokioIo::new),
            }
        }
    });
    // The authority is only a name: the connector decides where the bytes go.
    let endpoint = Endpoint::from_static("http://localhost");
    endpoint.connect_with_connector(dial).await.map_err(|error| broken(socket, &error))
}

fn unreachable(socket: &Path, error: &Error) -> Stop {
    let at = socket.display();
    let trouble = match error.kind() {
        ErrorKind::PermissionDenied => {
            let message = format!("not allowed to connect to the admin socket {at}");
            return Trouble::new(Exit::NotAllowed, message).hint(ADMIN_GROUP).into();
        }
        ErrorKind::NotFound => format!("no daemon: there is no socket at {at}"),
        ErrorKind::ConnectionRefused => format!("no daemon: nobody listens at {at} any more"),
        _ => format!("no daemon: cannot connect to {at}: {error}"),
    };
    start_it(Trouble::new(Exit::NoDaemon, trouble)).into()
}

fn broken(socket: &Path, error: &tonic::transport::Error) -> Stop {
    let message = format!("{} does not speak as a daemon does: {error}", socket.display());
    start_it(Trouble::new(Exit::NoDaemon, message)).into()
}

/// Hints for whoever finds no daemon.
pub fn start_it(trouble: Trouble) -> Trouble {
    let start = if rustix::process::geteuid().is_root() {
        "start it with `systemctl start outboard`, or `outboardd` by hand"
    } else {
        "start one of your own with `outboardd`, or the system's with `systemctl start outboard`"
    };
    trouble.hint(start).hint("one that listens elsewhere: --socket PATH or OUTBOARD_ADMIN_SOCKET")
}

/// The hint for whoever is not let in.
pub const ADMIN_GROUP: &str = "root, the daemon's own user and members of the group \
    outboard-admin may: `usermod -aG outboard-admin USER`, then log in again";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_without_a_runtime_folder_has_one_under_the_temporary_one() {
        let set = |name: &str| (name == "XDG_RUNTIME_DIR").then(|| "/run/user/1000".into());
        assert_eq!(own_folder(&set, 1000), Path::new("/run/user/1000/outboard"));
        let relative = |name: &str| (name == "XDG_RUNTIME_DIR").then(|| "run".into());
        assert_eq!(own_folder(&relative, 1000), Path::new("/tmp/outboard-1000"));
    }

    #[test]
    fn a_folder_of_another_user_is_a_trap() {
        let dir = tempfile::tempdir().unwrap();
        let owner = std::fs::metadata(dir.path()).unwrap().uid();
        assert!(refuse_a_trap(dir.path(), owner).is_ok());
        assert!(refuse_a_trap(dir.path(), owner + 1).is_err());
        assert!(refuse_a_trap(&dir.path().join("absent"), owner).is_ok());
    }
}
