//! `[metrics]`, `[usage]` and `[alerts]`: where the daemon tells others how it is.
//!
//! What may be reached is the operator's own choice; a port that strangers could read is not.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::webhook::{Post, Webhook};
use crate::config::fault::Problem;
use crate::config::nearest::nearest;
use crate::config::section::{Field, Section};
use crate::config::source::Sourced;
use crate::outlets::alerts::Kind;

/// Where the daemon tells others.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reporting {
    /// `metrics.listen`.
    pub metrics: Option<Sourced<SocketAddr>>,
    /// `usage.webhook`.
    pub usage: Option<Sourced<Webhook>>,
    /// `usage.ca`.
    pub usage_ca: Option<Sourced<PathBuf>>,
    /// `[alerts]`.
    pub alerts: Alerts,
}

/// Who is told when something is wrong.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Alerts {
    /// A program and its arguments.
    pub command: Option<Sourced<Vec<String>>>,
    /// An address that takes JSON.
    pub webhook: Option<Sourced<Webhook>>,
    /// Certificates that are believed there instead of the system's.
    pub ca: Option<Sourced<PathBuf>>,
    /// A channel's id.
    pub channel: Option<Sourced<String>>,
    /// The channel's workspace, where the app has several.
    pub workspace: Option<Sourced<String>>,
    /// What is told; all of it if nothing is said.
    pub kinds: Option<Sourced<BTreeSet<Kind>>>,
}

impl Reporting {
    /// This file's words, and where it is silent, the lower one's.
    pub fn over(self, lower: Self) -> Self {
        Self {
            metrics: self.metrics.or(lower.metrics),
            usage: self.usage.or(lower.usage),
            usage_ca: self.usage_ca.or(lower.usage_ca),
            alerts: Alerts {
                command: self.alerts.command.or(lower.alerts.command),
                webhook: self.alerts.webhook.or(lower.alerts.webhook),
                ca: self.alerts.ca.or(lower.alerts.ca),
                channel: self.alerts.channel.or(lower.alerts.channel),
                workspace: self.alerts.workspace.or(lower.alerts.workspace),
                kinds: self.alerts.kinds.or(lower.alerts.kinds),
            },
        }
    }

    /// Where records of usage are posted.
    pub fn usage_post(&self) -> Option<Post> {
        post(self.usage.as_ref(), self.usage_ca.as_ref())
    }

    /// Keys and values, as a reload compares them; empty where nothing is said.
    pub fn rows(&self) -> [(&'static str, String); 9] {
        let text = |it: Option<String>| it.unwrap_or_default();
        let path = |it: &Option<Sourced<PathBuf>>| {
            text(it.as_ref().map(|it| it.value.display().to_string()))
        };
        let alerts = &self.alerts;
        [
            ("metrics.listen", text(self.metrics.as_ref().map(|it| it.value.to_string()))),
            ("usage.webhook", text(self.usage.as_ref().map(|it| it.value.to_string()))),
            ("usage.ca", path(&self.usage_ca)),
            ("alerts.command", text(alerts.command.as_ref().map(|it| it.value.join(" ")))),
            ("alerts.webhook", text(alerts.webhook.as_ref().map(|it| it.value.to_string()))),
            ("alerts.ca", path(&alerts.ca)),
            ("alerts.channel", text(alerts.channel.as_ref().map(|it| it.value.clone()))),
            ("alerts.workspace", text(alerts.workspace.as_ref().map(|it| it.value.clone()))),
            ("alerts.kinds", text(alerts.kinds.as_ref().map(|it| words(&it.value)))),
        ]
    }
}

impl Alerts {
    /// Whether anybody is told.
    pub fn is_silent(&self) -> bool {
        self.command.is_none() && self.webhook.is_none() && self.channel.is_none()
    }

    /// Where they are posted.
    pub fn post(&self) -> Option<Post> {
        post(self.webhook.as_ref(), self.ca.as_ref())
    }

