//! What plugins ask of the app: handed to its handlers in order, answered once.
//!
//! Requests for one channel are carried out one after another, so that what a plugin said first
//! stands first; channels do not wait for each other. It refuses to know what a handler does.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use outboard_proto::app::{Answer, Asker, Request, SendMessage, Sent, answer, app_frame, request};
use outboard_proto::common::{Failure, Reason};
use outboard_proto::operations::{self, Keeping};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::asked::Asked;
use crate::dedupe::{Known, Seen};
use crate::exchange::Exchange;
use crate::growing::{self, Growing};
use crate::held::Decided;
use crate::send::{FollowUp, Refusal, SendRequest};

/// A handler that takes longer has failed.
const CARRY_OUT_WITHIN: Duration = Duration::from_secs(30);

/// Requests waiting or under way; the daemon's outbox of one plugin holds 1,000.
const MOST: usize = 4_096;

type Sending = Pin<Box<dyn Future<Output = Result<String, Refusal>> + Send>>;
pub(crate) type Working = Pin<Box<dyn Future<Output = Result<answer::Result, Refusal>> + Send>>;

/// The app's own code for one kind of request: gives the id of the message it became.
pub(crate) type On<T> = Box<dyn Fn(T) -> Sending + Send + Sync>;

/// The app's own code for anything else; nothing where it is asked for something else.
pub(crate) type OnAct = Box<dyn Fn(Asked<request::Of>) -> Option<Working> + Send + Sync>;

/// What the app calls the account of whoever asks.
pub(crate) type AccountOf = Box<dyn Fn(&Asker) -> Option<String> + Send + Sync>;

/// The app's own code, where it carries something out.
#[derive(Default)]
pub(crate) struct Handlers {
    pub(crate) account_of: Option<AccountOf>,
    pub(crate) on_send: Option<On<SendRequest>>,
    pub(crate) on_follow_up: Option<On<FollowUp>>,
    pub(crate) on_decided: Option<On<Decided>>,
    /// By the operation's name.
    pub(crate) acts: HashMap<&'static str, OnAct>,
}

/// What is asked for.
enum Work {
    Send(Box<SendRequest>),
    FollowUp(Box<FollowUp>),
    Decided(Box<Decided>),
    Act(Box<Asked<request::Of>>),
}

/// Takes requests and sees to their answers.
pub(crate) struct Requests {
    exchange: Arc<Exchange>,
    handlers: Handlers,
    /// Whether each key counts once, whatever is asked. A decision's always does.
    dedupe: bool,
    desk: Mutex<Desk>,
}

#[derive(Default)]
struct Desk {
    /// By workspace and channel. A lane that is there has a task which empties it.
    lanes: HashMap<String, VecDeque<Job>>,
    jobs: usize,
    seen: Seen,
    growing: Growing,
    /// The last session that is over.
    over: u64,
    /// Wakes the job under way for a request, so that it stops.
    running: HashMap<Ticket, Arc<Notify>>,
    /// Accounts of bots that the daemon was told of, by the bot's name.
    bots: BTreeMap<String, String>,
}

/// One request of one session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Ticket {
    pub(crate) session: u64,
    pub(crate) id: u64,
}

struct Job {
    ticket: Ticket,
    key: Option<String>,
    work: Work,
}

