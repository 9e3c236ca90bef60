//! The watch thread's loop: sleeps until a line, a keeper's end, a wish or the next look. It knows
//! what is due, and leaves what to do to the entries.

use std::{
    collections::HashMap,
    fs, io,
    sync::{
        Arc,
        mpsc::{Receiver, TryRecvError},
    },
    time::{Duration, Instant},
};

use nix::sys::{
    epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout},
    eventfd::EventFd,
};
use tracing::error;

use super::{
    entry::{Entry, Pace},
    orphans,
};

const CALM: Duration = Duration::from_millis(100);
const NEAR: Duration = Duration::from_millis(20);
const HURRIED: Duration = Duration::from_millis(5);

/// A plugin capped by the kernel is looked at for its numbers only.
const KERNEL_CAPPED_EVERY: Duration = Duration::from_secs(1);

/// How often the sum over all plugins may cost an exact look at each.
const EXACT_SUM_EVERY: Duration = Duration::from_secs(1);

const BELL: u64 = u64::MAX;

pub(super) struct Turns {
    epoll: Epoll,
    bell: Arc<EventFd>,
    arrivals: Receiver<Entry>,
    entries: HashMap<u64, Entry>,
    next_key: u64,
    total: Option<u64>,
    looked: Looked,
    open: Open,
}

/// When what was last looked at.
struct Looked {
    calm: Instant,
    near: Instant,
    capped: Instant,
    sum: Option<Instant>,
}

#[derive(PartialEq, Eq)]
enum Open {
    ToArrivals,
    NoMore,
}

/// What of an entry an event speaks of.
#[derive(Clone, Copy)]
enum Part {
    Line = 0,
    Process = 1,
}

impl Turns {
    pub(super) fn new(
        arrivals: Receiver<Entry>,
        bell: Arc<EventFd>,
        total: Option<u64>,
    ) -> io::Result<Turns> {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        epoll.add(&*bell, EpollEvent::new(EpollFlags::EPOLLIN, BELL))?;
        let now = Instant::now();
        Ok(Turns {
            epoll,
            bell,
            arrivals,
            entries: HashMap::new(),
            next_key: 0,
            total,
            looked: Looked { calm: now, near: now, capped: now, sum: None },
            open: Open::ToArrivals,
        })
    }

    pub(super) fn run(mut self) {
        while self.open == Open::ToArrivals || !self.entries.is_empty() {
            if let Err(error) = self.turn() {
                // Keepers see the closed lines and end their plugins; nothing runs unwatched.
                error!(%error, "the watch thread cannot go on");
                return;
            }
        }
    }

    fn turn(&mut self) -> io::Result<()> {
        let mut events = [EpollEvent::empty(); 64];
        let count = match self.epoll.wait(&mut events, self.until_next_look()) {
            Ok(count) => count,
            Err(nix::errno::Errno::EINTR) => 0,
            Err(errno) => return Err(errno.into()),
        };
        for event in &events[..count] {
            self.note(event.data());
        }
        self.press_on();
        self.look();
        self.let_go();
        Ok(())
    }

    fn until_next_look(&self) -> EpollTimeout {
        let pace = self.entries.values().map(Entry::pace).min();
        let due = match pace {
            None => return EpollTimeout::NONE,
            Some(Pace::Hurried) => return millis(HURRIED),
            Some(Pace::Near) => self.looked.near + NEAR,
            Some(Pace::Calm) => self.looked.calm + CALM,
        };
        millis(due.saturating_duration_since(Instant::now()))
    }

    fn note(&mut self, data: u64) {
        if data == BELL {
            return self.answer_the_bell();
        }
        let Some(entry) = self.entries.get_mut(&(data >> 1)) else { return };
        if data & 1 == Part::Process as u64 {
            let _ = self.epoll.delete(entry.pidfd());
            entry.note_keeper_end();
            orphans::keepers().remove(&entry.held.keeper_pid);
        } else {
            // A closed line leaves the epoll by itself: nobody else holds that descriptor.
            entry.hear();
        }
    }

