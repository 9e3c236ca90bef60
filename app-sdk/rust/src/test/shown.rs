//! What the double's plugins show, and what it answers to actions.
//!
//! It refuses to check anything: the daemon does.

use std::sync::Arc;

use outboard_proto::app::daemon_frame::Kind as Down;
use outboard_proto::app::{
    AssetRequest, Catalogue, CommandResult, DaemonFrame, UiAction, command_result,
};
use outboard_proto::common::{Failure, InteractionReply, Reason, UiContent, UiContribution};

use super::Daemon;
use super::script::{Double, Script};
use crate::app::{Asset, AssetError};

pub(super) type Actor = Arc<dyn Fn(&UiAction) -> Result<InteractionReply, Failure> + Send + Sync>;

impl Daemon {
    /// What plugins show.
    #[must_use]
    pub fn showing(self, contributions: impl IntoIterator<Item = UiContribution>) -> Self {
        self.script().shown = contributions.into_iter().collect();
        self
    }

    /// Answers actions.
    #[must_use]
    pub fn on_action<F>(self, act: F) -> Self
    where
        F: Fn(&UiAction) -> Result<InteractionReply, Failure> + Send + Sync + 'static,
    {
        self.script().actor = Some(Arc::new(act));
        self
    }

    /// Has a file, of any plugin.
    #[must_use]
    pub fn asset(self, sha256: &str, mime: &str, bytes: impl Into<bytes::Bytes>) -> Self {
        let asset = Asset { mime: mime.to_owned(), bytes: bytes.into() };
        self.script().assets.insert(sha256.to_owned(), asset);
        self
    }

    /// Has a component say something, to the session that is open.
    pub async fn say(&self, content: UiContent) {
        let session = self.script().session.clone();
        if let Some(session) = session {
            // An app that has just left hears nothing.
            let _ = session.send(DaemonFrame { kind: Some(Down::Ui(content)) }).await;
        }
    }
}

impl Double {
    pub(crate) fn asset(&self, request: &AssetRequest) -> Result<Asset, AssetError> {
        let found = self.script().assets.get(&request.sha256).cloned();
        let none = || AssetError::Unknown(format!("there is no asset {}", request.sha256));
        found.ok_or_else(none)
    }
}

impl Script {
    pub(super) fn catalogue(&self) -> Catalogue {
        let (commands, ui) = (self.commands.clone(), self.shown.clone());
        Catalogue { revision: 1, commands, ui, ..Catalogue::default() }
    }

    pub(super) fn act(&self, action: UiAction) -> CommandResult {
        let result = match &self.actor {
            Some(act) => act(&action),
            None => {
                let text = format!("nothing called {:?} is shown", action.component);
                Err(Failure::new(tonic::Code::NotFound, Reason::UnknownContribution, text))
            }
        };
        let result = match result {
            Ok(reply) => command_result::Result::Reply(reply),
            Err(failure) => command_result::Result::Failure(failure),
        };
        CommandResult {
            id: action.id,
            interaction_id: action.interaction_id,
            plugin: action.plugin,
            result: Some(result),
        }
    }
}
