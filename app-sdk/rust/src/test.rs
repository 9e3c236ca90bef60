//! A daemon that lives inside a test: for tests of chat servers, without a socket or a process.
//!
//! It says what the test told it to say and remembers what it heard. It refuses to know plugins;
//! for those, run the real daemon.

mod script;
mod settings;
mod shown;

use std::sync::{Arc, Mutex, MutexGuard};

use outboard_proto::app::{AppHello, Autocomplete, HttpRequest, HttpResponse, RunCommand};
pub use outboard_proto::app::{Dropped, FollowUp, HeldDecided, answer, held_decided, request};
use outboard_proto::common::{
    CommandInfo, Continue, Event, Failure, Hold, HookPayload, InteractionReply, Message, Reason,
    Rejected, Text, Verdict, verdict,
};
use tokio::sync::{oneshot, watch};

pub(crate) use script::Double;
use script::{Presence, Script};

/// The double. Give it to [`crate::Builder::connect_to`].
///
/// ```
/// use outboard_app::{App, Decision, message, test::Daemon};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let daemon = Daemon::new().on_hook(|_| Daemon::reject("not today"));
/// let app = App::builder("chat", "1").hooks(["message.before_post"]).connect_to(&daemon);
/// app.connected().await;
/// let outcome = app.before_post(message::message("lobby", "ada", "hello")).await;
/// assert!(matches!(outcome.decision, Decision::Rejected(_)));
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Daemon {
    double: Arc<Double>,
}

impl Default for Daemon {
    fn default() -> Self {
        Self::new()
    }
}

impl Daemon {
    /// A daemon that intercepts every hook the app calls, open, with a second's budget, and lets
    /// everything pass.
    #[must_use]
    pub fn new() -> Self {
        let published = watch::Sender::new(Vec::new());
        Self { double: Arc::new(Double { script: Mutex::default(), published }) }
    }

    /// Decides on hooks.
    #[must_use]
    pub fn on_hook(self, judge: impl Fn(&HookPayload) -> Verdict + Send + Sync + 'static) -> Self {
        self.script().judge = Some(Arc::new(judge));
        self
    }

    /// Answers commands.
    #[must_use]
    pub fn on_command<F>(self, run: F) -> Self
    where
        F: Fn(&RunCommand) -> Result<InteractionReply, Failure> + Send + Sync + 'static,
    {
        self.script().runner = Some(Arc::new(run));
        self
    }

    /// Answers requests for plugins, with the wire's own messages.
    #[must_use]
    pub fn on_http<F>(self, serve: F) -> Self
    where
        F: Fn(&HttpRequest) -> Result<HttpResponse, Failure> + Send + Sync + 'static,
    {
        self.script().server = Some(Arc::new(serve));
        self
    }

    /// Says the reply to a command in these pieces before its result.
    #[must_use]
    pub fn pieces<S: Into<String>>(self, pieces: impl IntoIterator<Item = S>) -> Self {
        self.script().pieces = pieces.into_iter().map(Into::into).collect();
        self
    }

    /// Offers something for what is typed.
    #[must_use]
    pub fn on_autocomplete(
        self,
        offer: impl Fn(&Autocomplete) -> Vec<String> + Send + Sync + 'static,
    ) -> Self {
        self.script().offer = Some(Arc::new(offer));
        self
    }

    /// The commands it lists.
    #[must_use]
    pub fn commands(self, commands: impl IntoIterator<Item = CommandInfo>) -> Self {
        self.script().commands = commands.into_iter().collect();
        self
    }

    /// A hook that is rejected while nobody can answer.
    #[must_use]
    pub fn closed(self, hook: &str) -> Self {
        self.script().closed.push(hook.into());
        self
    }

    /// A hook that nobody intercepts.
    #[must_use]
    pub fn nobody(self, hook: &str) -> Self {
        self.script().skipped.push(hook.into());
        self
    }

    /// The verdict that lets pass.
    #[must_use]
    pub fn pass() -> Verdict {
        let outcome = Some(verdict::Outcome::Continued(Continue {}));
        Verdict { outcome, ..Verdict::default() }
    }

    /// The verdict that puts something else in place.
    #[must_use]
    pub fn replace(with: impl crate::Subject) -> Verdict {
        let outcome = Some(verdict::Outcome::Replaced(with.into_payload()));
        Verdict { outcome, ..Verdict::default() }
    }

