//! Everything the page shows, in memory, and the stream of its changes.
//!
//! It refuses to know how changes come about: others tell it, it keeps and passes on.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use tokio::sync::broadcast;

use crate::commands::Command;
use crate::files::Shelf;
use crate::moment::Moment;
use crate::panel::Plugin;
use crate::post::{Author, Post};
use crate::ui;

/// The channels there are.
pub const CHANNELS: [(&str, &str); 3] = [
    ("harbour", "Everyone meets here"),
    ("engine-room", "Where plugins are put to the test"),
    ("quiet-bay", "Nothing much happens"),
];

/// Channels there may be, those between two included.
const MOST_CHANNELS: usize = 100;

/// Posts and moments kept; a page that comes later sees these.
const KEPT: usize = 200;

/// Changes a slow page may be behind; further behind it is given everything anew.
const BEHIND: usize = 512;

/// What happened, as the page hears of it.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "it")]
pub enum Change {
    Post(Post),
    Plugin(Box<Plugin>),
    Gone(String),
    Moment(Moment),
    Commands(Vec<Command>),
    Ui(ui::View),
    Daemon(Daemon),
    /// A post that is no more.
    Deleted(String),
    /// A channel is new, or another.
    Channel(Channel),
    /// Somebody is typing.
    Typing(Showing),
    /// What stands beside a bot's name.
    Status(Showing),
}

/// Something shown for a while.
#[derive(Debug, Clone, Serialize)]
pub struct Showing {
    pub who: String,
    pub channel: String,
    pub text: String,
    pub until_ms: i64,
    /// Who alone sees it.
    pub only: Option<String>,
}

/// What somebody may not do for now.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sanction {
    pub muted_until_ms: i64,
    pub banned_until_ms: i64,
}

/// How things stand with the daemon.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Daemon {
    pub connected: bool,
    pub says: String,
}

/// Everything at once, for a page that begins.
#[derive(Debug, Clone, Serialize)]
pub struct Everything {
    pub channels: Vec<Channel>,
    pub posts: Vec<Post>,
    pub plugins: Vec<Plugin>,
    pub moments: Vec<Moment>,
    pub commands: Vec<Command>,
    pub ui: ui::View,
    pub daemon: Daemon,
}

/// A channel as the page lists it.
#[derive(Debug, Clone, Serialize)]
pub struct Channel {
    pub name: String,
    pub topic: String,
    /// Ids of posts, the newest pin first.
    pub pinned: Vec<String>,
    /// Who alone sees it.
    pub only: Option<String>,
}

/// The room.
#[derive(Debug)]
pub struct Room {
    kept: Mutex<Kept>,
    files: Arc<Shelf>,
    changes: broadcast::Sender<Change>,
}

#[derive(Debug)]
struct Kept {
    channels: Vec<Channel>,
    sanctions: BTreeMap<String, Sanction>,
    posts: VecDeque<Post>,
    plugins: BTreeMap<String, Plugin>,
    moments: VecDeque<Moment>,
    commands: Vec<Command>,
    ui: ui::View,
    daemon: Daemon,
    members: HashSet<(String, String)>,
}

impl Room {
    /// An empty room.
    pub fn new() -> Self {
        let channel = |(name, topic): (&str, &str)| Channel {
            name: name.to_owned(),
            topic: topic.to_owned(),
            pinned: Vec::new(),
            only: None,
        };
        let kept = Kept {
            channels: CHANNELS.into_iter().map(channel).collect(),
            sanctions: BTreeMap::new(),
            posts: VecDeque::new(),
            plugins: BTreeMap::new(),
            moments: VecDeque::new(),
            commands: Vec::new(),
            ui: ui::View::default(),
            daemon: Daemon::default(),
            members: HashSet::new(),
        };
        let (kept, files) = (Mutex::new(kept), Arc::default());
        Self { kept, files, changes: broadcast::Sender::new(BEHIND) }
    }