    /// Whether this is told.
    pub fn wants(&self, kind: Kind) -> bool {
        self.kinds.as_ref().is_none_or(|kinds| kinds.value.contains(&kind))
    }
}

fn post(to: Option<&Sourced<Webhook>>, ca: Option<&Sourced<PathBuf>>) -> Option<Post> {
    Some(Post { to: to?.value.clone(), ca: ca.map(|it| it.value.clone()) })
}

fn words(kinds: &BTreeSet<Kind>) -> String {
    let words: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
    words.join(",")
}

/// Reads the three tables.
pub fn read(root: &Section<'_>) -> Reporting {
    let (usage, usage_ca) = root.section("usage").map(|it| read_usage(&it)).unwrap_or_default();
    Reporting {
        metrics: root.section("metrics").and_then(|table| read_metrics(&table)),
        usage,
        usage_ca,
        alerts: root.section("alerts").map(|table| read_alerts(&table)).unwrap_or_default(),
    }
}

fn read_metrics(table: &Section<'_>) -> Option<Sourced<SocketAddr>> {
    let listen = table.field("listen").and_then(|it| Some(it.sourced(it.parse(loopback)?)));
    table.close();
    listen
}

fn read_usage(table: &Section<'_>) -> (Option<Sourced<Webhook>>, Option<Sourced<PathBuf>>) {
    let read = (read_webhook(table), read_ca(table));
    table.close();
    read
}

fn read_webhook(table: &Section<'_>) -> Option<Sourced<Webhook>> {
    table.field("webhook").and_then(|it| Some(it.sourced(it.parse(str::parse)?)))
}

fn read_ca(table: &Section<'_>) -> Option<Sourced<PathBuf>> {
    table.field("ca").and_then(|it| Some(it.sourced(it.parse(certificates)?)))
}

fn read_alerts(table: &Section<'_>) -> Alerts {
    let id = |it: Field<'_>| Some(it.sourced(it.parse(channel)?));
    let alerts = Alerts {
        command: table.field("command").and_then(|it| read_command(&it)),
        webhook: read_webhook(table),
        ca: read_ca(table),
        channel: table.field("channel").and_then(id),
        workspace: table.field("workspace").and_then(|it| Some(it.sourced(it.text()?.to_owned()))),
        kinds: table.field("kinds").map(|it| it.sourced(it.parse_list(kind).into_iter().collect())),
    };
    table.close();
    alerts
}

fn read_command(field: &Field<'_>) -> Option<Sourced<Vec<String>>> {
    let words = field.parse_list(|text| Ok(text.to_owned()));
    match words.first() {
        Some(program) if Path::new(program).is_absolute() => Some(field.sourced(words)),
        Some(_) | None => {
            let problem = Problem::new("begins with the absolute path of a program");
            field.fault(problem.hint("[\"/usr/local/bin/page\", \"outboard\"]"));
            None
        }
    }
}

fn loopback(text: &str) -> Result<SocketAddr, Problem> {
    let refused = |why: &str| {
        Problem::new(format!("{text:?} {why}")).hint("\"127.0.0.1:9464\" or \"[::1]:9464\"")
    };
    let address: SocketAddr = text.parse().map_err(|_| refused("is no address with a port"))?;
    match address.ip().is_loopback() {
        true => Ok(address),
        false => Err(refused("could be read by strangers: metrics are served on loopback only")),
    }
}

/// Whether it can be read is seen when it is needed: it may be renewed at any time.
fn certificates(text: &str) -> Result<PathBuf, Problem> {
    let path = Path::new(text);
    let wrong =
        || Problem::new(format!("{text:?} is no absolute path")).hint("\"/etc/outboard/ca.pem\"");
    path.is_absolute().then(|| path.to_owned()).ok_or_else(wrong)
}

fn channel(text: &str) -> Result<String, Problem> {
    match text.strip_prefix("id:") {
        Some(id) if !id.is_empty() => Ok(id.to_owned()),
        Some(_) | None => {
            Err(Problem::new(format!("{text:?} is no channel's id")).hint("\"id:C0123\""))
        }
    }
}

fn kind(text: &str) -> Result<Kind, Problem> {
    let found = Kind::ALL.into_iter().find(|kind| kind.as_str() == text);
    found.ok_or_else(|| {
        let problem = Problem::new(format!("{text:?} is nothing that is told"));
        match nearest(text, Kind::ALL.into_iter().map(Kind::as_str)) {
            Some(hint) => problem.hint(hint),
            None => problem,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    // I103
    #[test]
    fn metrics_are_served_on_loopback_only() {
        assert!(loopback("127.0.0.1:9464").is_ok() && loopback("[::1]:0").is_ok());
        for stranger in ["0.0.0.0:9464", "192.168.0.1:80", "[::]:1", "localhost:1", "127.0.0.1"] {
            assert!(loopback(stranger).is_err(), "{stranger}");
        }
    }
}
