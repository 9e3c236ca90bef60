//! The exit codes, which scripts rely on. Which error has which code is `refusal`'s to say.

use std::process::ExitCode;

/// How the command ended, for the shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Ok = 0,
    /// Refused, or tried and failed.
    Refused = 1,
    /// Not a command line. Clap gives the same code on its own.
    Usage = 2,
    /// Nothing answers at the socket.
    NoDaemon = 3,
    /// No such plugin, file or hook.
    NotFound = 4,
    /// Not allowed to ask, or a permission is not granted.
    NotAllowed = 5,
    /// No answer, or no outcome, in time.
    Timeout = 6,
}

impl Exit {
    /// `Ok` when all is well, otherwise `Refused`.
    pub fn ok_if(well: bool) -> Exit {
        if well { Exit::Ok } else { Exit::Refused }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}

/// The list that `--help` ends with.
pub const LIST: &str = "\
Exit codes:
  0  done
  1  refused or failed
  2  not a valid command line
  3  no daemon answers at the socket
  4  no such plugin, hook or path
  5  not allowed: this user may not ask, or a permission is not granted
  6  no answer or no outcome in time

Data goes to standard output, everything else to standard error. With `--output json` every
command prints one document, `watch` and `logs` one per line, and an error is a document on
standard error.";