    /// The files that posts show.
    pub fn files(&self) -> &Arc<Shelf> {
        &self.files
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything now, and what changes from here on.
    pub fn watch(&self) -> (Everything, broadcast::Receiver<Change>) {
        let kept = self.kept();
        (kept.everything(), self.changes.subscribe())
    }

    /// Keeps a change and tells the pages. Both under one lock, so that a page which begins
    /// meanwhile misses nothing and hears nothing twice.
    pub fn tell(&self, change: Change) {
        let mut kept = self.kept();
        for file in kept.take(&change) {
            self.files.forget(&file);
        }
        // Nobody may be looking.
        let _ = self.changes.send(change);
    }

    /// Notes that someone is in a channel; true if they were not.
    pub fn enter(&self, channel: &str, name: &str) -> bool {
        self.kept().members.insert((channel.into(), name.into()))
    }

    /// Takes somebody out of a channel.
    pub fn leave(&self, channel: &str, name: &str) {
        self.kept().members.remove(&(channel.to_owned(), name.to_owned()));
    }

    /// How many are in a channel.
    pub fn members(&self, channel: &str) -> usize {
        self.kept().members.iter().filter(|(place, _)| place == channel).count()
    }

    /// Whether anybody of this name was ever here.
    pub fn knows(&self, name: &str) -> bool {
        let kept = self.kept();
        let wrote = |post: &Post| matches!(&post.author, Author::Person { name: it } if it == name);
        kept.members.iter().any(|(_, it)| it == name)
            || kept.sanctions.contains_key(name)
            || kept.posts.iter().any(wrote)
    }

    /// What somebody may not do for now.
    pub fn sanction(&self, name: &str) -> Sanction {
        self.kept().sanctions.get(name).copied().unwrap_or_default()
    }

    /// Changes what somebody may not do.
    pub fn sentence(&self, name: &str, change: impl FnOnce(&mut Sanction)) {
        change(self.kept().sanctions.entry(name.to_owned()).or_default());
    }

    /// All channels.
    pub fn channels(&self) -> Vec<Channel> {
        self.kept().channels.clone()
    }

    /// Whether there is such a channel.
    pub fn has_channel(&self, name: &str) -> bool {
        self.kept().channels.iter().any(|channel| channel.name == name)
    }

    /// Makes a channel, if there is room for one.
    pub fn add_channel(&self, name: &str, topic: &str, only: Option<String>) -> Option<Channel> {
        if self.kept().channels.len() >= MOST_CHANNELS {
            return None;
        }
        let (name, topic) = (name.to_owned(), topic.to_owned());
        let channel = Channel { name, topic, pinned: Vec::new(), only };
        self.tell(Change::Channel(channel.clone()));
        Some(channel)
    }

    /// All posts, the oldest first.
    pub fn posts(&self) -> Vec<Post> {
        self.kept().posts.iter().cloned().collect()
    }

    /// A post, while it is kept.
    pub fn post(&self, id: &str) -> Option<Post> {
        self.kept().posts.iter().find(|post| post.id == id).cloned()
    }

    /// What was last known of every plugin.
    pub fn plugins(&self) -> Vec<Plugin> {
        self.kept().plugins.values().cloned().collect()
    }

    /// What was last known of a plugin.
    pub fn plugin(&self, name: &str) -> Option<Plugin> {
        self.kept().plugins.get(name).cloned()
    }
}

impl Kept {
    /// Keeps it; gives files that no post shows any more.
    fn take(&mut self, change: &Change) -> Vec<String> {
        let mut gone = None;
        match change {
            Change::Post(post) => match self.posts.iter_mut().find(|it| it.id == post.id) {
                // It is still being written, or was worked on.
                Some(known) => *known = post.clone(),
                None => gone = push(&mut self.posts, post.clone()),
            },
            Change::Moment(moment) => drop(push(&mut self.moments, moment.clone())),
            Change::Plugin(plugin) => {
                self.plugins.insert(plugin.name.clone(), (**plugin).clone());
            }
            Change::Gone(name) => {
                self.plugins.remove(name);
            }
            Change::Commands(commands) => self.commands.clone_from(commands),
            Change::Ui(view) => self.ui = view.clone(),
            Change::Daemon(daemon) => self.daemon = daemon.clone(),
            Change::Deleted(id) => {
                let at = self.posts.iter().position(|it| it.id == *id);
                gone = at.and_then(|at| self.posts.remove(at));
                self.channels.iter_mut().for_each(|it| it.pinned.retain(|pin| pin != id));
            }
            Change::Channel(channel) => {
                match self.channels.iter_mut().find(|it| it.name == channel.name) {
                    Some(known) => *known = channel.clone(),
                    None => self.channels.push(channel.clone()),
                }
            }
            // A page that comes later does without.
            Change::Typing(_) | Change::Status(_) => {}
        }
        let shown = |id: &String| self.posts.iter().flat_map(|it| &it.files).any(|it| it.id == *id);
        let files = gone.into_iter().flat_map(|post| post.files).map(|it| it.id);
        files.filter(|id| !shown(id)).collect()
    }

    fn everything(&self) -> Everything {
        Everything {
            channels: self.channels.clone(),
            posts: self.posts.iter().cloned().collect(),
            plugins: self.plugins.values().cloned().collect(),
            moments: self.moments.iter().cloned().collect(),
            commands: self.commands.clone(),
            ui: self.ui.clone(),
            daemon: self.daemon.clone(),
        }
    }
}

/// Keeps one more; gives the oldest where they would be too many.
fn push<T>(kept: &mut VecDeque<T>, new: T) -> Option<T> {
    let oldest = if kept.len() == KEPT { kept.pop_front() } else { None };
    kept.push_back(new);
    oldest
}