    fn answer_the_bell(&mut self) {
        let _ = self.bell.read();
        loop {
            match self.arrivals.try_recv() {
                Ok(entry) => self.admit(entry),
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => {
                    self.open = Open::NoMore;
                    break;
                }
            }
        }
        self.entries.values_mut().for_each(Entry::obey);
    }

    fn admit(&mut self, entry: Entry) {
        let key = self.next_key;
        self.next_key += 1;
        if let Err(error) = self.listen_to(&entry, key) {
            // Dropping the entry closes the line, and the keeper ends its plugin.
            error!(plugin = entry.held.plugin, %error, "a keeper cannot be watched");
            return;
        }
        self.entries.insert(key, entry);
    }

    fn listen_to(&self, entry: &Entry, key: u64) -> io::Result<()> {
        let event = |part: Part| EpollEvent::new(EpollFlags::EPOLLIN, key << 1 | part as u64);
        if let Some(line) = entry.line() {
            self.epoll.add(line, event(Part::Line))?;
        }
        Ok(self.epoll.add(entry.pidfd(), event(Part::Process))?)
    }

    fn press_on(&mut self) {
        if !self.entries.values().any(|entry| entry.pace() == Pace::Hurried) {
            return;
        }
        let losing = self.entries.values().any(Entry::is_losing);
        let orphans = if losing { orphans::clear() } else { 0 };
        self.entries.values_mut().for_each(|entry| entry.press_on(orphans));
    }

    fn let_go(&mut self) {
        self.entries.retain(|_, entry| !entry.is_done());
    }

    fn look(&mut self) {
        let now = Instant::now();
        let calm = now >= self.looked.calm + CALM;
        let near = now >= self.looked.near + NEAR;
        if calm {
            self.looked.calm = now;
            self.entries.values_mut().for_each(Entry::obey);
        }
        if near {
            self.looked.near = now;
        }
        if calm || near {
            self.look_at_watched(calm);
        }
        if calm {
            self.look_at_the_sum();
        }
        if now >= self.looked.capped + KERNEL_CAPPED_EVERY {
            self.looked.capped = now;
            self.look_at_capped();
        }
    }

    fn look_at_watched(&mut self, everyone: bool) {
        let newest_pid = newest_pid();
        let is_due =
            |entry: &&mut Entry| entry.is_watched() && (everyone || entry.pace() == Pace::Near);
        for entry in self.entries.values_mut().filter(is_due) {
            entry.look(newest_pid);
        }
    }

    fn look_at_capped(&mut self) {
        let is_due = |entry: &&mut Entry| entry.is_holding() && !entry.is_watched();
        self.entries.values_mut().filter(is_due).for_each(|entry| entry.note_kernels_numbers());
    }

    /// All plugins together above their total: the largest goes.
    fn look_at_the_sum(&mut self) {
        let Some(total) = self.total else { return };
        if self.sum() <= total || self.looked.sum.is_some_and(|at| at.elapsed() < EXACT_SUM_EVERY) {
            return;
        }
        self.looked.sum = Some(Instant::now());
        for entry in self.entries.values_mut().filter(|entry| entry.is_watched()) {
            entry.look_exactly();
        }
        if self.sum() <= total {
            return;
        }
        let watched = self.entries.values_mut().filter(|entry| entry.is_watched());
        if let Some(largest) = watched.max_by_key(|entry| entry.meter.latest()) {
            largest.kill_for_memory(largest.meter.latest());
        }
    }

    fn sum(&self) -> u64 {
        let watched = self.entries.values().filter(|entry| entry.is_watched());
        watched.map(|entry| entry.meter.latest()).sum()
    }
}

/// The number last given to any process: unchanged, nobody was born, and no tree need be walked.
fn newest_pid() -> u64 {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_ascii_whitespace().next_back().and_then(|last| last.parse().ok()).unwrap_or(0)
}

fn millis(wait: Duration) -> EpollTimeout {
    // Rounded up: waking early would only mean waking twice.
    let millis = wait.as_micros().div_ceil(1000);
    u16::try_from(millis).map_or(EpollTimeout::from(u16::MAX), EpollTimeout::from)
}
