//! What the program was told: arguments by the test, environment by the daemon.
//!
//! It refuses to know which sins there are.

use std::path::PathBuf;

use outboard_proto::plugin::{Handler, HandlerKind};

/// The command line.
#[derive(Debug, Clone)]
pub struct Arguments {
    /// The sin, `good` for none.
    pub sin: String,
    /// The version it claims.
    pub version: String,
    /// The handlers it registers.
    pub handlers: Vec<Handler>,
    /// Whatever else stands there.
    pub rest: Vec<String>,
}

impl Arguments {
    /// Reads the command line behind the program's name.
    pub fn read(mut arguments: impl Iterator<Item = String>) -> Self {
        let sin = arguments.next().unwrap_or_else(|| "good".to_owned());
        let mut read =
            Self { sin, version: "1.0.0".to_owned(), handlers: Vec::new(), rest: Vec::new() };
        for argument in arguments {
            if let Some(version) = argument.strip_prefix("--version=") {
                version.clone_into(&mut read.version);
            } else if let Some(handlers) = argument.strip_prefix("--handlers=") {
                read.handlers = handlers.split(',').filter_map(handler).collect();
            } else {
                read.rest.push(argument);
            }
        }
        read
    }
}

/// A handler written as `hook:message.before_post`.
pub fn handler(text: &str) -> Option<Handler> {
    let (kind, name) = text.split_once(':')?;
    let kind = match kind {
        "hook" => HandlerKind::Hook,
        "event" => HandlerKind::Event,
        "command" => HandlerKind::Command,
        "schedule" => HandlerKind::Schedule,
        "method" => HandlerKind::PluginCall,
        "http" => HandlerKind::Http,
        _ => return None,
    };
    Some(Handler { kind: kind.into(), name: name.to_owned() })
}

/// What the daemon put into the environment.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// OUTBOARD_SOCKET.
    pub socket: PathBuf,
    /// OUTBOARD_TOKEN.
    pub token: String,
    /// OUTBOARD_PLUGIN.
    pub name: String,
    /// OUTBOARD_DATA_DIR.
    pub data: PathBuf,
}

impl Surroundings {
    /// Reads the environment; the name of what is missing otherwise.
    pub fn read() -> Result<Self, &'static str> {
        let var = |name: &'static str| std::env::var(name).map_err(|_| name);
        Ok(Self {
            socket: var("OUTBOARD_SOCKET")?.into(),
            token: var("OUTBOARD_TOKEN")?,
            name: var("OUTBOARD_PLUGIN")?,
            data: var("OUTBOARD_DATA_DIR")?.into(),
        })
    }
}
