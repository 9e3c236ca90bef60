//! The names people give: plugins, commands, environment variables. A value of these types has
//! passed its rules; it knows no plugin.

use super::fault::Problem;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Names the registry's addresses use for something else.
const RESERVED: [&str; 5] = ["search", "featured", "submit", "categories", "latest"];

/// A plugin's name: `[a-z][a-z0-9-]{0,38}[a-z0-9]`, optionally after a publisher's and a dot. It is
/// safe as one part of a path.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PluginName(Arc<str>);

impl PluginName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PluginName {
    type Err = Problem;

    fn from_str(text: &str) -> Result<PluginName, Problem> {
        let (publisher, name) = match text.split_once('.') {
            Some((publisher, name)) => (Some(publisher), name),
            None => (None, text),
        };
        for part in publisher.into_iter().chain([name]) {
            check_plugin_part(text, part)?;
        }
        Ok(PluginName(text.into()))
    }
}

fn check_plugin_part(whole: &str, part: &str) -> Result<(), Problem> {
    let lower = |byte: u8| byte.is_ascii_lowercase();
    let inner = |byte: u8| lower(byte) || byte.is_ascii_digit() || byte == b'-';
    let bytes = part.as_bytes();
    let ends_well = bytes.first().is_some_and(|it| lower(*it))
        && bytes.last().is_some_and(|it| lower(*it) || it.is_ascii_digit());
    if !(2..=40).contains(&bytes.len()) || !ends_well || !bytes.iter().all(|it| inner(*it)) {
        let shape = "2 to 40 of a-z, 0-9 and -, a letter first, no - last; a publisher's name and \
                     a dot may stand before it";
        return Err(Problem::new(format!("{whole:?} is not a plugin name")).hint(shape));
    }
    if RESERVED.contains(&part) {
        return Err(Problem::new(format!("the name {part} is reserved")));
    }
    Ok(())
}

/// A slash command's name, without the slash: `[a-z][a-z0-9_-]{0,31}`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommandName(Arc<str>);

impl CommandName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for CommandName {
    type Err = Problem;

    fn from_str(text: &str) -> Result<CommandName, Problem> {
        let inner = |it: &u8| it.is_ascii_lowercase() || it.is_ascii_digit() || b"_-".contains(it);
        let bytes = text.as_bytes();
        let begins_well = bytes.first().is_some_and(u8::is_ascii_lowercase);
        if !begins_well || bytes.len() > 32 || !bytes.iter().all(inner) {
            return Err(Problem::new(format!("{text:?} is not a command name"))
                .hint("1 to 32 of a-z, 0-9, _ and -, a letter first, no slash"));
        }
        Ok(CommandName(text.into()))
    }
}

/// The name of an environment variable a plugin may be given.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EnvName(Arc<str>);

impl EnvName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for EnvName {
    type Err = Problem;

    fn from_str(text: &str) -> Result<EnvName, Problem> {
        let inner = |it: &u8| it.is_ascii_alphanumeric() || *it == b'_';
        let bytes = text.as_bytes();
        let begins_well = bytes.first().is_some_and(|it| !it.is_ascii_digit());
        if !begins_well || bytes.len() > 255 || !bytes.iter().all(inner) {
            return Err(Problem::new(format!("{text:?} is not the name of a variable")));
        }
        match forbidden_because(text) {
            Some(reason) => Err(Problem::new(format!("{text} never reaches a plugin: {reason}"))),
            None => Ok(EnvName(text.into())),
        }
    }
}

/// Variables that would change what is loaded into a plugin, or let it speak as the daemon.
fn forbidden_because(name: &str) -> Option<&'static str> {
    let begins = |prefix: &str| name.starts_with(prefix);
    if begins("LD_") {
        return Some("it changes what the loader loads");
    }
    if name == "NOTIFY_SOCKET" || begins("LISTEN_") || begins("WATCHDOG_") {
        return Some("it is the daemon's line to systemd");
    }
    if name == "CREDENTIALS_DIRECTORY" {
        return Some("it leads to the daemon's secrets");
    }
    begins("OUTBOARD_").then_some("the daemon sets these itself")
}

macro_rules! shows_as_text {
    ($($name:ty),*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    )*};
}

shows_as_text!(PluginName, CommandName, EnvName);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plugin_names_are_safe_as_a_part_of_a_path() {
        for good in ["ab", "moderator", "acme.word-filter", "a1", &"x".repeat(40)] {
            assert!(good.parse::<PluginName>().is_ok(), "{good}");
        }
        let bad = ["a", "", "A", "1a", "a-", "-a", "..", "../up", "a/b", "a.b.c", ".a", "é", "a b"];
        for bad in bad.iter().copied().chain([&*"x".repeat(41)]) {
            assert!(bad.parse::<PluginName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn addresses_of_the_registry_are_reserved() {
        for name in ["search", "featured", "submit", "categories", "latest", "acme.latest"] {
            let problem = name.parse::<PluginName>().unwrap_err();
            assert!(problem.message.contains("reserved"), "{name}");
        }
    }

    #[test]
    fn variables_that_speak_for_the_daemon_are_forbidden() {
        let names = [
            "LD_PRELOAD",
            "NOTIFY_SOCKET",
            "LISTEN_FDS",
            "WATCHDOG_USEC",
            "CREDENTIALS_DIRECTORY",
            "OUTBOARD_TOKEN",
            "1X",
            "A=B",
            "",
        ];
        for name in names {
            assert!(name.parse::<EnvName>().is_err(), "{name}");
        }
        assert!("LANG".parse::<EnvName>().is_ok());
    }
}
