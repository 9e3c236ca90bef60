//! `Outcome`: what a handler may return.
//!
//! It exists so that a handler that cannot fail need not say `Ok`. It refuses to know handlers.

use crate::error::Error;
use crate::host::MessageId;
use crate::reply::Reply;
use crate::verdict::Verdict;

/// Something a handler may return where a `T` is wanted: the `T` itself, or a [`Result`] of it
/// whose error is any that becomes an [`Error`].
///
/// A hook may also return `()`, which lets the message pass; an event the result of sending a
/// message; a command a string.
///
/// [`Result`]: std::result::Result
#[diagnostic::on_unimplemented(
    message = "a handler cannot return `{Self}` here",
    label = "expected `{T}` or a `Result` of it",
    note = "where `?` is used, state the closure's return type: `async |x| -> Result<..> {{ .. }}`"
)]
pub trait Outcome<T> {
    /// The value, or why there is none.
    ///
    /// # Errors
    /// What the handler returned as its error.
    fn outcome(self) -> Result<T, Error>;
}

impl Outcome<Verdict> for Verdict {
    fn outcome(self) -> Result<Verdict, Error> {
        Ok(self)
    }
}

impl Outcome<Verdict> for () {
    fn outcome(self) -> Result<Verdict, Error> {
        Ok(Verdict::pass())
    }
}

impl<E: Into<Error>> Outcome<Verdict> for Result<Verdict, E> {
    fn outcome(self) -> Result<Verdict, Error> {
        self.map_err(Into::into)
    }
}

impl Outcome<Reply> for Reply {
    fn outcome(self) -> Result<Reply, Error> {
        Ok(self)
    }
}

impl Outcome<Reply> for String {
    fn outcome(self) -> Result<Reply, Error> {
        Ok(Reply::new(self))
    }
}

impl Outcome<Reply> for &'static str {
    fn outcome(self) -> Result<Reply, Error> {
        Ok(Reply::new(self))
    }
}

impl<E: Into<Error>> Outcome<Reply> for Result<Reply, E> {
    fn outcome(self) -> Result<Reply, Error> {
        self.map_err(Into::into)
    }
}

impl Outcome<Vec<String>> for Vec<String> {
    fn outcome(self) -> Result<Vec<String>, Error> {
        Ok(self)
    }
}

impl<E: Into<Error>> Outcome<Vec<String>> for Result<Vec<String>, E> {
    fn outcome(self) -> Result<Vec<String>, Error> {
        self.map_err(Into::into)
    }
}

impl Outcome<()> for () {
    fn outcome(self) -> Result<(), Error> {
        Ok(())
    }
}

impl<E: Into<Error>> Outcome<()> for Result<(), E> {
    fn outcome(self) -> Result<(), Error> {
        self.map_err(Into::into)
    }
}

impl<E: Into<Error>> Outcome<()> for Result<MessageId, E> {
    fn outcome(self) -> Result<(), Error> {
        self.map(drop).map_err(Into::into)
    }
}
