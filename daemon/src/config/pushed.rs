//! Which permission a plugin needs to be handed which kind of frame: the table of
//! `outboard_proto::needs`, read while the daemon is compiled.
//!
//! It knows kinds; who was granted what, and where something happens, is routing's.

use super::permission::Permission;
use outboard_proto::needs::of_frame;

/// A kind of frame, and all that a plugin needs to be handed one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pushed {
    /// As people call it.
    pub kind: &'static str,
    /// What it needs.
    pub needs: [Option<Permission>; 2],
}

impl Pushed {
    /// The row of the table.
    const fn of(kind: &'static str) -> Pushed {
        let row = of_frame(kind);
        let mut needs = [None; 2];
        let mut at = 0;
        while at < row.needs.len() {
            needs[at] = Some(Permission::named(row.needs[at]));
            at += 1;
        }
        Pushed { kind: row.kind, needs }
    }

    /// What it needs first of all.
    ///
    /// # Panics
    /// It needs nothing; use it where the compiler evaluates it.
    pub const fn permission(&self) -> Permission {
        match self.needs[0] {
            Some(permission) => permission,
            None => panic!("this kind of frame needs no permission"),
        }
    }
}

macro_rules! rows {
    ($($(#[$doc:meta])* $name:ident = $kind:literal;)*) => {
        $($(#[$doc])* pub static $name: Pushed = const { Pushed::of($kind) };)*

        /// All that need anything or nothing, for whoever walks them.
        pub const ALL: &[&Pushed] = &[$(&$name,)*];
    };
}

rows! {
    /// message.before_post
    BEFORE_POST = "hook message.before_post";
    /// message.before_edit
    BEFORE_EDIT = "hook message.before_edit";
    /// message.before_delete
    BEFORE_DELETE = "hook message.before_delete";
    /// message.before_render
    BEFORE_RENDER = "hook message.before_render";
    /// reaction.before_add
    BEFORE_REACTION = "hook reaction.before_add";
    /// file.before_upload
    BEFORE_UPLOAD = "hook file.before_upload";
    /// user.before_join
    BEFORE_JOIN = "hook user.before_join";
    /// user.before_login
    BEFORE_LOGIN = "hook user.before_login";
    /// channel.before_create
    BEFORE_CREATE = "hook channel.before_create";
    /// What apps make up.
    CUSTOM_HOOK = "hook x.*";
    /// message.posted and the like
    MESSAGE = "event message.*";
    /// reaction.added and the like
    REACTION = "event reaction.*";
    /// member.joined and the like
    MEMBER = "event member.*";
    /// user.created and the like
    USER = "event user.*";
    /// channel.created and the like
    CHANNEL = "event channel.*";
    /// file.uploaded
    FILE = "event file.*";
    /// app.started
    APP = "event app.*";
    /// What apps make up.
    CUSTOM_EVENT = "event x.*";
    /// What plugins make up.
    PLUGIN_EVENT = "event plugin:*";
    /// What a plugin's own schedules say.
    SCHEDULE = "event schedule.*";
    /// Somebody runs a command.
    COMMAND = "command";
    /// Somebody runs a command on a message, which comes with it.
    COMMAND_ON_MESSAGE = "command on a message";
    /// Somebody types an argument.
    AUTOCOMPLETE = "autocomplete";
    /// Somebody uses a component.
    ACTION = "ui action";
    /// A request from outside.
    HTTP = "http";
}

/// The row of events of a type. What the daemon does not know needs what apps' own events need.
pub fn of_event(kind: &str) -> &'static Pushed {
    if kind.starts_with("plugin:") {
        return &PLUGIN_EVENT;
    }
    match kind.split_once('.').map_or("", |(subject, _)| subject) {
        "message" => &MESSAGE,
        "reaction" => &REACTION,
        "member" => &MEMBER,
        "user" => &USER,
        "channel" => &CHANNEL,
        "file" => &FILE,
        "app" => &APP,
        "schedule" => &SCHEDULE,
        _ => &CUSTOM_EVENT,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use outboard_proto::needs::FRAMES;

    // I78
    #[test]
    fn every_kind_of_frame_that_needs_something_is_asked_for_somewhere() {
        let missing: Vec<&str> = FRAMES
            .iter()
            .filter(|row| !row.needs.is_empty() && !ALL.iter().any(|it| it.kind == row.kind))
            .map(|row| row.kind)
            .collect();
        assert_eq!(missing, [""; 0]);
    }
}
