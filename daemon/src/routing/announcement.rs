//! What the daemon itself says in a channel: a message of a bot that is no plugin.
//!
//! It refuses to know what is said, and whether it arrives.

use outboard_proto::app::{Asker, Request, SendMessage, request};
use outboard_proto::common::{
    Body, Channel, Message, Origin, Role, Sender, SenderKind, Source, body,
};

use super::Outgoing;

/// The daemon's own bot: what it says has no plugin.
pub const BOT: &str = "outboard";

impl Outgoing {
    /// A message of the daemon's bot; `at_us` is now on the wall's clock.
    #[must_use]
    pub fn announcement(
        bot: &str,
        (workspace, channel): (&str, &str),
        text: &str,
        at_us: i64,
    ) -> Self {
        let version = env!("CARGO_PKG_VERSION").to_owned();
        let message = Message {
            draft_id: uuid::Uuid::now_v7().to_string(),
            channel: Some(Channel { id: channel.to_owned(), ..Channel::default() }),
            sender: Some(Sender {
                id: bot.to_owned(),
                name: bot.to_owned(),
                kind: SenderKind::Plugin.into(),
                ..Sender::default()
            }),
            body: Some(Body { content: Some(body::Content::Plain(text.to_owned())) }),
            role: Role::Assistant.into(),
            created_at_us: at_us,
            source: Source::Local.into(),
            mutable: true,
            origin: Some(Origin {
                plugin: bot.to_owned(),
                version: version.clone(),
                hops: 1,
                chain: vec![bot.to_owned()],
            }),
            ..Message::default()
        };
        Self::kept(Request {
            id: 0,
            idempotency_key: uuid::Uuid::now_v7().to_string(),
            attempt: 1,
            asker: Some(Asker {
                plugin: bot.to_owned(),
                version,
                bot_username: bot.to_owned(),
                bot_display_name: "Outboard".to_owned(),
                manages_messages: false,
            }),
            workspace: workspace.to_owned(),
            trace: None,
            of: Some(request::Of::Send(SendMessage { message: Some(message) })),
            on_behalf_of: None,
        })
    }
}
