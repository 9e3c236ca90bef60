//! A chat server as small as can be: one session on raw Connect, and what comes over it.
//!
//! It refuses to know what an app SDK would do for it, above all while the daemon is away.

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use outboard_proto::app::{
    Answer, AppFrame, AppWelcome, Autocomplete, Cancel, Catalogue, Choices, CommandResult,
    DaemonFrame, FollowUp, Intercept, InterceptResult, Policies, Publish, Published, Request,
    RunCommand, Sent, StreamDelta, UiAction, answer, app_frame, daemon_frame, request,
};
use outboard_proto::common::{Event, HookPayload, Message, Verdict};
use tokio::sync::{mpsc, oneshot, watch};
use tonic::Status;

use crate::{PATIENCE, values, wire};
use answers::wait_for;
use inbox::{Inbox, Pending, Waiting};

mod answers;
mod draft;
mod held;
pub mod http;
mod inbox;

pub use answers::{Expected, failure, message_of, reply_text, verdict};
pub use draft::AppDraft;
pub use held::{decided, hold_of, said};

/// Requests of plugins that a test has not looked at yet.
const REQUESTS: usize = 2048;

/// A connected app.
pub struct App {
    out: mpsc::Sender<bytes::Bytes>,
    next: AtomicU64,
    pending: Pending,
    requests: tokio::sync::Mutex<mpsc::Receiver<Request>>,
    deltas: tokio::sync::Mutex<mpsc::Receiver<StreamDelta>>,
    /// What the daemon said first.
    pub welcome: AppWelcome,
    policies: watch::Receiver<Policies>,
    catalogue: watch::Receiver<Catalogue>,
    bodies: watch::Receiver<HashMap<u64, http::Received>>,
    end: watch::Receiver<Option<Status>>,
    reader: tokio::task::JoinHandle<()>,
}

impl App {
    /// Connects as `draft` says.
    ///
    /// # Errors
    /// The daemon's refusal.
    pub async fn connect(draft: AppDraft, socket: &Path) -> anyhow::Result<Self> {
        let channel = wire::dial(socket).await?;
        let hello = frame_of(app_frame::Kind::Hello(draft.hello));
        let opening = wire::Stream::<DaemonFrame>::open(&channel, wire::CONNECT, &[], vec![hello]);
        let mut stream = opening.await?;
        let first = stream.frames.message().await?.and_then(|frame| frame.kind);
        let Some(daemon_frame::Kind::Welcome(welcome)) = first else {
            anyhow::bail!("the first frame is no welcome: {first:?}")
        };
        Ok(Self::over(stream, welcome))
    }

    fn over(stream: wire::Stream<DaemonFrame>, welcome: AppWelcome) -> Self {
        let pending = Pending::default();
        let (requests, request_queue) = mpsc::channel(REQUESTS);
        let (deltas, delta_queue) = mpsc::channel(REQUESTS);
        let (policies, policies_seen) =
            watch::channel(welcome.policies.clone().unwrap_or_default());
        let (catalogue, catalogue_seen) =
            watch::channel(welcome.catalogue.clone().unwrap_or_default());
        let (ended, end) = watch::channel(None);
        let (bodies, bodies_seen) = watch::channel(HashMap::new());
        let (pending_inbox, owed) = (pending.clone(), AtomicU64::new(0));
        let inbox =
            Inbox { pending: pending_inbox, requests, deltas, policies, catalogue, bodies, owed };
        let wire::Stream { out, mut frames } = stream;
        let pongs = out.clone();
        let reader = tokio::spawn(async move {
            let status = loop {
                match frames.message().await {
                    Ok(Some(frame)) => inbox.take(frame, &pongs),
                    Ok(None) => break Status::ok("the daemon ended the stream"),
                    Err(status) => break status,
                }
            };
            inbox.pending.lock().expect("no test panics under it").clear();
            ended.send_replace(Some(status));
        });
        Self {
            out,
            next: AtomicU64::new(1),
            pending,
            requests: tokio::sync::Mutex::new(request_queue),
            deltas: tokio::sync::Mutex::new(delta_queue),
            welcome,
            policies: policies_seen,
            catalogue: catalogue_seen,
            bodies: bodies_seen,
            end,
            reader,
        }
    }

    /// Sends one frame.
    ///
    /// # Errors
    /// The session is over.
    pub async fn send(&self, kind: app_frame::Kind) -> anyhow::Result<()> {
        self.send_raw(frame_of(kind)).await
    }

