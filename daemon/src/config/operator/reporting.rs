//! `[metrics]`, `[usage]` and `[alerts]`: where the daemon tells others how it is.
//!
//! What may be reached is the operator's own choice; a port that strangers could read is not.

use std::collections::BTreeSet;
use std::fmt;
use std::net::SocketAddr;
use std::path::Path;
use std::str::FromStr;

use http::Uri;

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
    /// A channel's id.
    pub channel: Option<Sourced<String>>,
    /// The channel's workspace, where the app has several.
    pub workspace: Option<Sourced<String>>,
    /// What is told; all of it if nothing is said.
    pub kinds: Option<Sourced<BTreeSet<Kind>>>,
}

/// An address that takes a POST over plain HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Host and port.
    pub authority: String,
    /// Path and query.
    pub path: String,
}

impl FromStr for Webhook {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        let refused = |why: &str| {
            Problem::new(format!("{text:?} {why}")).hint("\"http://127.0.0.1:8080/hook\"")
        };
        let uri: Uri = text.parse().map_err(|_| refused("is no address"))?;
        match uri.scheme_str() {
            Some("http") => {}
            Some("https") => return Err(refused("needs TLS: put a proxy on this machine")),
            Some(_) | None => return Err(refused("does not begin with http://")),
        }
        let authority = uri.authority().ok_or_else(|| refused("names no host"))?;
        if authority.as_str().contains('@') || authority.host().is_empty() {
            return Err(refused("has more than host and port"));
        }
        let authority = match authority.port_u16() {
            Some(_) => authority.to_string(),
            None => format!("{authority}:80"),
        };
        let path = uri.path_and_query().map_or("/", |it| it.as_str()).to_owned();
        Ok(Self { authority, path })
    }
}

impl fmt::Display for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}{}", self.authority, self.path)
    }
}

impl Reporting {
    /// This file's words, and where it is silent, the lower one's.
    pub fn over(self, lower: Self) -> Self {
        Self {
            metrics: self.metrics.or(lower.metrics),
            usage: self.usage.or(lower.usage),
            alerts: Alerts {
                command: self.alerts.command.or(lower.alerts.command),
                webhook: self.alerts.webhook.or(lower.alerts.webhook),
                channel: self.alerts.channel.or(lower.alerts.channel),
                workspace: self.alerts.workspace.or(lower.alerts.workspace),
                kinds: self.alerts.kinds.or(lower.alerts.kinds),
            },
        }
    }

    /// Keys and values, as a reload compares them; empty where nothing is said.
    pub fn rows(&self) -> [(&'static str, String); 7] {
        let text = |it: Option<String>| it.unwrap_or_default();
        let alerts = &self.alerts;
        [
            ("metrics.listen", text(self.metrics.as_ref().map(|it| it.value.to_string()))),
            ("usage.webhook", text(self.usage.as_ref().map(|it| it.value.to_string()))),
            ("alerts.command", text(alerts.command.as_ref().map(|it| it.value.join(" ")))),
            ("alerts.webhook", text(alerts.webhook.as_ref().map(|it| it.value.to_string()))),
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

    /// Whether this is told.
    pub fn wants(&self, kind: Kind) -> bool {
        self.kinds.as_ref().is_none_or(|kinds| kinds.value.contains(&kind))
    }
}

fn words(kinds: &BTreeSet<Kind>) -> String {
    let words: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
    words.join(",")
}

/// Reads the three tables.
pub fn read(root: &Section<'_>) -> Reporting {
    Reporting {
        metrics: one(root, "metrics", "listen", loopback),
        usage: one(root, "usage", "webhook", str::parse),
        alerts: root.section("alerts").map(|table| read_alerts(&table)).unwrap_or_default(),
    }
}

/// A table with one key.
fn one<T>(
    root: &Section<'_>,
    table: &'static str,
    key: &'static str,
    parse: impl FnOnce(&str) -> Result<T, Problem>,
) -> Option<Sourced<T>> {
    let table = root.section(table)?;
    let value = table.field(key).and_then(|it| Some(it.sourced(it.parse(parse)?)));
    table.close();
    value
}

fn read_alerts(table: &Section<'_>) -> Alerts {
    let id = |it: Field<'_>| Some(it.sourced(it.parse(channel)?));
    let alerts = Alerts {
        command: table.field("command").and_then(|it| read_command(&it)),
        webhook: table.field("webhook").and_then(|it| Some(it.sourced(it.parse(str::parse)?))),
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

    #[test]
    fn a_webhook_is_plain_http_to_a_host() {
        let parse = |text: &str| text.parse::<Webhook>().map(|it| it.to_string());
        assert_eq!(parse("http://127.0.0.1:8080/a?b"), Ok("http://127.0.0.1:8080/a?b".into()));
        assert_eq!(parse("http://hooks.local"), Ok("http://hooks.local:80/".into()));
        assert!(parse("https://hooks.local/").unwrap_err().message.contains("TLS"));
        for wrong in ["", "hooks.local", "ftp://x/", "http://a:b@host/", "http:///x"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
