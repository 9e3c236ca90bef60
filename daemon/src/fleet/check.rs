//! `outboard check`: a folder looked at without loading it, and its manifest completed on request.
//!
//! What the code registers is known from its last hello; nothing is started for it.

use std::path::{Path, PathBuf};

use outboard_proto::admin::{CheckRequest, CheckResponse};
use outboard_proto::common::{Failure, Reason};
use tonic::Code;

use super::{Fleet, faults};
use crate::config::fault::Faults;
use crate::config::manifest::program::Runtimes;
use crate::config::manifest::{FILE_NAME, Handlers, Loaded, Manifest, fix};

impl Fleet {
    /// Looks at a folder.
    ///
    /// # Errors
    /// It cannot be looked at.
    pub async fn check(&mut self, request: CheckRequest) -> Result<CheckResponse, Failure> {
        let path = PathBuf::from(&request.path);
        let registered = self.registered_at(&path);
        let runtimes = self.config.runtimes.clone();
        let looked = tokio::task::spawn_blocking(move || {
            let mut response = CheckResponse::default();
            if request.fix {
                write_missing(&path, registered.as_ref(), &mut response);
            }
            (Manifest::load(&path, &runtimes), response)
        });
        let (mut found, mut response) = looked.await.map_err(|_| {
            Failure::new(Code::Internal, Reason::Internal, "looking at it failed unexpectedly")
        })?;
        if let Ok(loaded) = &found
            && let Err(fault) = self.check_patterns(&loaded.manifest).await
        {
            found = Err(fault.into());
        }
        tell(found, &mut response);
        Ok(response)
    }

    fn registered_at(&self, path: &Path) -> Option<Handlers> {
        let path = path.canonicalize().ok()?;
        let here = self.aboard.values().find(|it| it.loaded.folder == path)?;
        here.entrance.registered()
    }
}

/// Adds the faults of a folder to the answer.
pub fn look(path: &Path, runtimes: &Runtimes, response: &mut CheckResponse) {
    tell(Manifest::load(path, runtimes), response);
}

fn tell(found: Result<Loaded, Faults>, response: &mut CheckResponse) {
    match found {
        Ok(loaded) => {
            let (name, version) = (&loaded.manifest.name, &loaded.manifest.version);
            response.notes.push(format!("{name} {version}: nothing wrong"));
        }
        Err(found) => response.faults.extend(faults::wire(&found)),
    }
}

fn write_missing(path: &Path, registered: Option<&Handlers>, response: &mut CheckResponse) {
    let Some(registered) = registered else {
        let note = "what its code registers is not known: load it once, then check again";
        response.notes.push(note.to_owned());
        return;
    };
    let file = path.join(FILE_NAME);
    let Ok(text) = std::fs::read_to_string(&file) else { return };
    let declared = Manifest::parse(&text, &file).map(|it| it.handlers()).unwrap_or_default();
    let fixed = fix::fix(&text, registered);
    if fixed == text {
        return;
    }
    match std::fs::write(&file, fixed) {
        Ok(()) => response.fixed.push(format!("added: {}", registered.without(&declared))),
        Err(error) => response.notes.push(format!("{}: {error}", file.display())),
    }
}

/// The answer for programs, as the command line prints it too.
#[must_use]
pub fn check_as_json(response: &CheckResponse) -> String {
    let fault = |fault: &outboard_proto::admin::Fault| {
        serde_json::json!({
            "file": fault.file, "line": fault.line, "key": fault.key,
            "message": fault.message, "hint": fault.hint,
        })
    };
    let faults: Vec<_> = response.faults.iter().map(fault).collect();
    serde_json::json!({ "faults": faults, "fixed": response.fixed, "notes": response.notes })
        .to_string()
}
