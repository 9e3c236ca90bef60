//! `[[http]]`: addresses of the app's that a plugin answers. It knows the declaration and which
//! path matches it; requests are routing's.

use super::method::read_timeout;
use crate::config::amount::{Bytes, parse_size};
use crate::config::fault::Problem;
use crate::config::section::Section;
use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

/// Methods a route can take.
const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
/// The largest body a route may ask for: what one session may have under way.
const LARGEST: Bytes = Bytes(outboard_proto::limits::REASSEMBLY_BYTES);

/// One route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteDecl {
    /// The paths that match.
    pub path: RoutePath,
    /// Methods it takes. Never empty.
    pub methods: BTreeSet<&'static str>,
    /// Who may use it.
    pub access: Access,
    /// The most one request may take, where it says so.
    pub timeout: Option<Duration>,
    /// The largest body, in either direction.
    pub body: Bytes,
}

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anyone.
    Public,
    /// Whoever the app says is signed in.
    SignedIn,
}

/// The paths that a route matches: one, or one and all beneath it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RoutePath {
    /// This path: `/hook`.
    Exact(String),
    /// Everything that begins so: `/files/*`, kept without the star.
    Beneath(String),
}

impl RoutePath {
    fn parse(text: &str) -> Result<Self, Problem> {
        let refused = |why: &str| {
            Problem::new(format!("{text:?} is not a route: {why}"))
                .hint("\"/hook\", or \"/files/*\" for all that begins with /files/")
        };
        let (path, is_prefix) = match text.strip_suffix('*') {
            Some(path) => (path, true),
            None => (text, false),
        };
        if is_prefix && !path.ends_with('/') {
            return Err(refused("a star stands for whole parts only"));
        }
        if !is_plain_path(path) || text.len() > 255 || path.contains(['?', '#', '*', '%']) {
            return Err(refused("a path begins with / and has no empty part, no dots, no * ? # %"));
        }
        Ok(if is_prefix { Self::Beneath(path.to_owned()) } else { Self::Exact(path.to_owned()) })
    }

    /// How well a path matches: the more bytes, the better, and exactly is best.
    #[must_use]
    pub fn fit(&self, path: &str) -> Option<usize> {
        match self {
            Self::Exact(own) => (own == path).then_some(usize::MAX),
            Self::Beneath(own) => path.starts_with(own.as_str()).then_some(own.len()),
        }
    }
}

impl fmt::Display for RoutePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(path) => f.write_str(path),
            Self::Beneath(path) => write!(f, "{path}*"),
        }
    }
}

/// Whether a path means the same to everyone who reads it: nothing in it leads upwards or aside,
/// encoded or not. Else a public route could be the way into another.
#[must_use]
pub fn is_plain_path(path: &str) -> bool {
    let Some(parts) = path.strip_prefix('/') else { return false };
    let printable = path.bytes().all(|it| it.is_ascii_graphic() && it != b'\\');
    let lower = path.to_ascii_lowercase();
    let hidden = ["%2e", "%2f", "%5c", "%00", "%25"].iter().any(|it| lower.contains(it));
    let last = parts.split('/').count() - 1;
    let odd =
        |(at, part): (usize, &str)| part == "." || part == ".." || (part.is_empty() && at < last);
    printable && !hidden && !parts.split('/').enumerate().any(odd)
}

/// Reads `[[http]]`.
pub fn read_all(root: &Section<'_>) -> Vec<RouteDecl> {
    let mut routes: Vec<RouteDecl> = Vec::new();
    for entry in root.sections("http") {
        let Some(route) = read(&entry) else { continue };
        if routes.iter().any(|it| it.path == route.path) {
            entry.fault("path", Problem::new(format!("{} is declared twice", route.path)));
        }
        routes.push(route);
    }
    routes
}

fn read(entry: &Section<'_>) -> Option<RouteDecl> {
    let path = entry.needed("path", "\"/hook\"").and_then(|it| it.parse(RoutePath::parse));
    let methods = entry.needed("methods", "[\"POST\"]").map(|it| {
        if it.value().as_array().is_some_and(|list| list.is_empty()) {
            it.fault(Problem::new("names no method"));
        }
        it.parse_list(method)
    });
    let access = entry.needed("access", "\"signed-in\"").and_then(|it| it.parse(access));
    let timeout = entry.field("timeout").and_then(|it| it.parse(read_timeout));
    let body = entry.field("max_body").and_then(|it| it.parse(largest));
    entry.close();
    Some(RouteDecl {
        path: path?,
        methods: methods?.into_iter().collect(),
        access: access?,
        timeout,
        body: body.unwrap_or(Bytes(outboard_proto::limits::PAYLOAD_BYTES)),
    })
}

fn method(text: &str) -> Result<&'static str, Problem> {
    let refused = || Problem::new(format!("no such method: {text:?}")).hint("\"GET\" or \"POST\"");
    METHODS.into_iter().find(|it| *it == text).ok_or_else(refused)
}

fn access(text: &str) -> Result<Access, Problem> {
    match text {
        "public" => Ok(Access::Public),
        "signed-in" => Ok(Access::SignedIn),
        other => {
            Err(Problem::new(format!("no such access: {other:?}"))
                .hint("\"public\" or \"signed-in\""))
        }
    }
}

fn largest(text: &str) -> Result<Bytes, Problem> {
    let size = parse_size(text)?;
    match size > LARGEST {
        true => Err(Problem::new(format!("a body has at most {LARGEST}"))),
        false => Ok(size),
    }
}
