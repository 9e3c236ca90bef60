//! What plugins were refused for want of a grant: the first of a minute is recorded at once, the
//! others of the same kind are counted and recorded at its end, so that one which keeps asking
//! fills no log. What is not delivered counts as refused, too.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::{Act, Audit, Who};
use crate::config::permission::Permission;

/// Refusals of one kind within this are told together.
const TOGETHER: Duration = Duration::from_secs(60);

/// Which refusals are of a kind. As many as there are plugins, times the rows of the table.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Kind {
    /// The plugin.
    pub plugin: Arc<str>,
    /// The RPC's path, or the frame's kind.
    pub what: &'static str,
    /// What it would have needed.
    pub needed: Permission,
}

/// The refusals of this minute; cheap to clone.
#[derive(Clone)]
pub struct Refusals {
    audit: Audit,
    /// What came after the first of each kind.
    more: Arc<Mutex<HashMap<Kind, u64>>>,
}

impl Refusals {
    /// None so far.
    #[must_use]
    pub fn new(audit: Audit) -> Self {
        Self { audit, more: Arc::default() }
    }

    /// The log they go to.
    #[must_use]
    pub fn audit(&self) -> &Audit {
        &self.audit
    }

    /// One more. Must be called within the runtime: the minute is a task.
    pub fn refused(&self, kind: &Kind) {
        {
            let mut more = self.more.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(more) = more.get_mut(kind) {
                *more += 1;
                return;
            }
            more.insert(kind.clone(), 0);
        }
        self.tell(kind, 1);
        let (refusals, kind) = (self.clone(), kind.clone());
        tokio::spawn(async move {
            tokio::time::sleep(TOGETHER).await;
            let count = refusals.close(&kind);
            if count > 0 {
                refusals.tell(&kind, count);
            }
        });
    }

    /// The time is over: how many came after the first.
    fn close(&self, kind: &Kind) -> u64 {
        self.more.lock().unwrap_or_else(PoisonError::into_inner).remove(kind).unwrap_or(0)
    }

    fn tell(&self, kind: &Kind, count: u64) {
        let Kind { plugin, what, needed } = kind;
        tracing::warn!(%plugin, what, %needed, count, "refused: not granted");
        let act = Act::new(&Who::Plugin(Arc::clone(plugin)), "refused").of(plugin).on(what);
        let why = format!("needs {needed}");
        self.audit.record(act.why(&why).times(count).ended("not granted"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // I79
    #[tokio::test(start_paused = true)]
    async fn ten_thousand_refusals_in_a_minute_are_one_line_and_one_count() {
        let folder = tempfile::tempdir().unwrap();
        let audit = Audit::start(folder.path().join("audit.log")).unwrap();
        let refusals = Refusals::new(audit.clone());
        let kind = |what, needed| Kind { plugin: "alpha".into(), what, needed };
        for _ in 0..10_000 {
            refusals.refused(&kind("/Messages/Send", Permission::MessagesSend));
        }
        refusals.refused(&kind("/Messages/Send", Permission::MessagesHistory));
        tokio::time::sleep(TOGETHER * 2).await;
        refusals.refused(&kind("/Messages/Send", Permission::MessagesSend));
        audit.close().await;
        let mut counts = Vec::new();
        let read = audit.files().read(|record| {
            counts.push((record.why, record.count));
            Ok(())
        });
        read.unwrap();
        let of = |why: &str, count| (format!("needs {why}"), count);
        let send = "messages:send";
        let wanted = [of(send, 1), of("messages:history", 1), of(send, 9_999), of(send, 1)];
        assert_eq!(counts, wanted);
    }
}
