//! Which hooks there are, and what is true of each of them: who may be asked, how long it may take,
//! which answers count. It refuses to know plugins and pipelines.

use crate::config::fault::Problem;
use crate::config::nearest::nearest;
use crate::config::permission::Permission;
use crate::config::pushed::{self, Pushed};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

/// A named point in the app where plugins are asked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hook {
    /// `message.before_post`.
    BeforePost,
    /// `message.before_edit`.
    BeforeEdit,
    /// `message.before_delete`.
    BeforeDelete,
    /// `message.before_render`.
    BeforeRender,
    /// `reaction.before_add`.
    BeforeReaction,
    /// `file.before_upload`.
    BeforeUpload,
    /// `user.before_join`.
    BeforeJoin,
    /// `user.before_login`.
    BeforeLogin,
    /// `channel.before_create`.
    BeforeCreate,
    /// `x.<app>.<name>`.
    Custom(CustomHook),
}

/// The name of a hook that an app made up: `x.<app>.<name>`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CustomHook(Arc<str>);

/// What an interceptor may answer besides going on and refusing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// Go on with something else.
    Replace,
    /// Take care of it.
    Handle,
    /// Set it aside; a validator may, too.
    Hold,
}

/// Beyond it a name is no id.
const LONGEST_NAME: usize = 255;
/// How long a pipeline may take where the app says nothing.
const BUDGET: Duration = Duration::from_secs(1);
/// The same, where people expect to wait: files are looked at.
const UPLOAD_BUDGET: Duration = Duration::from_secs(10);
/// How long one interceptor may take that says nothing of its own.
const TIMEOUT: Duration = Duration::from_millis(500);
/// The same for uploads.
const UPLOAD_TIMEOUT: Duration = Duration::from_secs(5);

impl Hook {
    /// All that every daemon knows; those that apps make up come besides.
    pub const KNOWN: [Hook; 9] = [
        Hook::BeforePost,
        Hook::BeforeEdit,
        Hook::BeforeDelete,
        Hook::BeforeRender,
        Hook::BeforeReaction,
        Hook::BeforeUpload,
        Hook::BeforeJoin,
        Hook::BeforeLogin,
        Hook::BeforeCreate,
    ];

    /// As manifests, apps and people write it.
    pub fn as_str(&self) -> &str {
        match self {
            Hook::BeforePost => "message.before_post",
            Hook::BeforeEdit => "message.before_edit",
            Hook::BeforeDelete => "message.before_delete",
            Hook::BeforeRender => "message.before_render",
            Hook::BeforeReaction => "reaction.before_add",
            Hook::BeforeUpload => "file.before_upload",
            Hook::BeforeJoin => "user.before_join",
            Hook::BeforeLogin => "user.before_login",
            Hook::BeforeCreate => "channel.before_create",
            Hook::Custom(name) => &name.0,
        }
    }

    /// What a plugin must be granted to be asked.
    pub fn permission(&self) -> Permission {
        self.pushed().permission()
    }

    /// Its row in the table of what needs which permission.
    pub fn pushed(&self) -> &'static Pushed {
        match self {
            Hook::BeforePost => &pushed::BEFORE_POST,
            Hook::BeforeEdit => &pushed::BEFORE_EDIT,
            Hook::BeforeDelete => &pushed::BEFORE_DELETE,
            Hook::BeforeRender => &pushed::BEFORE_RENDER,
            Hook::BeforeReaction => &pushed::BEFORE_REACTION,
            Hook::BeforeUpload => &pushed::BEFORE_UPLOAD,
            Hook::BeforeJoin => &pushed::BEFORE_JOIN,
            Hook::BeforeLogin => &pushed::BEFORE_LOGIN,
            Hook::BeforeCreate => &pushed::BEFORE_CREATE,
            Hook::Custom(_) => &pushed::CUSTOM_HOOK,
        }
    }

    /// How long its pipeline may take where the app says nothing.
    pub fn budget(&self) -> Duration {
        match self {
            Hook::BeforeUpload => UPLOAD_BUDGET,
            Hook::BeforePost
            | Hook::BeforeEdit
            | Hook::BeforeDelete
            | Hook::BeforeRender
            | Hook::BeforeReaction
            | Hook::BeforeJoin
            | Hook::BeforeLogin
            | Hook::BeforeCreate
            | Hook::Custom(_) => BUDGET,
        }
    }

    /// How long one interceptor may take that says nothing of its own.
    pub fn timeout(&self) -> Duration {
        if *self == Hook::BeforeUpload { UPLOAD_TIMEOUT } else { TIMEOUT }
    }

    /// Whether an interceptor may answer so.
    pub fn allows(&self, deed: Deed) -> bool {
        match (self, deed) {
            (Hook::BeforePost | Hook::BeforeEdit | Hook::Custom(_), _) => true,
            (Hook::BeforeRender, deed) => deed == Deed::Replace,
            // Nobody waits at a login for somebody to decide.
            (Hook::BeforeLogin, deed) => deed == Deed::Handle,
            (
                Hook::BeforeDelete
                | Hook::BeforeReaction
                | Hook::BeforeUpload
                | Hook::BeforeJoin
                | Hook::BeforeCreate,
                deed,
            ) => deed != Deed::Replace,
        }
    }

    /// Whether it is about messages, so that their text can be matched.
    pub fn has_text(&self) -> bool {
        matches!(
            self,
            Hook::BeforePost | Hook::BeforeEdit | Hook::BeforeDelete | Hook::BeforeRender
        )
    }

    /// Whether it is somebody's doing.
    pub fn has_sender(&self) -> bool {
        !matches!(self, Hook::Custom(_))
    }

    /// Whether it happens in a channel.
    pub fn has_channel(&self) -> bool {
        !matches!(self, Hook::BeforeLogin | Hook::Custom(_))
    }
}

impl CustomHook {
    fn parse(text: &str) -> Option<CustomHook> {
        let (app, name) = text.strip_prefix("x.")?.split_once('.')?;
        let plain = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || "-_".contains(it);
        let word = |part: &str| !part.is_empty() && part.chars().all(plain);
        (text.len() <= LONGEST_NAME && word(app) && word(name)).then(|| CustomHook(text.into()))
    }
}

impl FromStr for Hook {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Hook, Problem> {
        if let Some(hook) = Hook::KNOWN.into_iter().find(|it| it.as_str() == text) {
            return Ok(hook);
        }
        if let Some(custom) = CustomHook::parse(text) {
            return Ok(Hook::Custom(custom));
        }
        let problem = Problem::new(format!("no such hook: {text:?}"));
        if text.starts_with("x.") {
            return Err(problem.hint("a hook of an app is x.<app>.<name>, of a-z, 0-9, - and _"));
        }
        let known = || Hook::KNOWN.iter().map(Hook::as_str);
        Err(match nearest(text, known()) {
            Some(hint) => problem.hint(hint),
            None => problem.hint(known().collect::<Vec<_>>().join(", ")),
        })
    }
}

impl fmt::Display for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
