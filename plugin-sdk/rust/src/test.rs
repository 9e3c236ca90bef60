//! A daemon in memory, to unit-test a plugin's handlers with: no socket, no process.
//!
//! It refuses to know manifests, permissions and filters: what is called here is handled.
//!
//! ```
//! use outboard_plugin::{Plugin, test::Harness};
//!
//! fn plugin() -> Plugin {
//!     Plugin::new("moderator", "1.0.0")
//!         .before_post(async |m| m.rewrite(m.text().replace("darn", "d*rn")))
//!         .on_joined(async |event| event.ctx().reply("Welcome!").await)
//!         .command("double", async |cmd| format!("{0}{0}", cmd.text()))
//! }
//!
//! let mut daemon = Harness::new(plugin());
//! assert_eq!(daemon.before_post("oh darn").unwrap().text(), Some("oh d*rn"));
//! daemon.joined("ada", "town-square").unwrap();
//! assert_eq!(daemon.sent()[0].body.text(), "Welcome!");
//! assert_eq!(daemon.command("double").text("ha").run().unwrap().text(), "haha");
//! ```

mod app;
mod arrange;
mod beyond;
mod grants;
mod life;
mod record;
mod settings;
mod shelf;
mod shown;
mod stored;

use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use outboard_proto::common::{self as wire, Failure, event, hook_payload};
use outboard_proto::plugin::plugin_frame::Kind;
use outboard_proto::plugin::reply::Result as Replied;
use outboard_proto::plugin::{Autocomplete, Call, Delivery, Intercept, UiAction, Welcome, call};
use tokio::runtime::{Builder, LocalRuntime};
use tokio_stream::StreamExt;

use crate::error::{Error, HostError};
use crate::handlers::{Handlers, Surroundings};
use crate::host::Host;
use crate::link::{Cause, Link};
use crate::plugin::Plugin;
use crate::reply::Reply;
use crate::session::live::Live;
use crate::session::outbox::{FEATURES, Outbox, Outgoing};
use crate::session::running::Running;
use crate::start::Start;
use crate::verdict::Verdict;

pub use app::Act;
pub use arrange::{Argument, CommandCall, message};
pub use beyond::{HttpAnswer, HttpCall};
pub(crate) use record::Recorder;
pub use record::{Decided, Emitted, FollowUp, Sent, Tracked};

/// What a call may take, as in the daemon.
const BUDGET: Duration = Duration::from_secs(5);

/// A plugin with a daemon in memory around it.
///
/// It runs handlers on the test's own thread, one at a time, and keeps what they send.
pub struct Harness {
    runtime: LocalRuntime,
    handlers: Rc<Handlers>,
    around: Surroundings,
    outgoing: Outgoing,
    recorder: Arc<Recorder>,
    live: Live,
    said: Vec<Said>,
    last_id: u64,
}

/// What a command's handler says before its reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// How far the work is: percent and text.
    Progress(u32, String),
    /// A piece of a reply.
    Piece(String),
}

impl Harness {
    /// A daemon around `plugin`. Its start handler has not run; see [`Harness::start`].
    ///
    /// # Panics
    /// Two handlers are registered for the same thing, or the system gives no runtime.
    #[must_use]
    pub fn new(plugin: Plugin) -> Self {
        let doubled = plugin.handlers.doubled();
        assert!(
            doubled.is_none(),
            "two handlers are registered for {}",
            doubled.unwrap_or_default()
        );
        let mut builder = Builder::new_current_thread();
        let runtime = builder.enable_all().build_local(tokio::runtime::LocalOptions::default());
        let recorder = Arc::new(Recorder::default());
        let outbox = Arc::new(Outbox::default());
        outbox.agree(&FEATURES.map(str::to_owned));
        let link = Arc::new(Link::recorded(Arc::clone(&recorder)));
        Self {
            runtime: runtime.expect("a test's thread can have a runtime"),
            handlers: Rc::new(plugin.handlers),
            outgoing: Outgoing::new(Arc::clone(&outbox)),
            live: Live::new(Arc::clone(&outbox)),
            around: Surroundings { link, outbox, bodies: Arc::default(), session: 1 },
            recorder,
            said: Vec::new(),
            last_id: 0,
        }
    }

    /// Runs the start handler, which is told `welcome`; its data folder is the temporary one.
    ///
    /// # Errors
    /// What the handler returned.
    pub fn start(&mut self, welcome: Welcome) -> Result<(), Error> {
        self.around.link.begin(self.around.session, welcome);
        let Some(on_start) = &self.handlers.on_start else { return Ok(()) };
        let host = Host::new(Arc::clone(&self.around.link), Cause::Own);
        let data_dir: PathBuf = std::env::temp_dir();
        let start = Start::new(host, Arc::clone(&self.around.outbox), data_dir);
        self.runtime.block_on(on_start(start))
    }

    /// Runs the shutdown handler.
    pub fn shut_down(&mut self) {
        if let Some(on_shutdown) = &self.handlers.on_shutdown {
            self.runtime.block_on(on_shutdown());
        }
    }

