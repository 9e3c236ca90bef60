//! What an app says of itself when it connects.
//!
//! It refuses to know what the daemon answers.

use std::path::Path;

use outboard_proto::app::AppHello;

use super::App;

/// What an app says of itself.
#[derive(Debug, Clone)]
pub struct AppDraft {
    /// The first frame.
    pub hello: AppHello,
}

impl Default for AppDraft {
    fn default() -> Self {
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        let hooks = ["message.before_post", "message.before_edit", "message.before_delete"];
        let hello = AppHello {
            protocol: outboard_proto::PROTOCOL.to_owned(),
            app: "test-chat".to_owned(),
            version: "1.0.0".to_owned(),
            node: "n1".to_owned(),
            epoch: 1,
            hooks: owned(&hooks),
            events: owned(&["message.posted", "member.joined"]),
            operations: owned(&["messages.send", "interactions.follow_up", "held.decide"]),
            dedupe: true,
            features: owned(&["chunks"]),
            ..AppHello::default()
        };
        Self { hello }
    }
}

impl AppDraft {
    /// One more hook that it calls.
    #[must_use]
    pub fn calls(mut self, hook: &str) -> Self {
        self.hello.hooks.push(hook.to_owned());
        self
    }

    /// Another node or epoch.
    #[must_use]
    pub fn node(mut self, node: &str, epoch: u64) -> Self {
        node.clone_into(&mut self.hello.node);
        self.hello.epoch = epoch;
        self
    }

    /// An app that carries out all there is.
    #[must_use]
    pub fn able(mut self) -> Self {
        let names = outboard_proto::operations::OPERATIONS.iter().map(|row| row.name.to_owned());
        self.hello.operations = names.collect();
        self
    }

    /// An app that carries out nothing.
    #[must_use]
    pub fn idle(mut self) -> Self {
        self.hello.operations.clear();
        self
    }

    /// Connects.
    ///
    /// # Errors
    /// The daemon's refusal.
    pub async fn connect(self, socket: &Path) -> anyhow::Result<App> {
        App::connect(self, socket).await
    }
}
