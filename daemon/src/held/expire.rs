//! What nobody decides in time is dropped, and the app told so.
//!
//! It refuses to know how.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::Held;
use super::port::HeldStore;
use crate::clock;
use crate::store::StoreError;

/// How long a store that failed is left alone.
const PAUSE: Duration = Duration::from_secs(1);
/// The wall's clock may be set: while something is held it is looked at as often.
const GLANCE: Duration = Duration::from_secs(60);
/// While nothing is held, what was told is forgotten as often.
const TIDY: Duration = Duration::from_secs(3600);

impl<S: HeldStore> Held<S> {
    /// Drops what is over, for ever.
    pub async fn expire(self) {
        loop {
            let now_us = clock::timestamp().as_microsecond();
            let wait = match self.0.store.sweep(now_us).await {
                Ok(swept) => {
                    if swept.dropped > 0 {
                        tracing::info!(count = swept.dropped, "held too long: dropped");
                        self.0.decided.notify_one();
                    }
                    self.0.next_us.store(swept.next_us.unwrap_or(i64::MAX), Ordering::Relaxed);
                    swept.next_us.map_or(TIDY, |next_us| until(next_us, now_us))
                }
                Err(StoreError::Closed { .. }) => return,
                Err(error) => {
                    self.complain("what is held too long cannot be dropped", &error);
                    PAUSE
                }
            };
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                // What was kept while the sweep was under way says so here.
                () = self.0.sooner.notified() => {}
            }
        }
    }
}

fn until(next_us: i64, now_us: i64) -> Duration {
    let left = u64::try_from(next_us.saturating_sub(now_us)).unwrap_or(0);
    Duration::from_micros(left).clamp(Duration::from_millis(1), GLANCE)
}
