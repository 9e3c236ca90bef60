//! Carries orders from the switchboard to the journal and its answers back, one batch after the
//! other: whatever is ordered while a batch is on its way to the disk is the next one.
//!
//! It refuses to know what an order says.

use std::time::Duration;

use crate::delivery::journal::EventJournal;
use crate::routing::Switchboard;
use crate::store::StoreError;

/// How long a journal that failed is left alone.
const PAUSE: Duration = Duration::from_millis(200);
/// How often the journal is told to drop what is too old, and to leave no trace of what is gone.
const TIDY: Duration = Duration::from_secs(30);

/// Carries until the journal is closed.
pub async fn carry(board: Switchboard, journal: impl EventJournal) {
    let mut failing = String::new();
    loop {
        let orders = board.orders().await;
        match journal.apply(orders.clone()).await {
            Ok(outcomes) => {
                board.orders_done(&orders, outcomes);
                failing.clear();
            }
            Err(error) => {
                board.orders_failed(&orders, &error);
                if matches!(error, StoreError::Closed { .. }) {
                    return;
                }
                if failing != error.to_string() {
                    failing = error.to_string();
                    tracing::error!("events cannot be kept: {failing}");
                }
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// Has old things dropped now and then, until the journal is closed.
pub async fn tidy(board: Switchboard, journal: impl EventJournal) {
    let mut time = tokio::time::interval(TIDY);
    loop {
        time.tick().await;
        board.tidy_events();
        // With events coming all the time, what is ordered by now is done by the next time.
        let _ = tokio::time::timeout(PAUSE, board.orders_idle()).await;
        match journal.scrub().await {
            Ok(()) => {}
            Err(StoreError::Closed { .. }) => return,
            Err(error) => tracing::error!("what is gone may still be on the disk: {error}"),
        }
    }
}
