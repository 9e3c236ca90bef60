//! What a command ends with when it cannot do what it was asked: said in an operator's words, with
//! what to try next. It knows neither gRPC nor how it will be printed.

use crate::exit::Exit;
use crate::report::Fault;

/// Why a command ends early.
#[derive(Debug)]
pub enum Stop {
    /// Something to tell.
    Trouble(Box<Trouble>),
    /// Whoever read our output has had enough (`| head`): no reason to complain.
    PipeClosed,
}

/// An error with its code and its hints.
#[derive(Debug, PartialEq, Eq)]
pub struct Trouble {
    /// What the shell gets.
    pub exit: Exit,
    /// What went wrong, and with what.
    pub message: String,
    /// The daemon's reason code, such as `UNKNOWN_PLUGIN`; empty where it gave none.
    pub reason: String,
    /// Mistakes in files, where they are the cause.
    pub faults: Vec<Fault>,
    /// What to try, the likeliest first.
    pub hints: Vec<String>,
}

impl Trouble {
    /// Trouble without hints yet.
    pub fn new(exit: Exit, message: impl Into<String>) -> Trouble {
        let message = message.into();
        Trouble { exit, message, reason: String::new(), faults: Vec::new(), hints: Vec::new() }
    }

    /// The same trouble with one more thing to try.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Trouble {
        self.hints.push(hint.into());
        self
    }
}

impl From<Trouble> for Stop {
    fn from(trouble: Trouble) -> Stop {
        Stop::Trouble(Box::new(trouble))
    }
}

impl From<std::io::Error> for Stop {
    fn from(error: std::io::Error) -> Stop {
        match error.kind() {
            std::io::ErrorKind::BrokenPipe => Stop::PipeClosed,
            _ => Trouble::new(Exit::Refused, error.to_string()).into(),
        }
    }
}