impl Requests {
    pub(crate) fn new(exchange: Arc<Exchange>, handlers: Handlers, dedupe: bool) -> Self {
        Self { exchange, handlers, dedupe, desk: Mutex::default() }
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a request. Never waits: the reader calls it.
    pub(crate) fn take(self: &Arc<Self>, session: u64, request: Request) {
        let ticket = Ticket { session, id: request.id };
        let counts_once = self.dedupe || matches!(request.of, Some(request::Of::Decided(_)));
        // What looks something up changes nothing, and its answers are large.
        let kept =
            request.of.as_ref().is_some_and(|of| operations::of(of).keeping == Keeping::Kept);
        let key = key_of(&request).filter(|_| counts_once && kept);
        match read(request) {
            Some(work) if self.handlers.have(&work) => self.enqueue(Job { ticket, key, work }),
            _ => self.answer(ticket, failed(unsupported())),
        }
    }

    fn enqueue(self: &Arc<Self>, job: Job) {
        let mut desk = self.desk();
        match desk.recall(&job) {
            Known::New => {}
            Known::UnderWay => return,
            Known::Answered(result) => {
                drop(desk);
                return self.answer(job.ticket, *result);
            }
        }
        if desk.jobs >= MOST {
            drop(desk);
            return self.answer(job.ticket, failed(over_limit()));
        }
        desk.jobs += 1;
        let name = job.work.lane();
        if let Some(lane) = desk.lanes.get_mut(&name) {
            return lane.push_back(job);
        }
        desk.lanes.insert(name.clone(), VecDeque::from([job]));
        drop(desk);
        tokio::spawn(Arc::clone(self).empty(name));
    }

    /// Works a lane off and takes it away.
    async fn empty(self: Arc<Self>, name: String) {
        loop {
            let Some((job, stop)) = self.desk().next(&name) else { return };
            let Job { ticket, key, work } = job;
            let step = work.step();
            let asker = self.handlers.account_of.is_some().then(|| work.asker().clone());
            let result = self.carry_out(work, &stop).await;
            let tickets = self.desk().finish(ticket, key, &result);
            let is_over = {
                let mut desk = self.desk();
                desk.growing.carried_out(ticket.session, step, &result);
                ticket.session <= desk.over
            };
            if is_over {
                // It began too late for its session's end.
                self.abandon(ticket.session);
            }
            let account = asker.and_then(|asker| self.account(asker)).unwrap_or_default();
            for ticket in tickets {
                self.answer_as(&account, ticket, result.clone());
            }
        }
    }

    async fn carry_out(&self, work: Work, stop: &Notify) -> answer::Result {
        let Some(working) = self.handlers.begin(work) else { return failed(unsupported()) };
        // A task of its own: a panic in the handler is the handler's, not the lane's.
        let mut task = tokio::spawn(working);
        let ended = tokio::select! {
            ended = &mut task => ended,
            () = stop.notified() => {
                task.abort();
                return failed(cancelled());
            }
            () = tokio::time::sleep(CARRY_OUT_WITHIN) => {
                task.abort();
                return failed(late());
            }
        };
        match ended {
            Ok(Ok(result)) => result,
            Ok(Err(refusal)) => failed(refusal.into_failure()),
            Err(_) => failed(panicked()),
        }
    }

    fn answer(&self, ticket: Ticket, result: answer::Result) {
        self.answer_as("", ticket, result);
    }

    fn answer_as(&self, account: &str, ticket: Ticket, result: answer::Result) {
        let (result, bot_user_id) = (Some(result), account.to_owned());
        let answer = Answer { id: ticket.id, result, bot_user_id };
        self.exchange.say(ticket.session, app_frame::Kind::Answer(answer));
    }

    /// The account of a bot that has just been asked for something, which may have made it.
    fn account(&self, asker: Asker) -> Option<String> {
        let account = self.handlers.account_of.as_ref()?(&asker)?;
        self.desk().bots.insert(asker.bot_username, account.clone());
        Some(account)
    }

    /// The accounts of bots that are known, for the next hello.
    pub(crate) fn bots(&self) -> BTreeMap<String, String> {
        self.desk().bots.clone()
    }

    /// A session is over: what was growing in it is ended.
    pub(crate) fn session_over(self: &Arc<Self>, session: u64) {
        self.desk().over = session;
        self.abandon(session);
    }

    fn abandon(self: &Arc<Self>, session: u64) {
        let ends = self.desk().growing.abandon(session);
        for end in ends {
            // Nobody waits for the answer: the session that it would go to is no more.
            let work = Work::Act(Box::new(end));
            if self.handlers.have(&work) {
                self.enqueue(Job { ticket: Ticket { session, id: 0 }, key: None, work });
            }
        }
    }

    /// The plugin no longer waits.
    pub(crate) fn cancel(&self, session: u64, id: u64) {
        self.desk().cancel(Ticket { session, id });
    }
}

impl Desk {
    fn recall(&mut self, job: &Job) -> Known {
        match &job.key {
            Some(key) => self.seen.recall(key, job.ticket, Instant::now()),
            None => Known::New,
        }
    }

    fn next(&mut self, name: &str) -> Option<(Job, Arc<Notify>)> {
        let Some(job) = self.lanes.get_mut(name).and_then(VecDeque::pop_front) else {
            self.lanes.remove(name);
            return None;
        };
        let stop = Arc::new(Notify::new());
        self.running.insert(job.ticket, Arc::clone(&stop));
        Some((job, stop))
    }

    /// Whom to answer: the request itself, and its repetition after a reconnect.
    fn finish(&mut self, job: Ticket, key: Option<String>, result: &answer::Result) -> Vec<Ticket> {
        self.jobs -= 1;
        self.running.remove(&job);
        match key {
            Some(key) => self.seen.finish(&key, result, Instant::now()),
            None => vec![job],
        }
    }

