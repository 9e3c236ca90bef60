//! How far a value counts, and which values meet at one place. It knows names, not values.

/// How far a value counts, the widest first: the narrower one wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ScopeKind {
    /// Everywhere.
    Server,
    /// In one workspace.
    Workspace,
    /// In one channel.
    Channel,
    /// For one person in a workspace.
    User,
}

impl ScopeKind {
    /// All of them, the widest first.
    pub const ALL: [Self; 4] = [Self::Server, Self::Workspace, Self::Channel, Self::User];

    /// As manifests, schemas and the store say it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Workspace => "workspace",
            Self::Channel => "channel",
            Self::User => "user",
        }
    }

    /// The scope that a word names.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

/// Where a value is kept. An empty workspace is the only one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Everywhere.
    Server,
    /// In a workspace.
    Workspace(String),
    /// In a channel of a workspace.
    Channel(String, String),
    /// For a person in a workspace.
    User(String, String),
}

impl Scope {
    /// How far it reaches.
    #[must_use]
    pub fn kind(&self) -> ScopeKind {
        match self {
            Self::Server => ScopeKind::Server,
            Self::Workspace(_) => ScopeKind::Workspace,
            Self::Channel(..) => ScopeKind::Channel,
            Self::User(..) => ScopeKind::User,
        }
    }

    /// Its workspace and whose it is there; empty where that says nothing.
    #[must_use]
    pub fn names(&self) -> (&str, &str) {
        match self {
            Self::Server => ("", ""),
            Self::Workspace(workspace) => (workspace, ""),
            Self::Channel(workspace, id) | Self::User(workspace, id) => (workspace, id),
        }
    }

    /// From its parts, as they were kept.
    #[must_use]
    pub fn of(kind: ScopeKind, workspace: String, id: String) -> Self {
        match kind {
            ScopeKind::Server => Self::Server,
            ScopeKind::Workspace => Self::Workspace(workspace),
            ScopeKind::Channel => Self::Channel(workspace, id),
            ScopeKind::User => Self::User(workspace, id),
        }
    }

    /// The place where this is the narrowest that counts.
    #[must_use]
    pub fn place(&self) -> Place {
        let (workspace, id) = self.names();
        let (workspace, id) = (workspace.to_owned(), id.to_owned());
        match self.kind() {
            ScopeKind::Server => Place::default(),
            ScopeKind::Workspace => Place { workspace: Some(workspace), ..Place::default() },
            ScopeKind::Channel => {
                Place { workspace: Some(workspace), channel: Some(id), ..Place::default() }
            }
            ScopeKind::User => {
                Place { workspace: Some(workspace), user: Some(id), ..Place::default() }
            }
        }
    }
}

impl std::fmt::Display for Scope {
    /// "server", "channel town-square of acme".
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.kind().as_str())?;
        match self.names() {
            ("", "") => Ok(()),
            (workspace, "") => write!(f, " {workspace}"),
            ("", id) => write!(f, " {id}"),
            (workspace, id) => write!(f, " {id} of {workspace}"),
        }
    }
}

/// Where something happens, as far as it is known: there, several scopes meet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// None = nowhere in particular: only what is set for the server counts.
    pub workspace: Option<String>,
    /// The channel's id.
    pub channel: Option<String>,
    /// The user's id.
    pub user: Option<String>,
}

impl Place {
    /// A place in a workspace, as an API names it: empty means not named.
    #[must_use]
    pub fn named(workspace: &str, channel: &str, user: &str) -> Self {
        let some = |id: &str| (!id.is_empty()).then(|| id.to_owned());
        let workspace = Some(workspace.to_owned());
        Self { workspace, channel: some(channel), user: some(user) }
    }

    /// The scopes that count here, the widest first.
    #[must_use]
    pub fn scopes(&self) -> Vec<Scope> {
        let mut scopes = vec![Scope::Server];
        let Some(workspace) = &self.workspace else { return scopes };
        scopes.push(Scope::Workspace(workspace.clone()));
        scopes.extend(self.channel.iter().map(|id| Scope::Channel(workspace.clone(), id.clone())));
        scopes.extend(self.user.iter().map(|id| Scope::User(workspace.clone(), id.clone())));
        scopes
    }
}
