//! Everything the page shows, in memory, and the stream of its changes.
//!
//! It refuses to know how changes come about: others tell it, it keeps and passes on.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use tokio::sync::broadcast;

use crate::commands::Command;
use crate::moment::Moment;
use crate::panel::Plugin;
use crate::post::Post;
use crate::ui;

/// The channels there are.
pub const CHANNELS: [(&str, &str); 3] = [
    ("harbour", "Everyone meets here"),
    ("engine-room", "Where plugins are put to the test"),
    ("quiet-bay", "Nothing much happens"),
];

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
    pub name: &'static str,
    pub topic: &'static str,
}

/// The room.
#[derive(Debug)]
pub struct Room {
    kept: Mutex<Kept>,
    changes: broadcast::Sender<Change>,
}

#[derive(Debug, Default)]
struct Kept {
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
        Self { kept: Mutex::default(), changes: broadcast::Sender::new(BEHIND) }
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
        kept.take(&change);
        // Nobody may be looking.
        let _ = self.changes.send(change);
    }

    /// Notes that someone is in a channel; true if they were not.
    pub fn enter(&self, channel: &str, name: &str) -> bool {
        self.kept().members.insert((channel.into(), name.into()))
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

/// Whether there is such a channel.
pub fn is_channel(name: &str) -> bool {
    CHANNELS.iter().any(|(known, _)| *known == name)
}

impl Kept {
    fn take(&mut self, change: &Change) {
        match change {
            Change::Post(post) => match self.posts.iter_mut().find(|it| it.id == post.id) {
                // It is still being written, or was worked on.
                Some(known) => *known = post.clone(),
                None => push(&mut self.posts, post.clone()),
            },
            Change::Moment(moment) => push(&mut self.moments, moment.clone()),
            Change::Plugin(plugin) => {
                self.plugins.insert(plugin.name.clone(), (**plugin).clone());
            }
            Change::Gone(name) => {
                self.plugins.remove(name);
            }
            Change::Commands(commands) => self.commands.clone_from(commands),
            Change::Ui(view) => self.ui = view.clone(),
            Change::Daemon(daemon) => self.daemon = daemon.clone(),
        }
    }

    fn everything(&self) -> Everything {
        let channels = CHANNELS.iter().map(|&(name, topic)| Channel { name, topic }).collect();
        Everything {
            channels,
            posts: self.posts.iter().cloned().collect(),
            plugins: self.plugins.values().cloned().collect(),
            moments: self.moments.iter().cloned().collect(),
            commands: self.commands.clone(),
            ui: self.ui.clone(),
            daemon: self.daemon.clone(),
        }
    }
}

fn push<T>(kept: &mut VecDeque<T>, new: T) {
    if kept.len() == KEPT {
        kept.pop_front();
    }
    kept.push_back(new);
}
