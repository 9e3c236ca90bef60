//! The one thread that owns a database, and the handle others await it by. Requests that queue up
//! while a commit is being synced share the next one. It knows no table.
//!
//! ```text
//!  caller ──▶ queue ──▶ BEGIN  work work work  COMMIT (one sync) ──▶ every caller's answer
//! ```

use super::error::StoreError;
#[cfg(test)]
use super::schema::{self, Migrations};
use outboard_linux::own_process;
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// Requests waiting for the thread. A full queue makes callers wait, not fail: at some 5 µs each
/// this is under 10 ms of work.
const QUEUE: usize = 1024;
/// A group closes at so many requests...
const GROUP_ROWS: usize = 256;
/// ...or so many bytes, or when nobody waits any more. Nothing is gained by waiting for more to
/// come: whoever comes during the sync is in the next group.
const GROUP_BYTES: usize = 1 << 20;
/// Said where SQLite gives no reason.
const UNDONE: &str = "the database undid the transaction";

/// A database's handle. Clones share the thread; it ends with the last of them.
#[derive(Clone)]
pub struct StoreThread {
    queue: mpsc::Sender<Order>,
    path: Arc<Path>,
}

/// What the thread is told.
enum Order {
    /// To do something.
    Work(Box<dyn Work>),
    /// To leave nothing in the write-ahead log.
    Fold(oneshot::Sender<Result<(), StoreError>>),
    /// To close the database and end.
    Close,
}

/// Something to do in a transaction.
trait Work: Send {
    /// Bytes it writes, roughly.
    fn bytes(&self) -> usize;
    /// Does it, and keeps the result.
    fn run(&mut self, connection: &Connection, path: &Path);
    /// What it failed with, if it did.
    fn error(&self) -> Option<StoreError>;
    /// Answers the caller, once the fate of the transaction is known.
    fn settle(self: Box<Self>, fate: Result<(), StoreError>);
}

struct Request<T, F> {
    bytes: usize,
    body: Option<F>,
    result: Option<Result<T, StoreError>>,
    answer: oneshot::Sender<Result<T, StoreError>>,
}

/// What a request may fail with by itself, leaving others in its group alone.
pub enum Trouble {
    /// SQLite refused.
    Sqlite(rusqlite::Error),
    /// A rule of the store's refused.
    Store(StoreError),
}

impl From<rusqlite::Error> for Trouble {
    fn from(error: rusqlite::Error) -> Trouble {
        Trouble::Sqlite(error)
    }
}

impl StoreThread {
    /// Opens the database and starts its thread. Blocks.
    #[cfg(test)]
    pub fn open(path: &Path, migrations: Migrations) -> Result<StoreThread, StoreError> {
        StoreThread::start(schema::open(path, migrations)?, path)
    }

    /// Starts the thread of a database that is open.
    pub fn start(connection: Connection, path: &Path) -> Result<StoreThread, StoreError> {
        let (queue, requests) = mpsc::channel(QUEUE);
        let path: Arc<Path> = path.into();
        let owned = path.clone();
        std::thread::Builder::new()
            .name("outboard-store".to_owned())
            .spawn(move || {
                own_process::yield_to_the_data_plane();
                serve(connection, &owned, requests);
            })
            .map_err(|error| StoreError::of_io(&path, &error))?;
        Ok(StoreThread { queue, path })
    }

    /// The database's file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Closes the database after what is queued already, and waits until its files are at rest.
    /// Whoever asks other clones for anything afterwards hears that it is closed.
    pub async fn close(&self) {
        // Where the thread has ended before, nobody takes the order; nothing is left to wait for.
        let _ = self.queue.send(Order::Close).await;
        self.queue.closed().await;
    }

    /// Moves what stands in the write-ahead log into the file and empties the log, so that nothing
    /// is found there which the file has no more. Where somebody reads an older moment, the log
    /// stays for now.
    pub async fn fold_log(&self) -> Result<(), StoreError> {
        let (answer, answered) = oneshot::channel();
        let closed = || StoreError::Closed { path: PathBuf::from(&*self.path) };
        self.queue.send(Order::Fold(answer)).await.map_err(|_| closed())?;
        answered.await.map_err(|_| closed())?
    }

    /// Runs `body` in a transaction and answers after the commit. `bytes` is what it writes,
    /// roughly. What fails undoes its own changes only.
    pub async fn run<T, F>(&self, bytes: usize, body: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, Trouble> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let request = Request { bytes, body: Some(body), result: None, answer };
        let closed = || StoreError::Closed { path: PathBuf::from(&*self.path) };
        self.queue.send(Order::Work(Box::new(request))).await.map_err(|_| closed())?;
        answered.await.map_err(|_| closed())?
    }
}