    /// Sends bytes as one frame.
    ///
    /// # Errors
    /// The session is over.
    pub async fn send_raw(&self, bytes: bytes::Bytes) -> anyhow::Result<()> {
        self.out.send(bytes).await.context("the session is over")
    }

    fn expect<T>(&self, kind: impl FnOnce(oneshot::Sender<T>) -> Waiting) -> Expected<T> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let (sender, answer) = oneshot::channel();
        self.pending.lock().expect("no test panics under it").insert(id, kind(sender));
        Expected { id, answer }
    }

    /// Asks about a payload without waiting for the verdict.
    ///
    /// # Errors
    /// The session is over.
    pub async fn ask(
        &self,
        payload: HookPayload,
        budget: Duration,
    ) -> anyhow::Result<Expected<InterceptResult>> {
        let expected = self.expect(Waiting::Verdict);
        let budget_us = u64::try_from(budget.as_micros())?;
        let call = Intercept {
            id: expected.id,
            budget_us,
            payload: Some(payload),
            ..Intercept::default()
        };
        self.send(app_frame::Kind::Intercept(call)).await?;
        Ok(expected)
    }

    /// The verdict on a payload, within the hook's own budget.
    ///
    /// # Errors
    /// The session ended, or the request was at fault.
    pub async fn intercept(&self, payload: HookPayload) -> anyhow::Result<Verdict> {
        let expected = self.ask(payload, Duration::ZERO).await?;
        verdict(expected.answer().await?)
    }

    /// The verdict on a message that ann is about to post.
    ///
    /// # Errors
    /// As [`App::intercept`].
    pub async fn post(&self, channel: &str, text: &str) -> anyhow::Result<Verdict> {
        self.intercept(values::before_post(channel, text)).await
    }

    /// Takes back what was asked.
    ///
    /// # Errors
    /// The session is over.
    pub async fn cancel(&self, id: u64) -> anyhow::Result<()> {
        self.send(app_frame::Kind::Cancel(Cancel { id, ..Cancel::default() })).await
    }

    /// Publishes an event and waits until the daemon has taken it.
    ///
    /// # Errors
    /// The session is over.
    pub async fn publish(&self, event: Event) -> anyhow::Result<Published> {
        let expected = self.expect(Waiting::Published);
        let publish = Publish { id: expected.id, event: Some(event), trace: None };
        self.send(app_frame::Kind::Publish(publish)).await?;
        expected.answer().await
    }

    /// Publishes a message.posted.
    ///
    /// # Errors
    /// As [`App::publish`].
    pub async fn publish_post(&self, channel: &str, text: &str) -> anyhow::Result<Published> {
        self.publish(values::posted(channel, text)).await
    }

    /// Runs a command as ann, in the channel `town`.
    ///
    /// # Errors
    /// The session is over.
    pub async fn command(&self, name: &str, text: &str) -> anyhow::Result<CommandResult> {
        self.run_command(command(name, text)).await
    }

    /// Runs any command.
    ///
    /// # Errors
    /// The session is over.
    pub async fn run_command(&self, command: RunCommand) -> anyhow::Result<CommandResult> {
        self.start_command(command).await?.answer().await
    }

    /// Runs any command without waiting for its result.
    ///
    /// # Errors
    /// The session is over.
    pub async fn start_command(
        &self,
        command: RunCommand,
    ) -> anyhow::Result<Expected<CommandResult>> {
        let expected = self.expect(Waiting::Command);
        let command = RunCommand { id: expected.id, ..command };
        self.send(app_frame::Kind::Command(command)).await?;
        Ok(expected)
    }

    /// Tells an obedient plugin what to do and returns what it says.
    ///
    /// # Errors
    /// The plugin could not be told.
    pub async fn tell(&self, plugin: &str, what: &str) -> anyhow::Result<String> {
        let result = self.command(plugin, what).await?;
        reply_text(&result).with_context(|| format!("/{plugin} {what} came to {result:?}"))
    }

    /// Tells an obedient plugin to do something after which it may not be able to answer.
    ///
    /// # Errors
    /// The session is over.
    pub async fn order(&self, plugin: &str, what: &str) -> anyhow::Result<Expected<CommandResult>> {
        self.start_command(command(plugin, what)).await
    }

    /// The next thing a plugin wants carried out.
    ///
    /// # Errors
    /// None came within the patience of a test.
    pub async fn request(&self) -> anyhow::Result<Request> {
        let mut requests = self.requests.lock().await;
        let next = tokio::time::timeout(PATIENCE, requests.recv()).await;
        next.context("no request came")?.context("the session is over")
    }

    /// The next message a plugin wants to be sent, carried out as message `id`.
    ///
    /// # Errors
    /// As [`App::request`].
    pub async fn carry_out(&self, id: &str) -> anyhow::Result<Message> {
        let request = self.request().await?;
        let sent = answer::Result::Sent(Sent { message_id: id.to_owned() });
        self.answer(request.id, sent).await?;
        message_of(request)
    }

    /// The next follow-up a plugin wants to be shown, shown as message `id`.
    ///
    /// # Errors
    /// As [`App::request`].
    pub async fn show_follow_up(&self, id: &str) -> anyhow::Result<FollowUp> {
        let asked = self.request().await?;
        let sent = answer::Result::Sent(Sent { message_id: id.to_owned() });
        self.answer(asked.id, sent).await?;
        match asked.of {
            Some(request::Of::FollowUp(follow_up)) => Ok(follow_up),
            other => anyhow::bail!("it asks for no follow-up: {other:?}"),
        }
    }

    /// The next piece of a stream.
    ///
    /// # Errors
    /// None came within the patience of a test.
    pub async fn delta(&self) -> anyhow::Result<StreamDelta> {
        let mut deltas = self.deltas.lock().await;
        let next = tokio::time::timeout(PATIENCE, deltas.recv()).await;
        next.context("no delta came")?.context("the session is over")
    }

    /// Wants nothing more of an interaction.
    ///
    /// # Errors
    /// The session is over.
    pub async fn cancel_interaction(&self, id: &str) -> anyhow::Result<()> {
        let cancel = Cancel { interaction_id: id.to_owned(), ..Cancel::default() };
        self.send(app_frame::Kind::Cancel(cancel)).await
    }

    /// What may be offered for an argument.
    ///
    /// # Errors
    /// The session is over.
    pub async fn autocomplete(&self, asked: Autocomplete) -> anyhow::Result<Choices> {
        let expected = self.expect(Waiting::Choices);
        let asked = Autocomplete { id: expected.id, ..asked };
        self.send(app_frame::Kind::Autocomplete(asked)).await?;
        expected.answer().await
    }

    /// Does something to a component.
    ///
    /// # Errors
    /// The session is over.
    pub async fn act(&self, action: UiAction) -> anyhow::Result<CommandResult> {
        let expected = self.expect(Waiting::Command);
        let action = UiAction { id: expected.id, ..action };
        self.send(app_frame::Kind::Ui(action)).await?;
        expected.answer().await
    }

    /// Answers a request.
    ///
    /// # Errors
    /// The session is over.
    pub async fn answer(&self, id: u64, result: answer::Result) -> anyhow::Result<()> {
        self.send(app_frame::Kind::Answer(Answer { id, result: Some(result), ..Answer::default() }))
            .await
    }

    /// Waits until the daemon tells of policies that satisfy `wanted`.
    ///
    /// # Errors
    /// It did not within the patience of a test.
    pub async fn wait_policies(
        &self,
        wanted: impl Fn(&Policies) -> bool,
    ) -> anyhow::Result<Policies> {
        wait_for(self.policies.clone(), "policies", wanted).await
    }

    /// Waits until the daemon tells of a catalogue that satisfies `wanted`.
    ///
    /// # Errors
    /// It did not within the patience of a test.
    pub async fn wait_catalogue(
        &self,
        wanted: impl Fn(&Catalogue) -> bool,
    ) -> anyhow::Result<Catalogue> {
        wait_for(self.catalogue.clone(), "catalogue", wanted).await
    }

    /// Waits until the session is over and says why.
    ///
    /// # Errors
    /// It still lives when the patience of a test has ended.
    pub async fn end(&self) -> anyhow::Result<Status> {
        let ended = wait_for(self.end.clone(), "end", Option::is_some).await?;
        ended.context("it was there a moment ago")
    }
}

impl Drop for App {
    fn drop(&mut self) {
        // The reader holds a sender for its pongs; without it the stream would stay open.
        self.reader.abort();
    }
}

/// A command that ann runs in the channel `town`.
#[must_use]
pub fn command(name: &str, text: &str) -> RunCommand {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    RunCommand {
        interaction_id: format!("i-{}", NEXT.fetch_add(1, Ordering::Relaxed)),
        name: name.to_owned(),
        text: text.to_owned(),
        channel: Some(values::channel("town")),
        sender: Some(values::person("ann")),
        ..RunCommand::default()
    }
}

fn frame_of(kind: app_frame::Kind) -> bytes::Bytes {
    values::frame(&AppFrame { kind: Some(kind) })
}
