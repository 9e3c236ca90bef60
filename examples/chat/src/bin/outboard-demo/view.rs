//! What the script sees: the same stream of changes as the page, kept as the page keeps it.
//!
//! It waits for states, never for a clock; it refuses to know what they should be.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, anyhow};
use serde_json::Value;
use tokio::time::timeout;

use crate::visitor::{Ear, Visitor};

/// Everything seen so far.
#[derive(Debug)]
pub struct View {
    ear: Ear,
    pub posts: Vec<Value>,
    /// Every stage of every plugin's posts, in the order they were seen: plugin, stage, text.
    written: Vec<(String, String, String)>,
    pub plugins: BTreeMap<String, Value>,
    pub commands: Vec<Value>,
    pub channels: Vec<Value>,
    /// What plugins show.
    ui: Vec<Value>,
    pub connected: bool,
}

impl View {
    /// Opens the page's stream.
    pub async fn open(visitor: &Visitor) -> anyhow::Result<Self> {
        let ear = visitor.listen("/api/live").await?;
        let (posts, commands, channels) = (Vec::new(), Vec::new(), Vec::new());
        let (plugins, written) = (BTreeMap::new(), Vec::new());
        let (ui, connected) = (Vec::new(), false);
        Ok(Self { ear, posts, written, plugins, commands, channels, ui, connected })
    }

    /// Looks on until `seen` finds what it looks for.
    pub async fn until<T>(
        &mut self,
        what: &str,
        within: Duration,
        seen: impl Fn(&Self) -> Option<T>,
    ) -> anyhow::Result<T> {
        let looking = async {
            loop {
                if let Some(found) = seen(self) {
                    return Ok(found);
                }
                let (name, data) = self.ear.next().await?;
                self.take(&name, data);
            }
        };
        match timeout(within, looking).await {
            Ok(found) => found,
            Err(_) => {
                Err(anyhow!("not within {within:?}: {}", self.describe()).context(what.to_owned()))
            }
        }
    }

    fn take(&mut self, name: &str, mut data: Value) {
        if name == "everything" {
            self.begin(&mut data);
            return;
        }
        let it = data["it"].take();
        match data["kind"].as_str() {
            Some("post") => self.post(it),
            Some("plugin") => self.plugin(it),
            Some("gone") => drop(self.plugins.remove(it.as_str().unwrap_or_default())),
            Some("commands") => self.commands = list(it),
            Some("deleted") => self.posts.retain(|post| post["id"] != it),
            Some("channel") => self.channel(it),
            Some("ui") => self.ui = list(it["shown"].clone()),
            Some("daemon") => self.connected = it["connected"] == true,
            _ => {}
        }
    }

    fn begin(&mut self, data: &mut Value) {
        self.posts = list(data["posts"].take());
        self.commands = list(data["commands"].take());
        self.channels = list(data["channels"].take());
        self.ui = list(data["ui"]["shown"].take());
        self.connected = data["daemon"]["connected"] == true;
        self.plugins.clear();
        list(data["plugins"].take()).into_iter().for_each(|plugin| self.plugin(plugin));
    }

    /// A new post, or a known one that has come further.
    fn post(&mut self, post: Value) {
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let author = word(&post["author"]["plugin"]);
        self.written.push((author, word(&post["stage"]["is"]), word(&post["text"])));
        match self.posts.iter_mut().find(|known| known["id"] == post["id"]) {
            Some(known) => *known = post,
            None => self.posts.push(post),
        }
    }

    fn channel(&mut self, channel: Value) {
        match self.channels.iter_mut().find(|known| known["name"] == channel["name"]) {
            Some(known) => *known = channel,
            None => self.channels.push(channel),
        }
    }

    /// Stages and texts of a plugin's posts, as they were seen.
    pub fn stages(&self, plugin: &str) -> Vec<(&str, &str)> {
        let of_plugin = self.written.iter().filter(|(author, _, _)| author == plugin);
        of_plugin.map(|(_, stage, text)| (stage.as_str(), text.as_str())).collect()
    }

    fn plugin(&mut self, plugin: Value) {
        let name = plugin["name"].as_str().unwrap_or_default().to_owned();
        self.plugins.insert(name, plugin);
    }

    /// What is known of a plugin.
    pub fn of(&self, plugin: &str) -> anyhow::Result<&Value> {
        self.plugins.get(plugin).with_context(|| format!("no plugin {plugin} to be seen"))
    }

    /// What a plugin shows under an id.
    pub fn shown(&self, plugin: &str, id: &str) -> Option<&Value> {
        self.ui.iter().find(|it| it["plugin"] == plugin && it["id"] == id)
    }

    /// The newest post of a plugin.
    pub fn said(&self, plugin: &str) -> Option<&Value> {
        self.posts.iter().rev().find(|post| post["author"]["plugin"] == plugin)
    }

    fn describe(&self) -> String {
        let plugins: Vec<_> = self.plugins.values().map(brief).collect();
        format!("{}; daemon connected: {}", plugins.join(", "), self.connected)
    }
}

fn brief(plugin: &Value) -> String {
    let word = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let cause = word(&plugin["last_end"]["cause"]);
    let (name, state) = (word(&plugin["name"]), word(&plugin["state"]));
    format!("{name} {state} ({}) last end {cause}", word(&plugin["reason"]))
}

fn list(value: Value) -> Vec<Value> {
    match value {
        Value::Array(list) => list,
        _ => Vec::new(),
    }
}
