//! The end of a process that was told to end: what is under way, then the farewell.
//!
//! It refuses to know who told it, and speaks to nobody.

use std::rc::Rc;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::live::Live;
use super::running::Caught;
use crate::handlers::Handlers;

/// Lets handlers finish for half of the budget, then says farewell in what remains.
pub(crate) async fn close(live: Rc<Live>, handlers: Rc<Handlers>, budget: Duration) {
    let now = Instant::now();
    if timeout_at(now + budget / 2, live.finished()).await.is_err() {
        live.cancel_all();
    }
    say_farewell(&handlers, budget.saturating_sub(now.elapsed())).await;
}

/// Runs the shutdown handler, within what is left.
pub(crate) async fn say_farewell(handlers: &Handlers, within: Duration) {
    let Some(on_shutdown) = &handlers.on_shutdown else { return };
    match tokio::time::timeout(within, Caught(on_shutdown())).await {
        Ok(Ok(())) => {}
        Ok(Err(panic)) => eprintln!("at shutdown {panic}"),
        Err(_) => eprintln!("the shutdown handler ran out of time"),
    }
}
