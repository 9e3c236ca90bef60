//! `Exit`: how a plugin's process ends, as `main` returns it.
//!
//! It refuses to know what happened before; it tells it.

use std::process::{ExitCode, Termination};

use crate::error::RunError;

/// How a plugin's process ended. Returned from `main` it becomes the exit code: 0 when the plugin
/// was told to end, 1 otherwise, with the reason as the last line of the plugin's log.
#[derive(Debug)]
#[must_use = "return it from main, so that the process ends with it"]
pub struct Exit(Result<(), RunError>);

impl Exit {
    /// The same as a result.
    ///
    /// # Errors
    /// Why the process ended other than by being told to.
    pub fn into_result(self) -> Result<(), RunError> {
        self.0
    }
}

impl From<Result<(), RunError>> for Exit {
    fn from(ended: Result<(), RunError>) -> Self {
        Self(ended)
    }
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        match self.0 {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{error}");
                ExitCode::FAILURE
            }
        }
    }
}
