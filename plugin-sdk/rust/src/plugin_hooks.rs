//! Handlers of the hooks besides a message's own.
//!
//! It registers them; how they are called is the session's business.

use crate::handlers::{HookHandler, hook_handler};
use crate::hook::{
    BEFORE_CREATE, BEFORE_JOIN, BEFORE_LOGIN, BEFORE_REACTION, BEFORE_RENDER, BEFORE_UPLOAD,
    BeforeCreate, BeforeJoin, BeforeLogin, BeforeReaction, BeforeRender, BeforeUpload, Custom,
};
use crate::outcome::Outcome;
use crate::plugin::Plugin;
use crate::verdict::Verdict;

impl Plugin {
    /// Asked before messages are shown to somebody: `message.before_render`.
    /// Needs `messages:intercept`.
    pub fn before_render<R: Outcome<Verdict> + 'static>(
        self,
        handler: impl AsyncFn(BeforeRender) -> R + 'static,
    ) -> Self {
        self.hook(BEFORE_RENDER, hook_handler(BeforeRender::read, handler))
    }

    /// Asked before a reaction is added: `reaction.before_add`.
    /// Needs `messages:intercept`.
    pub fn before_reaction<R: Outcome<Verdict> + 'static>(
        self,
        handler: impl AsyncFn(BeforeReaction) -> R + 'static,
    ) -> Self {
        self.hook(BEFORE_REACTION, hook_handler(BeforeReaction::read, handler))
    }

    /// Asked before a file is stored: `file.before_upload`.
    /// Needs `files:intercept`.
    pub fn before_upload<R: Outcome<Verdict> + 'static>(
        self,
        handler: impl AsyncFn(BeforeUpload) -> R + 'static,
    ) -> Self {
        self.hook(BEFORE_UPLOAD, hook_handler(BeforeUpload::read, handler))
    }

    /// Asked before somebody joins a channel: `user.before_join`.
    /// Needs `users:intercept`.
    pub fn before_join<R: Outcome<Verdict> + 'static>(
        self,
        handler: impl AsyncFn(BeforeJoin) -> R + 'static,
    ) -> Self {
        self.hook(BEFORE_JOIN, hook_handler(BeforeJoin::read, handler))
    }

    /// Asked before somebody logs in: `user.before_login`.
    /// Needs `users:intercept`.
    pub fn before_login<R: Outcome<Verdict> + 'static>(
        self,
        handler: impl AsyncFn(BeforeLogin) -> R + 'static,
    ) -> Self {
        self.hook(BEFORE_LOGIN, hook_handler(BeforeLogin::read, handler))
    }

    /// Asked before a channel is created: `channel.before_create`.
    /// Needs `channels:intercept`.
    pub fn before_create<R: Outcome<Verdict> + 'static>(
        self,
        handler: impl AsyncFn(BeforeCreate) -> R + 'static,
    ) -> Self {
        self.hook(BEFORE_CREATE, hook_handler(BeforeCreate::read, handler))
    }

    /// Asked at a hook that an app made up, named `x.<app>.<name>`. Needs `app:intercept`.
    pub fn custom<R: Outcome<Verdict> + 'static>(
        self,
        hook: impl Into<String>,
        handler: impl AsyncFn(Custom) -> R + 'static,
    ) -> Self {
        self.hook(hook, hook_handler(Custom::read, handler))
    }

    fn hook(mut self, name: impl Into<String>, handler: HookHandler) -> Self {
        self.handlers.hooks.add(name, handler);
        self
    }
}