    /// The verdict that rejects.
    #[must_use]
    pub fn reject(reason: &str) -> Verdict {
        let reason = Some(Text { text: reason.into(), ..Text::default() });
        let rejected = Rejected { reason, ..Rejected::default() };
        Verdict { outcome: Some(verdict::Outcome::Rejected(rejected)), ..Verdict::default() }
    }

    /// The verdict that holds, as `id`.
    #[must_use]
    pub fn hold(id: &str) -> Verdict {
        let hold = Hold { id: id.into(), queue: "review".into(), ..Hold::default() };
        Verdict { outcome: Some(verdict::Outcome::Held(hold)), ..Verdict::default() }
    }

    /// An answer to a request, whole.
    #[must_use]
    pub fn respond(status: u16, content: impl Into<bytes::Bytes>) -> HttpResponse {
        let (status, content) = (status.into(), content.into());
        HttpResponse { status, content, ..HttpResponse::default() }
    }

    /// Ends the session and refuses new ones, as a daemon that was stopped.
    pub fn go_away(&self) {
        let mut script = self.script();
        script.presence = Presence::Away;
        script.session = None;
    }

    /// Stays connected and answers nothing, as a daemon that was frozen.
    pub fn fall_silent(&self) {
        self.script().presence = Presence::Mute;
    }

    /// Answers and takes sessions again.
    pub fn come_back(&self) {
        self.script().presence = Presence::Here;
    }

    /// What the app said of itself in its last hello.
    #[must_use]
    pub fn hello(&self) -> Option<AppHello> {
        self.script().hello.clone()
    }

    /// Waits until the app has published `count` events in all, and gives them.
    pub async fn published(&self, count: usize) -> Vec<Event> {
        let mut published = self.double.published.subscribe();
        match published.wait_for(|events| events.len() >= count).await {
            Ok(events) => events.clone(),
            Err(_) => Vec::new(),
        }
    }

    /// Sends a message as a plugin would, and waits for the app's answer.
    ///
    /// # Errors
    /// The app's refusal, or that it is not connected or went away.
    pub async fn send(&self, plugin: &str, key: &str, message: Message) -> Result<String, Failure> {
        let send = outboard_proto::app::SendMessage { message: Some(message) };
        self.ask(plugin, key, request::Of::Send(send)).await
    }

    /// Follows up on a command as the plugin that deferred it would, and waits for the answer.
    ///
    /// # Errors
    /// As [`Daemon::send`].
    pub async fn follow_up(&self, plugin: &str, said: FollowUp) -> Result<String, Failure> {
        let key = format!("{}:{}", said.seq, said.interaction_id);
        self.ask(plugin, &key, request::Of::FollowUp(said)).await
    }

    /// Tells what became of something held, as the daemon does until it is answered, and waits
    /// for the answer.
    ///
    /// # Errors
    /// As [`Daemon::send`].
    pub async fn decide(&self, plugin: &str, decided: HeldDecided) -> Result<String, Failure> {
        let key = format!("held:{}", decided.id);
        self.ask(plugin, &key, request::Of::Decided(Box::new(decided))).await
    }

    /// The interactions that the app cancelled so far.
    #[must_use]
    pub fn cancelled(&self) -> Vec<String> {
        self.script().cancelled.clone()
    }

    async fn ask(&self, plugin: &str, key: &str, of: request::Of) -> Result<String, Failure> {
        match self.carry_out(plugin, key, of).await? {
            answer::Result::Sent(sent) => Ok(sent.message_id),
            other => panic!("the app answered with no id: {other:?}"),
        }
    }

    /// Asks for anything that plugins may ask for, and waits for the app's answer.
    ///
    /// # Errors
    /// As [`Daemon::send`].
    pub async fn carry_out(
        &self,
        plugin: &str,
        key: &str,
        of: request::Of,
    ) -> Result<answer::Result, Failure> {
        let (tell, told) = oneshot::channel();
        let (session, frame) = self.script().request(plugin, key, of, tell);
        let session = session.ok_or_else(no_app)?;
        session.send(frame).await.map_err(|_| no_app())?;
        match told.await {
            Ok(answer::Result::Failure(failure)) => Err(failure),
            Ok(result) => Ok(result),
            Err(_) => Err(no_app()),
        }
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        self.double.script()
    }

    pub(crate) fn double(&self) -> Arc<Double> {
        Arc::clone(&self.double)
    }
}

fn no_app() -> Failure {
    Failure::new(tonic::Code::Unavailable, Reason::NoApp, "the app is not connected")
}
