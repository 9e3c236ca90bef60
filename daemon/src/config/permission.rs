//! What a plugin may be allowed to do, and what an operator granted. It knows the words; which call
//! or frame needs which permission is the API's to say.

use super::fault::Problem;
use super::nearest::nearest;
use super::scope::{Scope, parse_scoped};
use outboard_proto::needs::is_same;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// One `resource:action`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Permission { $($(#[$doc])* $name,)* }

        impl Permission {
            /// All there are, in the order they are listed to people.
            pub const ALL: &'static [Permission] = &[$(Permission::$name,)*];

            /// The permission of a word, where the compiler asks.
            ///
            /// # Panics
            /// There is none.
            pub const fn named(text: &str) -> Permission {
                let mut at = 0;
                while at < Permission::ALL.len() {
                    if is_same(Permission::ALL[at].as_str(), text) {
                        return Permission::ALL[at];
                    }
                    at += 1;
                }
                panic!("no such permission")
            }

            /// `resource:action`, as manifests, commands and errors write it.
            pub const fn as_str(self) -> &'static str {
                match self { $(Permission::$name => $text,)* }
            }
        }
    };
}

permissions! {
    /// Be sent messages and events about them.
    MessagesRead = "messages:read",
    /// Change or refuse messages before they are stored.
    MessagesIntercept = "messages:intercept",
    /// Release and drop what other plugins hold.
    MessagesHold = "messages:hold",
    /// Refuse uploads before they are stored.
    FilesIntercept = "files:intercept",
    /// Refuse joins and logins.
    UsersIntercept = "users:intercept",
    /// Refuse channels before they are created.
    ChannelsIntercept = "channels:intercept",
    /// Answer hooks that the app made up.
    AppIntercept = "app:intercept",
    /// Write messages as the plugin's bot.
    MessagesSend = "messages:send",
    /// Edit and delete what others have written.
    MessagesManage = "messages:manage",
    /// Read what was written before the plugin listened.
    MessagesHistory = "messages:history",
    /// Look at and download files.
    FilesRead = "files:read",
    /// Upload and attach files.
    FilesWrite = "files:write",
    /// Look people up.
    UsersRead = "users:read",
    /// Warn, mute, kick, ban.
    UsersModerate = "users:moderate",
    /// Look channels up.
    ChannelsRead = "channels:read",
    /// Create channels, invite, pin, set topics.
    ChannelsManage = "channels:manage",
    /// Own slash commands.
    CommandsOwn = "commands:own",
    /// Tell others of events of its own making.
    EventsEmit = "events:emit",
    /// Read the plugin's own storage.
    StorageRead = "storage:read",
    /// Write the plugin's own storage.
    StorageWrite = "storage:write",
    /// Call methods of the plugins named with it.
    PluginsCall = "plugins:call",
    /// Answer requests from outside that the app passes on.
    HttpServe = "http:serve",
    /// Show components, menu items and forms in the app.
    UiContribute = "ui:contribute",
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Permission {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Permission, Problem> {
        let known = || Permission::ALL.iter().copied();
        known().find(|it| it.as_str() == text).ok_or_else(|| {
            let problem = Problem::new(format!("no such permission: {text}"));
            match nearest(text, known().map(Permission::as_str)) {
                Some(hint) => problem.hint(hint),
                None => problem,
            }
        })
    }
}

/// What the operator said about a plugin's permissions.
#[derive(Debug, Clone, PartialEq)]
pub enum Grants {
    /// Whatever the manifest asks for, optional ones included.
    Asked,
    /// Nothing.
    None,
    /// These, as far as the manifest asks for them, each within its limits.
    List(BTreeMap<Permission, Scope>),
}

impl Grants {
    /// The limits of a permission; nothing if it is not granted.
    pub fn scope_of(&self, permission: Permission) -> Option<Scope> {
        match self {
            Grants::Asked => Some(Scope::default()),
            Grants::None => None,
            Grants::List(list) => list.get(&permission).cloned(),
        }
    }

    /// A list of them.
    ///
    /// # Errors
    /// One of them stands there twice.
    pub fn list(of: impl IntoIterator<Item = (Permission, Scope)>) -> Result<Grants, Problem> {
        let mut list = BTreeMap::new();
        for (permission, scope) in of {
            if list.insert(permission, scope).is_some() {
                return Err(Problem::new(format!("{permission} is granted twice"))
                    .hint(format!("{permission}@channels=town-*|id:C1")));
            }
        }
        Ok(Grants::List(list))
    }
}

impl fmt::Display for Grants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Grants::Asked => f.write_str("asked"),
            Grants::None => f.write_str("none"),
            Grants::List(list) if list.is_empty() => f.write_str("none"),
            Grants::List(list) => {
                let names: Vec<String> =
                    list.iter().map(|(permission, scope)| format!("{permission}{scope}")).collect();
                f.write_str(&names.join(","))
            }
        }
    }
}

impl FromStr for Grants {
    type Err = Problem;

    /// Reads `asked`, `none` or a list with commas, as the command line and the store write it.
    fn from_str(text: &str) -> Result<Grants, Problem> {
        match text {
            "asked" => Ok(Grants::Asked),
            "none" | "" => Ok(Grants::None),
            list => {
                let scoped = list.split(',').map(|it| parse_scoped(it.trim()));
                Grants::list(scoped.collect::<Result<Vec<_>, _>>()?)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grants_read_back_as_they_are_shown() {
        let limited = "messages:send@channels=town-*|id:C1,commands:own";
        for text in ["asked", "none", limited] {
            assert_eq!(text.parse::<Grants>().unwrap().to_string(), text);
        }
        let twice = "messages:send,messages:send@channels=a".parse::<Grants>();
        assert!(twice.unwrap_err().to_string().contains("twice"));
    }

    #[test]
    fn an_unknown_permission_names_the_nearest() {
        let problem = "mesages:send".parse::<Permission>().unwrap_err();
        assert_eq!(problem.hint.unwrap(), "did you mean messages:send?");
    }
}
