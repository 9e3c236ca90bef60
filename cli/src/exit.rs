//! The exit codes, which scripts rely on. Which error has which code is `refusal`'s to say.

use std::process::ExitCode;

/// How the command ended, for the shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Ok,
    /// Refused, or tried and failed.
    Refused,
    /// Not a command line. Clap gives the same code on its own.
    Usage,
    /// Nothing answers at the socket.
    NoDaemon,
    /// No such plugin, file or hook.
    NotFound,
    /// Not allowed to ask, or a permission is not granted.
    NotAllowed,
    /// No answer, or no outcome, in time.
    Timeout,
    /// What a command that was run for the operator said.
    Commands(u8),
}

impl Exit {
    /// `Ok` when all is well, otherwise `Refused`.
    pub fn ok_if(well: bool) -> Exit {
        if well { Exit::Ok } else { Exit::Refused }
    }

    /// The number that the shell gets.
    pub fn code(self) -> u8 {
        match self {
            Exit::Ok => 0,
            Exit::Refused => 1,
            Exit::Usage => 2,
            Exit::NoDaemon => 3,
            Exit::NotFound => 4,
            Exit::NotAllowed => 5,
            Exit::Timeout => 6,
            Exit::Commands(code) => code,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
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
`debug NAME -- CMD` exits with what CMD exits with, 128 + N where signal N ended it.

Data goes to standard output, everything else to standard error. With `--output json` every
command prints one document, those that go on one per line, and an error is a document on
standard error.";