    /// Asks before a message is posted. A string is a plain message of `ada` in `town-square`;
    /// [`message`] makes others.
    ///
    /// # Errors
    /// The handler failed, panicked, or there is none.
    pub fn before_post(&mut self, message: impl Into<Draft>) -> Result<Verdict, Failure> {
        self.intercept(hook_payload::Of::BeforePost(Box::new(message.into().0)))
    }

    /// Asks before `messages` are shown to `ada`.
    ///
    /// # Errors
    /// The handler failed, panicked, or there is none.
    pub fn before_render(
        &mut self,
        messages: impl IntoIterator<Item = wire::Message>,
    ) -> Result<Verdict, Failure> {
        let messages = messages.into_iter().collect();
        let batch = wire::Batch { messages, reader: Some(arrange::person("ada")) };
        self.intercept(hook_payload::Of::BeforeRender(Box::new(batch)))
    }

    /// Asks at a hook that an app made up, `x.<app>.<name>`.
    ///
    /// # Errors
    /// The handler failed, panicked, or there is none.
    pub fn custom(&mut self, hook: &str, json: &str) -> Result<Verdict, Failure> {
        let custom = wire::Custom { name: hook.to_owned(), json: json.to_owned() };
        self.intercept(hook_payload::Of::Custom(custom))
    }

    /// Asks at any hook.
    ///
    /// # Errors
    /// The handler failed, panicked, or there is none.
    ///
    /// # Panics
    /// The handler gave no verdict, which no typed handler can do.
    pub fn intercept(&mut self, of: hook_payload::Of) -> Result<Verdict, Failure> {
        let payload = Some(wire::HookPayload { of: Some(of) });
        let intercept = Intercept { payload, ..Intercept::default() };
        match self.call(call::Of::Intercept(intercept))? {
            Replied::Hook(wire::HookAnswer { answer: Some(answer) }) => {
                if let wire::hook_answer::Answer::Hold(hold) = &answer {
                    self.recorder.hold(hold);
                }
                Ok(Verdict::from_answer(answer))
            }
            other => panic!("no verdict: {other:?}"),
        }
    }

    /// Tells of a message that was posted.
    ///
    /// # Errors
    /// The handler failed, panicked, or there is none.
    pub fn posted(&mut self, message: impl Into<Draft>) -> Result<(), Failure> {
        self.event("message.posted", event::Of::Message(Box::new(message.into().0)))
    }

    /// Tells that the user `user` joined the channel `channel`.
    ///
    /// # Errors
    /// The handler failed, panicked, or there is none.
    pub fn joined(&mut self, user: &str, channel: &str) -> Result<(), Failure> {
        let joined = wire::Membership {
            user: Some(arrange::person(user)),
            channel: Some(arrange::place(channel)),
            ..wire::Membership::default()
        };
        self.event("member.joined", event::Of::Member(joined))
    }

    /// Tells of any event.
    ///
    /// # Errors
    /// The handler failed, panicked, or there is none.
    pub fn event(&mut self, name: &str, of: event::Of) -> Result<(), Failure> {
        let event = wire::Event { r#type: name.into(), of: Some(of), ..wire::Event::default() };
        self.deliver(event, 1)
    }

    /// Delivers an event as the attempt with this number; with more than 1, as the daemon does
    /// where a handler failed before or may have seen the event.
    ///
    /// # Errors
    /// The handler failed, panicked, or there is none.
    ///
    /// # Panics
    /// The handler acknowledged nothing, which no typed handler can do.
    pub fn deliver(&mut self, event: wire::Event, attempt: u32) -> Result<(), Failure> {
        let delivery = Delivery {
            delivery: self.next_id(),
            event: Some(event),
            attempt,
            budget_us: micros(BUDGET),
            ..Delivery::default()
        };
        let running = self.handlers.event(delivery, &self.around);
        match self.run(running) {
            Kind::Ack(ack) => ack.failure.map_or(Ok(()), Err),
            other => panic!("no acknowledgement: {other:?}"),
        }
    }

    /// Prepares to run the command `name`.
    pub fn command(&mut self, name: &str) -> CommandCall<'_> {
        CommandCall::new(self, name)
    }

    /// What may be offered while `argument` of `command` is typed as far as `prefix`. Of a
    /// subcommand, `command` is such as `"todo add"`.
    ///
    /// # Errors
    /// The handler failed, panicked, or there is none.
    ///
    /// # Panics
    /// The handler offered nothing at all, which no typed handler can do.
    pub fn autocomplete(
        &mut self,
        command: &str,
        argument: &str,
        prefix: &str,
    ) -> Result<Vec<String>, Failure> {
        let (command, subcommand) = command.split_once(' ').unwrap_or((command, ""));
        let asked = Autocomplete {
            command: command.to_owned(),
            subcommand: subcommand.to_owned(),
            argument: argument.to_owned(),
            prefix: prefix.to_owned(),
            sender: Some(arrange::person("ada")),
            channel: Some(arrange::place("town-square")),
        };
        match self.call(call::Of::Autocomplete(Box::new(asked)))? {
            Replied::Choices(choices) => Ok(choices.choices),
            other => panic!("no choices: {other:?}"),
        }
    }

