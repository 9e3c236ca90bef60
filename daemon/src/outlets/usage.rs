//! The usage webhook: what plugins track, in batches. Who takes them too slowly loses records, and
//! that is counted.

use std::time::Duration;

use serde_json::json;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::watch;

use super::Outlets;
use super::webhook::{OF_MANY, Poster};
use crate::config::operator::Reporting;
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
        let to = config.borrow().usage_post();
        let posting = async {
            match to.clone() {
                // Nobody subscribes, so nothing is made for nobody.
                None => {
                    outlets.close(NAME);
                    std::future::pending::<()>().await;
                }
                Some(to) => post_all(&board, &outlets, &Poster::new(to)).await,
            }
        };
        tokio::select! {
            () = posting => return,
            // Whatever else is told elsewhere costs no record.
            changed = config.wait_for(|it| it.usage_post() != to) => {
                if changed.is_err() {
                    return;
                }
            }
        }
    }
}

async fn post_all(board: &Switchboard, outlets: &Outlets, to: &Poster) {
    outlets.open(NAME, &to.place());
    let failing = |why: &str| outlets.failing(NAME, why);
    let mut uses = board.follow_uses();
    to.prepare().await.unwrap_or_else(|why| failing(&why));
    while let Some((batch, missed)) = next_batch(&mut uses).await {
        if missed > 0 {
            outlets.dropped(NAME, missed, "it takes records too slowly");
        }
        let count = batch.len() as u64;
        match to.post(&document(&batch), OF_MANY, failing).await {
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
