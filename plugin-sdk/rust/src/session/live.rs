//! `Live`: the handlers under way in one session.
//!
//! It refuses to know what they handle; it starts them, ends them and knows when none is left.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;

use tokio::sync::Notify;
use tokio::task::AbortHandle;

use super::answer::Key;
use super::outbox::Outbox;
use super::running::Running;

/// Handlers that have begun to wait for something. Dropped, it ends them all.
#[derive(Debug)]
pub(crate) struct Live {
    outbox: Arc<Outbox>,
    under_way: Rc<UnderWay>,
}

#[derive(Debug, Default)]
struct UnderWay {
    tasks: RefCell<HashMap<Key, AbortHandle>>,
    none_left: Notify,
}

impl Live {
    pub(crate) fn new(outbox: Arc<Outbox>) -> Self {
        Self { outbox, under_way: Rc::default() }
    }

    /// Lets a handler work. One that answers at once costs no task.
    pub(crate) fn start(&self, mut running: Running) {
        match running.first_step() {
            Poll::Ready(answer) => self.outbox.push(answer),
            Poll::Pending => self.spawn(running),
        }
    }

    /// Drops the handler of `key`; nobody waits for its answer.
    pub(crate) fn cancel(&self, key: Key) {
        if let Some(task) = self.under_way.take(key) {
            task.abort();
        }
    }

    /// Waits until no handler is under way.
    pub(crate) async fn finished(&self) {
        while !self.under_way.tasks.borrow().is_empty() {
            self.under_way.none_left.notified().await;
        }
    }

    /// Drops every handler.
    pub(crate) fn cancel_all(&self) {
        for (_, task) in self.under_way.tasks.borrow_mut().drain() {
            task.abort();
        }
        self.under_way.none_left.notify_waiters();
    }

    fn spawn(&self, running: Running) {
        let key = running.key;
        let (outbox, under_way) = (Arc::clone(&self.outbox), Rc::clone(&self.under_way));
        let task = tokio::task::spawn_local(async move {
            let answer = running.finish().await;
            under_way.take(key);
            outbox.push(answer);
        });
        self.under_way.tasks.borrow_mut().insert(key, task.abort_handle());
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.cancel_all();
    }
}

impl UnderWay {
    fn take(&self, key: Key) -> Option<AbortHandle> {
        let mut tasks = self.tasks.borrow_mut();
        let task = tasks.remove(&key);
        if tasks.is_empty() {
            self.none_left.notify_waiters();
        }
        task
    }
}
