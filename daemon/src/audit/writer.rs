//! The thread that writes the audit log. It blocks on the disk, and nobody else does for its sake.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::{Files, Order, Record, Shared};

/// Records written between two looks at the size of the file.
const GROUP: usize = 64;

/// Takes records from the queue and appends them.
pub struct Writer {
    files: Files,
    shared: Arc<Shared>,
}

impl Writer {
    pub fn new(files: Files, shared: Arc<Shared>) -> Self {
        Self { files, shared }
    }

    /// Until it is told to end, or nobody can record any more.
    pub fn serve(self, mut orders: mpsc::Receiver<Order>) {
        while let Some(first) = orders.blocking_recv() {
            let (mut group, mut waiting) = (Vec::new(), Vec::new());
            let mut order = Some(first);
            let mut closing = false;
            while let Some(next) = order.take() {
                match next {
                    Order::Write(record) => group.push(record),
                    Order::Tell(waits) => waiting.push(waits),
                    Order::Close => {
                        closing = true;
                        break;
                    }
                }
                let has_room = group.len() + waiting.len() < GROUP;
                order = if has_room { orders.try_recv().ok() } else { None };
            }
            self.write(group);
            for waits in waiting {
                // Nobody may be waiting any more.
                let _ = waits.send(());
            }
            if closing {
                return;
            }
        }
    }

    fn write(&self, group: Vec<Record>) {
        if group.is_empty() {
            return;
        }
        if let Err(error) = self.files.append(&group) {
            let why = format!("{}: {error}", self.files.current().display());
            self.shared.lose(group.len() as u64, &why);
        }
        for record in group {
            // Nobody may be following.
            let _ = self.shared.followers.send(Arc::new(record));
        }
    }
}
