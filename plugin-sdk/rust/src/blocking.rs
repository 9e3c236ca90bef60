//! `blocking`: handlers that compute or block, run beside the session's thread.
//!
//! It refuses to know kinds of handlers: it makes an async handler of any blocking one.

use std::panic::resume_unwind;
use std::sync::Arc;

use crate::action::Action;
use crate::call::PluginCall;
use crate::command::Command;
use crate::context::Context;
use crate::event::{Event, MemberEvent, MessageEvent};
use crate::hook::{BeforeDelete, BeforeEdit, BeforePost, Hook};
use crate::http::HttpRequest;
use crate::schedule::Fired;
use crate::typing::Typing;

/// Makes a handler of a function that blocks: reads files, computes for long, waits for a socket.
///
/// A plugin has one thread for all that is async; a handler that blocks it stops every other one,
/// and is restarted as hung after some seconds. A blocking handler runs on a thread of its own. It
/// cannot be dropped at its deadline: one that works long looks at
/// [`ctx().ended()`](Context::ended) now and then.
///
/// ```no_run
/// use outboard_plugin::{Command, Exit, Plugin, blocking};
///
/// fn main() -> Exit {
///     Plugin::new("primes", "1.0.0")
///         .command("primes", blocking(|cmd: Command| {
///             let count = (2..200_000_u32).filter(|n| (2..*n).all(|d| n % d != 0)).count();
///             cmd.reply(format!("{count} primes below 200,000"))
///         }))
///         .run()
/// }
/// ```
pub fn blocking<A, R>(
    handler: impl Fn(A) -> R + Send + Sync + 'static,
) -> impl AsyncFn(A) -> R + 'static
where
    A: Handled + Send + 'static,
    R: Send + 'static,
{
    let handler = Arc::new(handler);
    async move |handled: A| {
        // Cancelled when this future is dropped, while the thread goes on.
        let _ended = handled.ctx().ended().drop_guard();
        let handler = Arc::clone(&handler);
        match tokio::task::spawn_blocking(move || handler(handled)).await {
            Ok(outcome) => outcome,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => resume_unwind(panic),
                // The runtime is going away, and this future with it.
                Err(_) => std::future::pending().await,
            },
        }
    }
}

/// What a handler is given.
pub trait Handled {
    /// The time that is left, and what a handler may ask of the host.
    fn ctx(&self) -> &Context;
}

macro_rules! handled {
    ($($kind:ty),*) => {$(
        impl Handled for $kind {
            fn ctx(&self) -> &Context {
                <$kind>::ctx(self)
            }
        }
    )*};
}

handled!(
    BeforePost,
    BeforeEdit,
    BeforeDelete,
    Hook,
    MessageEvent,
    MemberEvent,
    Event,
    Command,
    Fired,
    PluginCall,
    HttpRequest,
    Action,
    Typing
);
