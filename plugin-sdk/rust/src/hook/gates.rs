//! Hooks besides a message's own: what is about to be shown, reacted, uploaded, joined, logged in
//! to or created, and what an app made up.
//!
//! It refuses to know sessions, and what becomes of a verdict.

use std::sync::LazyLock;
use std::time::Duration;

use outboard_proto::common as wire;
use wire::hook_payload::Of;

use crate::body;
use crate::context::Context;
use crate::held::Hold;
use crate::subject::{channel_of, sender_of};
use crate::verdict::{Rejection, Verdict};

/// What hooks have in common: the payload, the context, going on and stopping.
macro_rules! gates {
    ($($(#[$doc:meta])* $gate:ident($field:ident: $held:ty as $of:ty) = $branch:ident,)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $gate {
            $field: $held,
            ctx: Context,
        }

        impl $gate {
            pub(crate) fn read(payload: wire::HookPayload, ctx: Context) -> Option<Self> {
                match payload.of {
                    Some(Of::$branch($field)) => Some(Self { $field, ctx }),
                    _ => None,
                }
            }

            /// Everything about it.
            #[must_use]
            pub fn $field(&self) -> &$of {
                &self.$field
            }

            /// The time that is left, and what a handler may ask of the host.
            #[must_use]
            pub fn ctx(&self) -> &Context {
                &self.ctx
            }

            /// Go on, nothing changed.
            #[must_use]
            pub fn pass(&self) -> Verdict {
                Verdict::pass()
            }

            /// Stop here, telling why.
            #[must_use]
            pub fn reject(&self, why: impl Into<Rejection>) -> Verdict {
                Verdict::reject(why)
            }
        }
    )*};
}

gates! {
    /// Messages about to be shown to one reader.
    BeforeRender(batch: Box<wire::Batch> as wire::Batch) = BeforeRender,
    /// A reaction about to be added.
    BeforeReaction(reaction: Box<wire::Reaction> as wire::Reaction) = BeforeReaction,
    /// A file about to be uploaded. Its content stays with the app.
    BeforeUpload(upload: Box<wire::Upload> as wire::Upload) = BeforeUpload,
    /// Somebody about to join a channel.
    BeforeJoin(join: Box<wire::Join> as wire::Join) = BeforeJoin,
    /// Somebody about to log in.
    BeforeLogin(login: Box<wire::Login> as wire::Login) = BeforeLogin,
    /// A channel about to be created.
    BeforeCreate(draft: Box<wire::ChannelDraft> as wire::ChannelDraft) = BeforeCreate,
    /// Something that only the app knows, `x.<app>.<name>`.
    Custom(custom: wire::Custom as wire::Custom) = Custom,
}

/// Of gates where somebody can wait for a decision.
macro_rules! holding {
    ($($gate:ident),*) => {$(
        impl $gate {
            /// Set it aside in a queue until somebody decides; dropped by itself after `expires`.
            /// See [`Hold`] for more to say of it.
            #[must_use]
            pub fn hold(&self, queue: impl Into<String>, expires: Duration) -> Verdict {
                Verdict::hold(Hold::new(queue, expires))
            }
        }
    )*};
}

holding!(BeforeReaction, BeforeUpload, BeforeJoin, BeforeCreate, Custom);

impl BeforeRender {
    /// Who is about to read them.
    #[must_use]
    pub fn reader(&self) -> &wire::Sender {
        sender_of(self.batch.reader.as_ref())
    }

    /// Show other texts, of the same kinds, where `text` gives one; what cannot be changed is left
    /// as it is.
    #[must_use]
    pub fn rewrite(&self, text: impl Fn(&str) -> String) -> Verdict {
        let mut batch = self.batch.clone();
        for message in batch.messages.iter_mut().filter(|message| can_change(message)) {
            let new = text(body::text_of(message.body.as_ref()));
            if new != body::text_of(message.body.as_ref()) {
                message.body = Some(body::with_text(message.body.as_ref(), new));
            }
        }
        if batch == self.batch {
            return Verdict::pass();
        }
        Verdict::replace(Of::BeforeRender(batch))
    }
}

fn can_change(message: &wire::Message) -> bool {
    let content = message.body.as_ref().and_then(|body| body.content.as_ref());
    message.mutable && !matches!(content, Some(wire::body::Content::Opaque(_)))
}

impl BeforeReaction {
    /// Such as `👍`.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.reaction.reaction
    }

    /// Where the message stands.
    #[must_use]
    pub fn channel(&self) -> &wire::Channel {
        channel_of(self.reaction.channel.as_ref())
    }

    /// Who reacts.
    #[must_use]
    pub fn sender(&self) -> &wire::Sender {
        sender_of(self.reaction.sender.as_ref())
    }
}

static NO_FILE: LazyLock<wire::Attachment> = LazyLock::new(wire::Attachment::default);

impl BeforeUpload {
    /// Its name, kind, size and hash.
    #[must_use]
    pub fn file(&self) -> &wire::Attachment {
        self.upload.file.as_ref().unwrap_or(&NO_FILE)
    }

    /// Where it is about to stand.
    #[must_use]
    pub fn channel(&self) -> &wire::Channel {
        channel_of(self.upload.channel.as_ref())
    }

    /// Who uploads it.
    #[must_use]
    pub fn sender(&self) -> &wire::Sender {
        sender_of(self.upload.sender.as_ref())
    }
}

impl BeforeJoin {
    /// Who joins.
    #[must_use]
    pub fn user(&self) -> &wire::Sender {
        sender_of(self.join.user.as_ref())
    }

    /// What is joined.
    #[must_use]
    pub fn channel(&self) -> &wire::Channel {
        channel_of(self.join.channel.as_ref())
    }
}

impl BeforeLogin {
    /// Who logs in.
    #[must_use]
    pub fn user(&self) -> &wire::Sender {
        sender_of(self.login.user.as_ref())
    }
}

impl BeforeCreate {
    /// The channel as it would be.
    #[must_use]
    pub fn channel(&self) -> &wire::Channel {
        channel_of(self.draft.channel.as_ref())
    }

    /// Who creates it.
    #[must_use]
    pub fn by(&self) -> &wire::Sender {
        sender_of(self.draft.by.as_ref())
    }
}

impl Custom {
    /// The hook, `x.<app>.<name>`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.custom.name
    }

    /// What the app says about it.
    #[must_use]
    pub fn json(&self) -> &str {
        &self.custom.json
    }

    /// Go on with other JSON. The same changes nothing.
    #[must_use]
    pub fn rewrite(&self, json: impl Into<String>) -> Verdict {
        let json = json.into();
        if json == self.custom.json {
            return Verdict::pass();
        }
        Verdict::replace(Of::Custom(wire::Custom { json, ..self.custom.clone() }))
    }
}
