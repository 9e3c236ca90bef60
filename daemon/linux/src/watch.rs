//! The watch: one thread that holds every keeper's line, measures every plugin's memory and clears
//! up after each. It starts nothing and decides no restart; it tells the plugin's events what
//! happened.

mod entry;
mod exact;
mod meter;
pub(crate) mod orphans;
mod turn;

use std::{
    io,
    sync::{Arc, mpsc},
    thread,
};

pub(crate) use entry::Entry;
use nix::sys::eventfd::{EfdFlags, EventFd};

use crate::spawner::SpawnError;

/// Entries on their way to the thread: it takes them within a turn, and the spawner can wait.
const WAITING_ENTRIES: usize = 64;

/// The way to the watch thread.
pub(crate) struct Watch {
    entries: mpsc::SyncSender<Entry>,
    bell: Arc<EventFd>,
}

/// Starts the thread. `total` caps the memory of all watched plugins together, bytes.
pub(crate) fn start(total: Option<u64>) -> Result<Watch, SpawnError> {
    let say = SpawnError::resource("start the watch thread");
    let flags = EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK;
    let bell = Arc::new(EventFd::from_flags(flags).map_err(|errno| say(errno.into()))?);
    let (entries, arrivals) = mpsc::sync_channel(WAITING_ENTRIES);
    let turns = turn::Turns::new(arrivals, bell.clone(), total).map_err(&say)?;
    thread::Builder::new().name("watch".into()).spawn(move || turns.run()).map_err(say)?;
    Ok(Watch { entries, bell })
}

impl Watch {
    pub(crate) fn bell(&self) -> Arc<EventFd> {
        self.bell.clone()
    }

    /// Hands a new keeper over. Waits a moment when very many come at once.
    pub(crate) fn take(&self, entry: Entry) -> Result<(), SpawnError> {
        let gone = || io::Error::other("it has ended");
        self.entries
            .send(entry)
            .map_err(|_| SpawnError::Resource { what: "reach the watch thread", cause: gone() })?;
        let _ = self.bell.write(1);
        Ok(())
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // The thread notices that nobody can send it entries any more.
        let _ = self.bell.write(1);
    }
}
