//! The usage webhook: what plugins track, in batches. Who takes them too slowly loses records, and
//! that is counted.

use std::time::Duration;

use serde_json::json;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::watch;

use super::{Outlets, webhook};
use crate::config::operator::{Reporting, Webhook};
use crate::routing::Switchboard;
use crate::statistics::usage::Told;

/// As doctor names it.
pub const NAME: &str = "usage webhook";
/// Records of one POST.
const BATCH: usize = 100;
/// How long the first of a batch waits for others.
const TOGETHER: Duration = Duration::from_secs(1);

/// Posts what plugins track wherever the configuration says, for ever.
pub async fn run(board: Switchboard, outlets: Outlets, mut config: watch::Receiver<Reporting>) {
    loop {
        let to = config.borrow_and_update().usage.clone().map(|it| it.value);
        match to {
            // Nobody subscribes, so nothing is made for nobody.
            None => outlets.close(NAME),
            Some(to) => {
                outlets.open(NAME, &to.to_string());
                tokio::select! {
                    () = post_all(&board, &outlets, &to) => return,
                    changed = config.changed() => if changed.is_err() { return } else { continue },
                }
            }
        }
        if config.changed().await.is_err() {
            return;
        }
    }
}

async fn post_all(board: &Switchboard, outlets: &Outlets, to: &Webhook) {
    let mut uses = board.follow_uses();
    while let Some((batch, missed)) = next_batch(&mut uses).await {
        if missed > 0 {
            outlets.dropped(NAME, missed, "it takes records too slowly");
        }
        let count = batch.len() as u64;
        match webhook::post(to, &document(&batch)).await {
            Ok(()) => outlets.told(NAME, count),
            Err(why) => outlets.dropped(NAME, count, &why),
        }
    }
}

/// Records that come together, and how many were lost before them.
async fn next_batch(uses: &mut Receiver<Told>) -> Option<(Vec<Told>, u64)> {
    let (mut batch, mut missed) = (Vec::new(), 0);
    while batch.is_empty() {
        match uses.recv().await {
            Ok(one) => batch.push(one),
            Err(RecvError::Lagged(some)) => missed += some,
            Err(RecvError::Closed) => return None,
        }
    }
    if uses.len() < BATCH {
        tokio::time::sleep(TOGETHER).await;
    }
    while batch.len() < BATCH {
        match uses.try_recv() {
            Ok(one) => batch.push(one),
            Err(TryRecvError::Lagged(some)) => missed += some,
            Err(TryRecvError::Empty | TryRecvError::Closed) => break,
        }
    }
    Some((batch, missed))
}

fn document(batch: &[Told]) -> String {
    let record = |it: &Told| {
        let at = jiff::Timestamp::from_microsecond(it.timestamp_us).unwrap_or_default();
        json!({
            "plugin": it.plugin,
            "action": it.action,
            "timestamp": at.to_string(),
            "metadata": it.metadata,
            "value": it.value,
        })
    };
    json!({ "type": "plugin_usage", "records": batch.iter().map(record).collect::<Vec<_>>() })
        .to_string()
}
