//! What an app says of itself before it connects.
//!
//! It refuses to know how the connection is made and kept.

mod carries;

use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use outboard_proto::PROTOCOL;
use outboard_proto::app::{AppHello, Asker};
use outboard_proto::common::Event;

use crate::app::App;
use crate::dial::Dial;
use crate::exchange::Exchange;
use crate::held::Decided;
use crate::requests::{Handlers, Requests};
use crate::send::{FollowUp, Refusal, SendRequest};
use crate::session::Keeper;
use crate::told::{OnEvent, Told};

const SEND: &str = "messages.send";
const FOLLOW_UP: &str = "interactions.follow_up";
const DECIDE: &str = "held.decide";

/// Describes an app. Made by [`App::builder`].
#[must_use]
pub struct Builder {
    hello: AppHello,
    handlers: Handlers,
    on_event: Option<OnEvent>,
    patience: Duration,
}

impl Builder {
    pub(crate) fn new(app: &str, version: &str) -> Self {
        let hello = AppHello {
            protocol: PROTOCOL.into(),
            app: app.into(),
            version: version.into(),
            node: "main".into(),
            epoch: now_us(),
            features: vec!["chunks".into()],
            ..AppHello::default()
        };
        Self {
            hello,
            handlers: Handlers::default(),
            on_event: None,
            patience: Duration::from_secs(5),
        }
    }

    /// Names this process among the app's; `main` if not said. Each needs its own.
    pub fn node(mut self, node: impl Into<String>) -> Self {
        self.hello.node = node.into();
        self
    }

    /// The hooks it calls, such as `message.before_post`.
    pub fn hooks<S: Into<String>>(mut self, hooks: impl IntoIterator<Item = S>) -> Self {
        self.hello.hooks = hooks.into_iter().map(Into::into).collect();
        self
    }

    /// The event types it publishes, such as `message.posted`.
    pub fn events<S: Into<String>>(mut self, events: impl IntoIterator<Item = S>) -> Self {
        self.hello.events = events.into_iter().map(Into::into).collect();
        self
    }

    /// What of plugins it shows: `blocks`, `web`, `menu`, `modal`; where it names positions, too,
    /// such as `sidebar`, it is told of no others.
    pub fn ui<S: Into<String>>(mut self, kinds: impl IntoIterator<Item = S>) -> Self {
        self.hello.ui = kinds.into_iter().map(Into::into).collect();
        self
    }

    /// What it carries out for plugins. [`Builder::on_send`] adds `messages.send` by itself.
    pub fn operations<S: Into<String>>(mut self, operations: impl IntoIterator<Item = S>) -> Self {
        for operation in operations {
            self.operation(operation.into());
        }
        self
    }

    fn operation(&mut self, operation: String) {
        if !self.hello.operations.contains(&operation) {
            self.hello.operations.push(operation);
        }
    }

    /// Its workspaces, if it has more than one.
    pub fn workspaces<S: Into<String>>(mut self, workspaces: impl IntoIterator<Item = S>) -> Self {
        self.hello.workspaces = workspaces.into_iter().map(Into::into).collect();
        self
    }

    /// Where people reach it, for links that plugins write.
    pub fn public_url(mut self, url: impl Into<String>) -> Self {
        self.hello.public_url = url.into();
        self
    }

    /// The language that plugins should speak where nobody says which, BCP 47.
    pub fn locale(mut self, locale: impl Into<String>) -> Self {
        self.hello.locale = locale.into();
        self
    }

    /// Remembers for 24 hours which requests of plugins were carried out, so that one sent again
    /// after a lost session counts once. The daemon then does send again; without this the
    /// plugin hears that the outcome is unknown.
    pub fn dedupe(mut self) -> Self {
        self.hello.dedupe = true;
        self
    }

