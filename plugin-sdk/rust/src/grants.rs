//! What a plugin may do has changed, as a handler sees it.
//!
//! News, not a question: it counts before the handler is told. It refuses to know who granted what.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use outboard_proto::plugin::Welcome;
use tokio::sync::Notify;

use crate::error::Error;
use crate::handlers::{Handlers, Surroundings};
use crate::host::Host;
use crate::link::{Cause, Link};
use crate::outcome::Outcome;
use crate::plugin::Plugin;
use crate::session::running::{Caught, Local};

/// The operator has granted, withdrawn or narrowed something. It counts already; what several
/// changes came to is told at once where a handler was still at work on one before.
#[derive(Debug)]
pub struct GrantsChange {
    before: Vec<String>,
    after: Vec<String>,
    host: Host,
}

/// A handler of changed grants.
pub(crate) type GrantsHandler = Box<dyn Fn(GrantsChange) -> Local<Result<(), Error>>>;

/// What the handler of one process was told last, and a sign that there may be more.
#[derive(Debug, Default)]
pub(crate) struct Told {
    grants: RefCell<Vec<String>>,
    news: Notify,
}

impl GrantsChange {
    /// Permissions that it has now and had not before, such as `messages:send`.
    #[must_use]
    pub fn gained(&self) -> Vec<&str> {
        without(&self.after, &self.before)
    }

    /// Permissions that it has no more.
    #[must_use]
    pub fn lost(&self) -> Vec<&str> {
        without(&self.before, &self.after)
    }

    /// Permissions that it had and has, limited otherwise: narrowed, or as wide as before again.
    #[must_use]
    pub fn limited(&self) -> Vec<&str> {
        let is_other = |grant: &&String| {
            !self.before.contains(*grant) && self.before.iter().any(|it| name(it) == name(grant))
        };
        self.after.iter().filter(is_other).map(|grant| name(grant)).collect()
    }

    /// What it could do until now, each with its limits: `messages:send@channels=town-*`.
    #[must_use]
    pub fn before(&self) -> &[String] {
        &self.before
    }

    /// What it may do now, as [`GrantsChange::before`] says it.
    #[must_use]
    pub fn after(&self) -> &[String] {
        &self.after
    }

    /// Whether it has a permission now; it may be limited to some channels.
    #[must_use]
    pub fn may(&self, permission: &str) -> bool {
        self.after.iter().any(|grant| name(grant) == permission)
    }

    /// The host API.
    #[must_use]
    pub fn host(&self) -> Host {
        self.host.clone()
    }
}

impl Told {
    /// The start handler will see these for itself.
    pub(crate) fn begin(&self, welcome: &Welcome) {
        self.grants.replace(words(welcome));
    }

    /// There may be something to tell.
    pub(crate) fn look(&self) {
        self.news.notify_one();
    }
}

/// Tells the author's handler of changes as they come, one after the other; never ends by itself.
pub(crate) async fn tell(handlers: Rc<Handlers>, around: Surroundings, told: Rc<Told>) {
    loop {
        told.news.notified().await;
        if let Err(why) = tell_now(&handlers, &around.link, &told).await {
            eprintln!("when the grants changed: {}", why.message());
        }
    }
}

/// Tells the handler what changed since it was told last, if anything did.
pub(crate) async fn tell_now(
    handlers: &Handlers,
    link: &Arc<Link>,
    told: &Told,
) -> Result<(), Error> {
    let Some(handler) = &handlers.on_grants_changed else { return Ok(()) };
    let (before, after) = (told.grants.borrow().clone(), words(&link.welcome()));
    if before == after {
        return Ok(());
    }
    let host = Host::new(Arc::clone(link), Cause::Own);
    let change = GrantsChange { before, after: after.clone(), host };
    let outcome = Caught(handler(change)).await.unwrap_or_else(|panic| Err(Error::new(panic)));
    // Only now: a handler that went down with its session is told again in the next one.
    told.grants.replace(after);
    outcome
}

impl Plugin {
    /// Told when the operator grants, withdraws or narrows something while the plugin runs;
    /// [`Context::may`](crate::Context::may) says so by then. Withdrawing a required permission
    /// stops the plugin instead. One change is handled after the other, beside the calls; an error
    /// goes to the plugin's log.
    pub fn on_grants_changed<R: Outcome<()> + 'static>(
        mut self,
        handler: impl AsyncFn(GrantsChange) -> R + 'static,
    ) -> Self {
        let handler = Rc::new(handler);
        self.handlers.on_grants_changed = Some(Box::new(move |change| {
            let handler = Rc::clone(&handler);
            Box::pin(async move { handler(change).await.outcome() })
        }));
        self
    }
}

/// What it may do, with limits; an older daemon says none.
fn words(welcome: &Welcome) -> Vec<String> {
    match welcome.scoped_grants.is_empty() {
        true => welcome.grants.clone(),
        false => welcome.scoped_grants.clone(),
    }
}

/// The permission of a grant, without its limits.
fn name(grant: &str) -> &str {
    grant.split_once('@').map_or(grant, |(name, _)| name)
}

fn without<'a>(these: &'a [String], those: &[String]) -> Vec<&'a str> {
    let is_new = |grant: &&str| !those.iter().any(|it| name(it) == *grant);
    these.iter().map(|grant| name(grant)).filter(is_new).collect()
}
