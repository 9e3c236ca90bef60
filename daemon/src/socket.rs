//! Unix sockets the daemon listens on: bound under its lock, with the rights they need.
//!
//! It refuses to know what is spoken there.

use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tokio::net::UnixListener;

/// Why a socket could not be opened.
#[derive(Debug, thiserror::Error)]
#[error("cannot open the socket {}: {what}: {cause}", path.display())]
pub struct SocketError {
    path: PathBuf,
    what: &'static str,
    #[source]
    cause: io::Error,
}

/// Who may connect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// The owner alone.
    Owner,
    /// The owner and a group.
    Group(u32),
    /// Another user, to whom it is given.
    User(u32),
}

/// Binds a socket; one that an earlier daemon left is removed. The caller holds the folder's lock.
///
/// # Errors
/// The path is taken by something else, or cannot be written.
pub fn bind(path: &Path, mode: Mode) -> Result<UnixListener, SocketError> {
    let failed = |what| move |cause| SocketError { path: path.to_owned(), what, cause };
    remove_stale(path).map_err(failed("remove the one left behind"))?;
    let listener = UnixListener::bind(path).map_err(failed("bind"))?;
    let bits = match mode {
        Mode::Owner => 0o600,
        Mode::Group(group) => {
            std::os::unix::fs::chown(path, None, Some(group))
                .map_err(failed("give to its group"))?;
            0o660
        }
        Mode::User(user) => {
            std::os::unix::fs::chown(path, Some(user), None).map_err(failed("give to its user"))?;
            0o600
        }
    };
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(bits))
        .map_err(failed("set its mode"))?;
    Ok(listener)
}

fn remove_stale(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::FileTypeExt as _;
    match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(found) if found.file_type().is_socket() => std::fs::remove_file(path),
        Ok(_) => Err(io::Error::new(io::ErrorKind::AlreadyExists, "it is not a socket")),
    }
}

/// The next connection. Running out of descriptors is waited out, not died of.
pub async fn accept(listener: &UnixListener) -> tokio::net::UnixStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection; trying again");
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
        }
    }
}