    /// Does `action` to `component`, as `ada` in `town-square`; `json` comes with it.
    ///
    /// # Errors
    /// The handler failed, panicked, or there is none.
    ///
    /// # Panics
    /// The handler gave no reply, which no typed handler can do.
    pub fn act(&mut self, component: &str, action: &str, json: &str) -> Result<Reply, Failure> {
        let asked = UiAction {
            interaction_id: format!("interaction-{}", self.last_id + 1),
            component: component.to_owned(),
            action: action.to_owned(),
            json: json.to_owned(),
            sender: Some(arrange::person("ada")),
            channel: Some(arrange::place("town-square")),
            ..UiAction::default()
        };
        self.interact(call::Of::Ui(Box::new(asked)))
    }

    /// Waits until `count` follow-ups to deferred commands were said, and gives all of them.
    pub fn follow_ups(&mut self, count: usize) -> Vec<FollowUp> {
        let recorder = Arc::clone(&self.recorder);
        self.runtime.block_on(async move { recorder.followed_up(count).await })
    }

    /// Tells the plugin that the app wants no more follow-ups to an interaction, and lets it stop.
    pub fn cancel(&mut self, interaction_id: &str) {
        self.around.link.cancel_interaction(interaction_id);
        self.runtime.block_on(tokio::task::yield_now());
    }

    /// What was sent so far, the oldest first.
    #[must_use]
    pub fn sent(&self) -> Vec<Sent> {
        self.recorder.sent()
    }

    /// What the plugin noted as used, in order.
    #[must_use]
    pub fn tracked(&self) -> Vec<Tracked> {
        self.recorder.tracked()
    }

    /// How far a counter of the plugin's has grown; with labels it is `name{key=value}`.
    #[must_use]
    pub fn counted(&self, name: &str) -> u64 {
        self.recorder.counted(name)
    }

    /// Events of its own that were told so far, the oldest first.
    #[must_use]
    pub fn emitted(&self) -> Vec<Emitted> {
        self.recorder.emitted()
    }

    /// What was decided so far about things held, the oldest first. What a hook holds is listed
    /// to the plugin until then, as `held-N` from 1 where it has no name of its own.
    #[must_use]
    pub fn decided(&self) -> Vec<Decided> {
        self.recorder.decided()
    }

    /// What commands said so far before their replies, the oldest first.
    #[must_use]
    pub fn said(&self) -> &[Said] {
        &self.said
    }

    /// From now on the host API refuses everything with `refusal`.
    pub fn refuse(&mut self, refusal: HostError) {
        self.recorder.refuse(refusal);
    }

    fn run_command(
        &mut self,
        mut run: outboard_proto::plugin::RunCommand,
    ) -> Result<Reply, Failure> {
        run.interaction_id = format!("interaction-{}", self.last_id + 1);
        self.interact(call::Of::Command(Box::new(run)))
    }

    fn interact(&mut self, of: call::Of) -> Result<Reply, Failure> {
        match self.call(of)? {
            Replied::Interaction(reply) => Ok(Reply::from_wire(reply)),
            other => panic!("no reply: {other:?}"),
        }
    }

    fn call(&mut self, of: call::Of) -> Result<Replied, Failure> {
        let (id, budget_us) = (self.next_id(), micros(BUDGET));
        let call = Call { id, budget_us, attempt: 1, of: Some(of), ..Call::default() };
        let running = self.handlers.call(call, &self.around);
        match self.run(running) {
            Kind::Reply(reply) => match reply.result.expect("the SDK's replies have a result") {
                Replied::Failure(failure) => Err(failure),
                other => Ok(other),
            },
            other => panic!("no reply: {other:?}"),
        }
    }

    fn run(&mut self, running: Running) -> Kind {
        let (live, outgoing, said) = (&self.live, &mut self.outgoing, &mut self.said);
        self.runtime.block_on(async {
            live.start(running);
            loop {
                let frame = outgoing.next().await.expect("the harness never closes its outbox");
                let frame = frame.decode().expect("the SDK's frames can be read");
                match frame.kind.expect("the SDK's frames have a kind") {
                    Kind::Progress(shown) => said.push(Said::Progress(shown.percent, shown.text)),
                    Kind::Partial(piece) => said.push(Said::Piece(piece.delta)),
                    answer => return answer,
                }
            }
        })
    }

    fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }
}

/// A message for a test. A string is a plain message of `ada` in `town-square`.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft(wire::Message);

impl From<&str> for Draft {
    fn from(text: &str) -> Self {
        Self(message("ada", "town-square", text))
    }
}

impl From<wire::Message> for Draft {
    fn from(message: wire::Message) -> Self {
        Self(message)
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
