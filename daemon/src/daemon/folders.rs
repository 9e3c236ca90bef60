//! The daemon's own folders, made or checked before anything is put into them.
//!
//! Where plugins have users of their own, those must be able to pass through; to read they are
//! given nothing. It refuses to know what lies inside.

use std::fs::{DirBuilder, Permissions};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::Path;

use outboard_linux::{may_change_users, private_dir};

use super::StartError;
use crate::config::paths::Paths;

/// Makes and checks all of them.
pub fn prepare(paths: &Paths) -> Result<(), StartError> {
    let others_pass = may_change_users();
    for folder in [&paths.runtime, &paths.state] {
        make_with_parents(folder)?;
        check_or_open(folder, others_pass)?;
    }
    let below = ["data", "plugins"].map(|name| paths.state.join(name));
    for folder in below.into_iter().chain([paths.runtime.join("p"), paths.debug_folder()]) {
        make_with_parents(&folder)?;
        check_or_open(&folder, others_pass)?;
    }
    make_with_parents(&paths.storage())?;
    check_or_open(&paths.storage(), false)?;
    Ok(())
}

fn make_with_parents(folder: &Path) -> Result<(), StartError> {
    let made = DirBuilder::new().recursive(true).mode(0o755).create(folder);
    made.map_err(|cause| StartError::MakeFolder { path: folder.to_owned(), cause })
}

/// Closed to others; or, where plugins' users must pass, open for passing only.
fn check_or_open(folder: &Path, others_pass: bool) -> Result<(), StartError> {
    let had = std::fs::symlink_metadata(folder).map(|found| found.permissions().mode() & 0o777);
    private_dir(folder)?;
    if others_pass {
        // A group or others that were let in before, as /run/outboard's are, stay let in.
        let bits = 0o711 | had.unwrap_or(0);
        std::fs::set_permissions(folder, Permissions::from_mode(bits))
            .map_err(|cause| StartError::MakeFolder { path: folder.to_owned(), cause })?;
    }
    Ok(())
}
