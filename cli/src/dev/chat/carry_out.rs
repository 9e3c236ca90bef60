//! What the chat does for the plugin: it posts messages and follow-ups, and what was held. It
//! refuses to know who types.

use outboard_app::common::{Message, Role};
use outboard_app::{App, Asker, Builder, Decided, Fate, FollowUp, Refusal, SendRequest, message};

use super::{Floor, Speaker, reply_heard, said};
use crate::dev::news::{Heard, News};

/// A chat that carries all of it out.
pub fn builder(floor: &Floor) -> Builder {
    let (sends, follows, decides) = (floor.clone(), floor.clone(), floor.clone());
    App::builder("outboard-dev", env!("CARGO_PKG_VERSION"))
        .hooks(["message.before_post"])
        .events(["message.posted", "member.joined"])
        .dedupe()
        .on_send(move |send| {
            let floor = sends.clone();
            async move { Ok(floor.send(&send).await) }
        })
        .on_follow_up(move |said| {
            let floor = follows.clone();
            async move { Ok(floor.follow_up(&said).await) }
        })
        .on_decided(move |decided| {
            let floor = decides.clone();
            async move { floor.decided(&decided).await }
        })
}

impl Floor {
    async fn send(&self, send: &SendRequest) -> String {
        let Message { channel, body, .. } = &send.message;
        let channel = channel.clone().unwrap_or_default();
        self.tell(Heard::Said {
            channel: if channel.name.is_empty() { channel.id } else { channel.name },
            who: bot(&send.asker),
            text: message::text(body.as_ref()).to_owned(),
            plugin: Some(send.asker.plugin.clone()),
            role: role(send.message.role()).to_owned(),
            only: None,
            changed: false,
        })
        .await;
        self.fresh()
    }

    async fn follow_up(&self, said: &FollowUp) -> String {
        let speaker = Speaker { name: said.user.name.clone(), channel: said.channel.name.clone() };
        let who = bot(&said.asker);
        if let Some(heard) = reply_heard(&speaker, &said.asker.plugin, who, &said.reply) {
            self.tell(heard).await;
        }
        if said.last {
            let _ = self.tell.send(News::Followed(said.interaction_id.clone())).await;
        }
        self.fresh()
    }

    async fn decided(&self, decided: &Decided) -> Result<String, Refusal> {
        let Some(held) = decided.message() else {
            return Err(Refusal::new("this chat only waits with messages"));
        };
        match &decided.fate {
            Fate::Released => self.tell(said(held, false)).await,
            Fate::Dropped(why) => {
                let (by, reason) = (decided.by.clone(), why.text.clone());
                self.tell(Heard::Refused { by, reason }).await;
            }
        }
        Ok(self.fresh())
    }
}

fn bot(asker: &Asker) -> String {
    let names = [&asker.bot_display_name, &asker.bot_username, &asker.plugin];
    names.into_iter().find(|name| !name.is_empty()).cloned().unwrap_or_default()
}

fn role(role: Role) -> &'static str {
    match role {
        Role::Unspecified | Role::User => "user",
        Role::Assistant => "assistant",
        Role::System => "system",
        Role::Tool => "tool",
    }
}
