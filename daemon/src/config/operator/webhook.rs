//! An address that takes JSON, and whose word is believed there.
//!
//! It knows how addresses are written; it refuses to know what is posted.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use http::Uri;
use tokio_rustls::rustls::pki_types::ServerName;

use crate::config::fault::Problem;

/// An address that takes a POST.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// What is spoken there.
    pub scheme: Scheme,
    /// A name, or an address without brackets.
    pub host: String,
    /// The port that was named, or the scheme's own.
    pub port: u16,
    /// Host and port as they were written: what HTTP calls `Host`.
    pub authority: String,
    /// Path and query.
    pub path: String,
}

/// What is spoken at an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scheme {
    /// HTTP in clear.
    Http,
    /// HTTP over TLS, with whoever has a certificate of this name.
    Https(ServerName<'static>),
}

/// A webhook, and whose certificates are believed there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    /// Where it goes.
    pub to: Webhook,
    /// A file of certificates that count instead of the system's.
    pub ca: Option<PathBuf>,
}

impl Webhook {
    /// It without its path, which is often as good as a password.
    #[must_use]
    pub fn place(&self) -> String {
        let more = if self.path == "/" { "" } else { "…" };
        format!("{}://{}/{more}", self.scheme.word(), self.authority)
    }
}

impl Scheme {
    fn word(&self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https(_) => "https",
        }
    }

    fn port(&self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https(_) => 443,
        }
    }
}

impl FromStr for Webhook {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        let refused = |why: &str| {
            Problem::new(format!("{text:?} {why}")).hint("\"https://hooks.example.org/outboard\"")
        };
        let uri: Uri = text.parse().map_err(|_| refused("is no address"))?;
        let secure = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            Some(_) | None => return Err(refused("does not begin with https:// or http://")),
        };
        let authority = uri.authority().ok_or_else(|| refused("names no host"))?;
        if authority.as_str().contains('@') || authority.host().is_empty() {
            return Err(refused("has more than host and port"));
        }
        let host = authority.host().trim_matches(['[', ']']).to_owned();
        let scheme = match secure {
            false => Scheme::Http,
            true => {
                let name = ServerName::try_from(host.clone());
                let why = "names a host that no certificate can be for";
                Scheme::Https(name.map_err(|_| refused(why))?)
            }
        };
        let port = match authority.as_str().strip_prefix(authority.host()) {
            None | Some("") => Some(scheme.port()),
            Some(named) => named.trim_start_matches(':').parse().ok().filter(|port| *port > 0),
        };
        let port = port.ok_or_else(|| refused("has no port that there is"))?;
        let path = uri.path_and_query().map_or("/", |it| it.as_str()).to_owned();
        Ok(Self { scheme, host, port, authority: authority.to_string(), path })
    }
}

impl fmt::Display for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme.word(), self.authority, self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Webhook, Problem> {
        text.parse()
    }

    #[test]
    fn a_webhook_is_http_or_https_to_a_host() {
        for text in ["http://127.0.0.1:8080/a?b", "https://hooks.local/x", "https://[::1]:8443/"] {
            assert_eq!(parse(text).unwrap().to_string(), text);
        }
        let place = |text: &str| parse(text).map(|it| (it.host, it.port)).unwrap();
        assert_eq!(place("http://hooks.local"), ("hooks.local".into(), 80));
        assert_eq!(place("https://hooks.local"), ("hooks.local".into(), 443));
        assert_eq!(place("https://[::1]/"), ("::1".into(), 443));
        for wrong in [
            "",
            "hooks.local",
            "ftp://x/",
            "http://a:b@host/",
            "http:///x",
            "https://-/",
            "https://a..b/",
            "http://x:70000/",
            "http://x:0/",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_path_that_may_be_a_password_is_not_shown() {
        assert_eq!(parse("https://h/T0/secret").unwrap().place(), "https://h/…");
        assert_eq!(parse("http://h:1").unwrap().place(), "http://h:1/");
    }
}