    /// How long [`App::publish`] waits for a daemon that is away; 5 s if not said.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Says what it calls the account of a plugin's bot, if there is one: by this id its messages
    /// name the bot as their sender, or as mentioned. Asked when something was carried out for the
    /// bot, which may have made the account; it must not block.
    pub fn bot_accounts(
        mut self,
        account_of: impl Fn(&Asker) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.handlers.account_of = Some(Box::new(account_of));
        self
    }

    /// Posts what plugins say, and gives the new message's id. Called for one channel one after
    /// another, for different channels at once; given up after 30 s.
    pub fn on_send<F, Fut>(mut self, handler: F) -> Self
    where
        F: Fn(SendRequest) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<String, Refusal>> + Send + 'static,
    {
        type Sending = Pin<Box<dyn Future<Output = Result<String, Refusal>> + Send>>;
        self.handlers.on_send = Some(Box::new(move |send| Box::pin(handler(send)) as Sending));
        self.operation(SEND.into());
        self
    }

    /// Shows what plugins say to commands that they deferred, and gives the id of the message it
    /// became; an empty one where only one person sees it. Called as [`Builder::on_send`] is.
    /// Without this no plugin can defer.
    pub fn on_follow_up<F, Fut>(mut self, handler: F) -> Self
    where
        F: Fn(FollowUp) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<String, Refusal>> + Send + 'static,
    {
        type Showing = Pin<Box<dyn Future<Output = Result<String, Refusal>> + Send>>;
        self.handlers.on_follow_up = Some(Box::new(move |it| Box::pin(handler(it)) as Showing));
        self.operation(FOLLOW_UP.into());
        self
    }

    /// Is told what became of what plugins held: does it or drops it, and gives the id of the
    /// message it became, or an empty one. Called as [`Builder::on_send`] is, and once for each
    /// decision of the last day. It may come to another node, and after a restart of the app; an
    /// app that is killed while it carries one out is told again. Refused for good, what was
    /// released is held again. Without this no plugin can hold.
    pub fn on_decided<F, Fut>(mut self, handler: F) -> Self
    where
        F: Fn(Decided) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<String, Refusal>> + Send + 'static,
    {
        type Doing = Pin<Box<dyn Future<Output = Result<String, Refusal>> + Send>>;
        self.handlers.on_decided = Some(Box::new(move |it| Box::pin(handler(it)) as Doing));
        self.operation(DECIDE.into());
        self
    }

    /// Is told of events that plugins make up, `plugin:<name>:<event>`, one after another. What
    /// comes while the app is away, or faster than it takes, is not told again.
    pub fn on_plugin_event<S, F, Fut>(
        mut self,
        types: impl IntoIterator<Item = S>,
        handler: F,
    ) -> Self
    where
        S: Into<String>,
        F: Fn(Event) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        type Handling = Pin<Box<dyn Future<Output = ()> + Send>>;
        self.hello.subscriptions = types.into_iter().map(Into::into).collect();
        self.on_event = Some(Box::new(move |event| Box::pin(handler(event)) as Handling));
        self
    }

    /// Connects to the daemon's app socket and stays connected until the last handle is dropped.
    /// Returns at once: while the daemon is away, policies apply.
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    #[must_use]
    pub fn connect(self, socket: impl Into<PathBuf>) -> App {
        self.start(Dial::Socket(Arc::new(socket.into())))
    }

    /// Connects to the double, for the app's own tests.
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    #[must_use]
    pub fn connect_to(self, daemon: &crate::test::Daemon) -> App {
        self.start(Dial::Double(daemon.double()))
    }

    fn start(self, dial: Dial) -> App {
        let exchange = Exchange::new();
        let dedupe = self.hello.dedupe;
        let hello = self.hello;
        let requests = Requests::new(Arc::clone(&exchange), self.handlers, dedupe);
        let requests = Arc::new(requests);
        let told = Told::to(self.on_event);
        let own = dial.clone();
        let keeper = Keeper { exchange: Arc::clone(&exchange), requests, told, dial, hello };
        let task = tokio::spawn(keeper.run());
        App::new(exchange, task.abort_handle(), self.patience, own)
    }
}

fn now_us() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}
