//! The switchboard with fake plugins and a fake app: frames in, frames out, time paused.

mod asked;
mod beyond;
mod counts;
mod grants;
mod guards;
mod guests;
mod holds;
mod interactions;
mod kept;
mod pipelines;
mod shadows;
mod shares;
mod sleepers;
mod traces;
mod ui;
mod work;

use std::collections::BTreeSet;
use std::time::Duration;

use outboard_proto::app::{AppHello, daemon_frame as to_app};
use outboard_proto::common::{
    Body, Channel, ChannelKind, HookAnswer, HookPayload, Message, Verdict, body, hook_answer,
    hook_payload,
};
use outboard_proto::plugin::{Call, DaemonFrame, daemon_frame, reply};
use tokio_stream::StreamExt as _;

use super::*;
use crate::config::granted::Granted;
use crate::config::manifest::filter::Filter;
use crate::config::manifest::{Mode, OnFailure, Phase};
use crate::config::permission::Permission;
use crate::egress::{EgressStream, egress};
use crate::frame::{ToApp, ToPlugin};

/// A plugin's end of a session.
struct FakePlugin {
    board: Switchboard,
    member: MemberId,
    serial: u64,
    frames: EgressStream<ToPlugin>,
}

/// An app's end of a session.
struct FakeApp {
    board: Switchboard,
    node: NodeId,
    frames: EgressStream<ToApp>,
}

fn board() -> Switchboard {
    let board = Switchboard::new(Clock::start());
    tokio::spawn(board.clone().keep_time());
    tokio::spawn(board.clone().keep_patterns());
    board
}

/// A board that can keep promises, in memory.
fn board_that_keeps() -> Switchboard {
    let board = board();
    tokio::spawn(crate::courier::carry(board.clone(), crate::delivery::memory::Memory::default()));
    board
}

pub fn interceptor(phase: Phase, policy: OnFailure) -> Interceptor {
    Interceptor {
        hook: Hook::BeforePost,
        phase,
        priority: 100,
        before: Vec::new(),
        after: Vec::new(),
        timeout: Duration::from_millis(300),
        policy,
        asked_closed: false,
        mode: Mode::Path,
        filter: Filter::default(),
        own: false,
    }
}

pub fn registration(name: &str, interceptors: Vec<Interceptor>) -> Registration {
    Registration {
        name: name.into(),
        version: "1.0.0".into(),
        bot: Bot { username: name.into(), display_name: name.into(), ..Bot::default() },
        interceptors,
        subscriptions: Vec::new(),
        channels: Vec::new(),
        commands: Vec::new(),
        reach: super::Reach::default(),
        ui: Default::default(),
        grants: Granted::from([
            Permission::MessagesIntercept,
            Permission::MessagesRead,
            Permission::MessagesSend,
            Permission::CommandsOwn,
        ]),
        call_timeout: Duration::from_secs(5),
        interaction_timeout: Duration::from_secs(900),
        host_calls: 1000,
        in_flight: 2,
        enabled: true,
    }
}

impl FakePlugin {
    fn ready(board: &Switchboard, registration: Registration) -> Self {
        let member = board.register(registration);
        board.set_standing(member, Standing::Ready);
        let (sender, frames) = egress();
        board.attach(member, 1, sender);
        Self { board: board.clone(), member, serial: 1, frames }
    }

    async fn frame(&mut self) -> daemon_frame::Kind {
        let frame = match self.frames.next().await.unwrap().unwrap() {
            ToPlugin::Frame(frame) => *frame,
            ToPlugin::Call(call) => {
                let mut bytes = Vec::new();
                call.encode(&mut bytes);
                prost::Message::decode(&bytes[..]).unwrap()
            }
        };
        let DaemonFrame { kind } = frame;
        kind.unwrap()
    }

    async fn call(&mut self) -> Call {
        loop {
            if let daemon_frame::Kind::Call(call) = self.frame().await {
                return call;
            }
        }
    }

    /// The nonce of the next ping.
    async fn pinged(&mut self) -> u64 {
        loop {
            if let daemon_frame::Kind::Ping(ping) = self.frame().await {
                return ping.nonce;
            }
        }
    }

    fn answer(&self, call: &Call, answer: hook_answer::Answer) -> bool {
        let result = Some(reply::Result::Hook(HookAnswer { answer: Some(answer) }));
        self.board.reply(self.member, self.serial, call.id, Said::Result(result))
    }

    fn pass(&self, call: &Call) -> bool {
        self.answer(call, hook_answer::Answer::Continued(Default::default()))
    }

    fn lost(&self) {
        self.board.set_standing(
            self.member,
            Standing::Unavailable {
                state: "waiting",
                reason: "signal".into(),
                retry_after: Some(Duration::from_millis(100)),
            },
        );
        self.board.detach(self.member, self.serial);
    }

    fn back(&mut self) {
        let (sender, frames) = egress();
        self.serial += 1;
        self.frames = frames;
        self.board.attach(self.member, self.serial, sender);
        self.board.set_standing(self.member, Standing::Ready);
    }
}

impl FakeApp {
    fn connected(board: &Switchboard) -> Self {
        Self::connected_as(board, "n1")
    }

    fn connected_as(board: &Switchboard, node: &str) -> Self {
        let (sender, frames) = egress();
        let hello = AppHello {
            protocol: "1".into(),
            app: "test".into(),
            node: node.into(),
            epoch: 1,
            hooks: vec!["message.before_post".into()],
            operations: ["messages.send", "interactions.follow_up", "held.decide"]
                .map(str::to_owned)
                .to_vec(),
            ..AppHello::default()
        };
        let (node, _, _) = board.attach_node(hello, sender, false).unwrap();
        Self { board: board.clone(), node, frames }
    }

    async fn frame(&mut self) -> to_app::Kind {
        self.frames.next().await.unwrap().unwrap().into_frame().kind.unwrap()
    }

    fn ask(&self, id: u64, text: &str) {
        let payload = Some(post(text));
        let request = outboard_proto::app::Intercept { id, payload, ..Default::default() };
        self.board.intercept(Asked::Session { node: self.node, id }, Act::of(request));
    }

    async fn verdict(&mut self) -> (u64, Verdict) {
        use outboard_proto::app::intercept_result::Result::Verdict;
        loop {
            if let to_app::Kind::Intercepted(result) = self.frame().await
                && let Some(Verdict(verdict)) = result.result
            {
                return (result.id, verdict);
            }
        }
    }
}

fn message(text: &str) -> Message {
    Message {
        channel: Some(Channel {
            id: "c1".into(),
            name: "town".into(),
            kind: ChannelKind::Public.into(),
        }),
        body: Some(Body { content: Some(body::Content::Plain(text.into())) }),
        mutable: true,
        ..Message::default()
    }
}

pub fn post(text: &str) -> HookPayload {
    HookPayload { of: Some(hook_payload::Of::BeforePost(message(text).into())) }
}

fn text_of(payload: &HookPayload) -> &str {
    match &payload.of {
        Some(hook_payload::Of::BeforePost(message)) => match &message.body {
            Some(Body { content: Some(body::Content::Plain(text)) }) => text,
            _ => "",
        },
        _ => "",
    }
}

fn payload_of(call: &Call) -> &HookPayload {
    match &call.of {
        Some(outboard_proto::plugin::call::Of::Intercept(intercept)) => {
            intercept.payload.as_ref().unwrap()
        }
        other => panic!("not an intercept: {other:?}"),
    }
}
