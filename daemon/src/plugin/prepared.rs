//! The next generation of a plugin that waits for its next try: everything but its process.
//!
//! What was prepared is started if it is still what is wanted, and leaves nothing if not. It
//! refuses to know why a plugin waits.

use std::sync::Arc;

use tokio_util::task::AbortOnDropHandle;

use super::bring_up::{Held, Order, Program};

/// A generation that could begin at once.
pub struct Prepared {
    /// What was ordered.
    pub order: Order,
    held: AbortOnDropHandle<Result<Held, String>>,
}

impl Prepared {
    /// Begins to prepare.
    pub fn begin(order: Order) -> Self {
        let held = AbortOnDropHandle::new(tokio::spawn(order.clone().prepare()));
        Self { order, held }
    }

    /// Whether this is what is to be started. Another program means that the plugin was loaded
    /// anew meanwhile.
    pub fn is_for(&self, generation: u64, program: &Arc<Program>) -> bool {
        self.order.pass.generation == generation && Arc::ptr_eq(&self.order.program, program)
    }

    /// What came of it. Nothing where it went wrong: the start then finds the same fault, or none.
    pub async fn held(prepared: Option<Self>) -> Option<Held> {
        let mut held = prepared?.held.await.ok()?.ok()?;
        // Somebody may have killed the keeper while it waited.
        (!held.1.is_over()).then_some(held)
    }
}