impl<T: Send, F> Work for Request<T, F>
where
    F: FnOnce(&Connection) -> Result<T, Trouble> + Send,
{
    fn bytes(&self) -> usize {
        self.bytes
    }

    fn run(&mut self, connection: &Connection, path: &Path) {
        let Some(body) = self.body.take() else { return };
        let result = in_savepoint(connection, body).map_err(|trouble| match trouble {
            Trouble::Sqlite(error) => StoreError::of(path, &error),
            Trouble::Store(error) => error,
        });
        self.result = Some(result);
    }

    fn error(&self) -> Option<StoreError> {
        self.result.as_ref()?.as_ref().err().cloned()
    }

    fn settle(self: Box<Self>, fate: Result<(), StoreError>) {
        let result = match (fate, self.result) {
            (Err(error), _) => Err(error),
            (Ok(()), Some(result)) => result,
            (Ok(()), None) => return, // Never run, never committed: the dropped answer says closed.
        };
        // A caller that no longer waits has nothing to be told; its write stands.
        let _ = self.answer.send(result);
    }
}

fn in_savepoint<T>(
    connection: &Connection,
    body: impl FnOnce(&Connection) -> Result<T, Trouble>,
) -> Result<T, Trouble> {
    let step = |sql| connection.prepare_cached(sql)?.execute([]);
    step("SAVEPOINT request")?;
    let result = body(connection);
    // After some failures SQLite has undone everything itself; then there is no savepoint left.
    if !connection.is_autocommit() {
        if result.is_err() {
            step("ROLLBACK TO request")?;
        }
        step("RELEASE request")?;
    }
    result
}

fn serve(connection: Connection, path: &Path, mut requests: mpsc::Receiver<Order>) {
    let mut next = requests.blocking_recv();
    loop {
        match next.take() {
            Some(Order::Work(first)) => {
                let mut group = Group { works: vec![first], behind: None };
                let fate = group.commit(&connection, path, &mut requests);
                for work in group.works {
                    work.settle(fate.clone());
                }
                next = group.behind;
            }
            // Whoever asked may have gone; the log is empty all the same.
            Some(Order::Fold(answer)) => drop(answer.send(fold_log(&connection, path))),
            Some(Order::Close) | None => break,
        }
        if next.is_none() {
            next = requests.blocking_recv();
        }
    }
    // In this order: the queue's end tells that the files are at rest.
    drop(connection);
    drop(requests);
}

fn fold_log(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let fold = || {
        // A backup may read for long: what waits behind this is not to wait for it.
        connection.busy_timeout(std::time::Duration::ZERO)?;
        let folded = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        connection.busy_timeout(super::schema::BUSY)?;
        folded
    };
    fold().map_err(|error| StoreError::of(path, &error))
}

/// Requests that share a transaction.
struct Group {
    works: Vec<Box<dyn Work>>,
    /// What came behind them and is no work.
    behind: Option<Order>,
}

impl Group {
    fn commit(
        &mut self,
        connection: &Connection,
        path: &Path,
        requests: &mut mpsc::Receiver<Order>,
    ) -> Result<(), StoreError> {
        let failed = |error: rusqlite::Error| StoreError::of(path, &error);
        connection.execute_batch("BEGIN IMMEDIATE").map_err(failed)?;
        let (mut done, mut bytes) = (0, 0);
        while let Some(work) = self.works.get_mut(done) {
            work.run(connection, path);
            bytes += work.bytes();
            done += 1;
            if connection.is_autocommit() {
                // SQLite undid the whole transaction, as it does where the disk failed it.
                let unsaid =
                    StoreError::Failed { path: path.to_owned(), detail: UNDONE.to_owned() };
                return Err(work.error().unwrap_or(unsaid));
            }
            if done < GROUP_ROWS && bytes < GROUP_BYTES {
                self.take_next(requests);
            }
        }
        connection.execute_batch("COMMIT").map_err(|error| {
            // Fails only where nothing is left to undo.
            let _ = connection.execute_batch("ROLLBACK");
            failed(error)
        })
    }

    fn take_next(&mut self, requests: &mut mpsc::Receiver<Order>) {
        if self.behind.is_some() {
            return;
        }
        match requests.try_recv() {
            Ok(Order::Work(work)) => self.works.push(work),
            Ok(other @ (Order::Fold(_) | Order::Close)) => self.behind = Some(other),
            Err(_) => {} // Nobody waits.
        }
    }
}

#[cfg(test)]
mod tests;