    fn cancel(&mut self, ticket: Ticket) {
        if let Some(stop) = self.running.get(&ticket) {
            return stop.notify_one();
        }
        for lane in self.lanes.values_mut() {
            let before = lane.len();
            let seen = &mut self.seen;
            lane.retain(|job| job.ticket != ticket || kept_for_key(seen, job));
            self.jobs -= before - lane.len();
        }
    }
}

/// Drops a waiting job, and what was remembered of it, so that a repetition starts afresh.
fn kept_for_key(seen: &mut Seen, job: &Job) -> bool {
    if let Some(key) = &job.key {
        seen.forget(key);
    }
    false
}

fn key_of(request: &Request) -> Option<String> {
    let plugin = request.asker.as_ref().map_or("", |asker| asker.plugin.as_str());
    let key = &request.idempotency_key;
    (!key.is_empty()).then(|| format!("{plugin}\n{key}"))
}

impl Handlers {
    fn have(&self, work: &Work) -> bool {
        match work {
            Work::Send(_) => self.on_send.is_some(),
            Work::FollowUp(_) => self.on_follow_up.is_some(),
            Work::Decided(_) => self.on_decided.is_some(),
            Work::Act(asked) => self.acts.contains_key(asked.name()),
        }
    }

    fn begin(&self, work: Work) -> Option<Working> {
        match work {
            Work::Send(send) => self.on_send.as_ref().map(|handler| sent(handler(*send))),
            Work::FollowUp(said) => self.on_follow_up.as_ref().map(|handler| sent(handler(*said))),
            Work::Decided(it) => self.on_decided.as_ref().map(|handler| sent(handler(*it))),
            Work::Act(asked) => self.acts.get(asked.name()).and_then(|handler| handler(*asked)),
        }
    }
}

impl Work {
    /// What one channel gets comes in order, whatever it is.
    fn lane(&self) -> String {
        let (workspace, channel) = match self {
            Self::Send(send) => (&send.workspace, send.channel()),
            Self::FollowUp(said) => (&said.workspace, said.channel.id.as_str()),
            Self::Decided(it) => (&it.workspace, it.channel()),
            Self::Act(asked) => (&asked.workspace, operations::order_of(&asked.what)),
        };
        format!("{workspace}\n{channel}")
    }

    fn asker(&self) -> &Asker {
        match self {
            Self::Send(send) => &send.asker,
            Self::FollowUp(said) => &said.asker,
            Self::Decided(it) => &it.asker,
            Self::Act(asked) => &asked.asker,
        }
    }

    fn step(&self) -> growing::Seen {
        match self {
            Self::Act(asked) => growing::look(asked),
            Self::Send(_) | Self::FollowUp(_) | Self::Decided(_) => growing::Seen::Neither,
        }
    }
}

/// What becomes a message is answered with its id.
fn sent(sending: Sending) -> Working {
    Box::pin(async move { Ok(answer::Result::Sent(Sent { message_id: sending.await? })) })
}

fn read(request: Request) -> Option<Work> {
    if !matches!(
        request.of,
        Some(request::Of::Send(_) | request::Of::FollowUp(_) | request::Of::Decided(_))
    ) {
        return Asked::read(request).map(|asked| Work::Act(Box::new(asked)));
    }
    let Request { idempotency_key, attempt, asker, workspace, of, trace, .. } = request;
    let asker = asker.unwrap_or_default();
    match of? {
        request::Of::Send(SendMessage { message }) => {
            let message = message?;
            let send = SendRequest { asker, workspace, message, idempotency_key, attempt, trace };
            Some(Work::Send(Box::new(send)))
        }
        request::Of::FollowUp(said) => Some(Work::FollowUp(Box::new(FollowUp {
            asker,
            workspace,
            interaction_id: said.interaction_id,
            seq: said.seq,
            reply: said.reply.unwrap_or_default(),
            channel: said.channel.unwrap_or_default(),
            user: said.user.unwrap_or_default(),
            thread_root: said.thread_root,
            last: said.last,
            idempotency_key,
            attempt,
            trace,
        }))),
        request::Of::Decided(decided) => {
            Decided::read(*decided, (asker, workspace), (idempotency_key, attempt))
                .map(|decided| Work::Decided(Box::new(decided)))
        }
        // They were read above.
        _ => None,
    }
}

fn failed(failure: Failure) -> answer::Result {
    answer::Result::Failure(failure)
}

fn unsupported() -> Failure {
    let says = "this app does not carry out what was asked";
    Failure::new(tonic::Code::Unimplemented, Reason::AppUnsupported, says)
}

fn over_limit() -> Failure {
    let says = format!("the app has {MOST} requests of plugins waiting");
    Failure::new(tonic::Code::ResourceExhausted, Reason::OverLimit, says)
        .retry_after(Duration::from_secs(1))
}

fn cancelled() -> Failure {
    Failure::new(tonic::Code::Cancelled, Reason::Cancelled, "the plugin no longer waits")
}

fn late() -> Failure {
    let says = "the app did not carry it out within 30 s";
    Failure::new(tonic::Code::DeadlineExceeded, Reason::Deadline, says)
}

fn panicked() -> Failure {
    let says = "the app failed while carrying it out";
    Failure::new(tonic::Code::Internal, Reason::HandlerFailed, says)
}
