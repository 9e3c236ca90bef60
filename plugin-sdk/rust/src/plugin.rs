//! `Plugin`: what an author builds and runs.
//!
//! It collects handlers and refuses to know how they are called.

use std::rc::Rc;

use outboard_proto::common::{HookPayload, hook_payload::Of};
use tokio::runtime::Builder;
use tokio::task::LocalSet;

use crate::action::Action;
use crate::call::{Json, PluginCall};
use crate::command::Command;
use crate::context::Context;
use crate::environment::Environment;
use crate::error::RunError;
use crate::event::{Event, MemberEvent, MessageEvent};
use crate::exit::Exit;
use crate::handlers::{
    Handlers, action_handler, autocomplete_handler, call_handler, command_handler, event_handler,
    hook_handler, http_handler,
};
use crate::hook::{
    BEFORE_DELETE, BEFORE_EDIT, BEFORE_POST, BeforeDelete, BeforeEdit, BeforePost, Hook,
};
use crate::http::{HttpRequest, HttpResponse};
use crate::outcome::Outcome;
use crate::process::Process;
use crate::reply::Reply;
use crate::schedule::Fired;
use crate::settings::SettingsChange;
use crate::start::Start;
use crate::typing::Typing;
use crate::verdict::Verdict;

/// Threads for [`blocking`](crate::blocking) handlers: the calls that may be under way at once.
const BLOCKING_THREADS: usize = 64;

/// A plugin: its name, its version and its handlers, which must be those that `plugin.toml`
/// declares.
///
/// Handlers are async functions. What they share, they capture; all of them run on one thread, so
/// an `Rc` or a `Cell` will do.
#[must_use = "a plugin does nothing until it is run"]
pub struct Plugin {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) handlers: Handlers,
    pub(crate) environment: Option<Environment>,
}

impl Plugin {
    /// A plugin without handlers. `version` is usually `env!("CARGO_PKG_VERSION")`.
    pub fn new(name: impl Into<String>, version: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            version: version.into(),
            handlers: Handlers::default(),
            environment: None,
        }
    }

    /// Asked before a message is posted: `message.before_post`. Needs `messages:intercept`.
    pub fn before_post<R: Outcome<Verdict> + 'static>(
        mut self,
        handler: impl AsyncFn(BeforePost) -> R + 'static,
    ) -> Self {
        self.handlers.hooks.add(BEFORE_POST, hook_handler(read_before_post, handler));
        self
    }

    /// Asked before an author's change of a message: `message.before_edit`. Needs
    /// `messages:intercept`.
    pub fn before_edit<R: Outcome<Verdict> + 'static>(
        mut self,
        handler: impl AsyncFn(BeforeEdit) -> R + 'static,
    ) -> Self {
        self.handlers.hooks.add(BEFORE_EDIT, hook_handler(read_before_edit, handler));
        self
    }

    /// Asked before a message is deleted: `message.before_delete`. Needs `messages:intercept`.
    pub fn before_delete<R: Outcome<Verdict> + 'static>(
        mut self,
        handler: impl AsyncFn(BeforeDelete) -> R + 'static,
    ) -> Self {
        self.handlers.hooks.add(BEFORE_DELETE, hook_handler(read_before_delete, handler));
        self
    }

    /// Asked at any hook, named as in the manifest.
    pub fn intercept<R: Outcome<Verdict> + 'static>(
        mut self,
        hook: impl Into<String>,
        handler: impl AsyncFn(Hook) -> R + 'static,
    ) -> Self {
        let read = |payload, ctx| Some(Hook::new(payload, ctx));
        self.handlers.hooks.add(hook, hook_handler(read, handler));
        self
    }

    /// Told of every message that is posted: `message.posted`. Needs `messages:read`.
    pub fn on_posted<R: Outcome<()> + 'static>(
        self,
        handler: impl AsyncFn(MessageEvent) -> R + 'static,
    ) -> Self {
        self.on_message("message.posted", handler)
    }

    /// Told of another thing that happens to messages: `message.edited`, `message.deleted`,
    /// `message.pinned` or `message.reported`.
    pub fn on_message<R: Outcome<()> + 'static>(
        mut self,
        event: impl Into<String>,
        handler: impl AsyncFn(MessageEvent) -> R + 'static,
    ) -> Self {
        self.handlers.events.add(event, event_handler(handler));
        self
    }

    /// Told when somebody joins a channel: `member.joined`.
    pub fn on_joined<R: Outcome<()> + 'static>(
        self,
        handler: impl AsyncFn(MemberEvent) -> R + 'static,
    ) -> Self {
        self.on_member("member.joined", handler)
    }

    /// Told of another change of membership: `member.left` or `member.role_changed`.
    pub fn on_member<R: Outcome<()> + 'static>(
        mut self,
        event: impl Into<String>,
        handler: impl AsyncFn(MemberEvent) -> R + 'static,
    ) -> Self {
        self.handlers.events.add(event, event_handler(handler));
        self
    }

    /// Told of any event, named as in the manifest.
    pub fn on_event<R: Outcome<()> + 'static>(
        mut self,
        event: impl Into<String>,
        handler: impl AsyncFn(Event) -> R + 'static,
    ) -> Self {
        self.handlers.events.add(event, event_handler(handler));
        self
    }

    /// Runs the command `name`, written without the slash: a slash command, or one of the menu of a
    /// message or a user. `"todo add"` runs only that subcommand; `"todo"` those without a handler
    /// of their own.
    pub fn command<R: Outcome<Reply> + 'static>(
        mut self,
        name: impl Into<String>,
        handler: impl AsyncFn(Command) -> R + 'static,
    ) -> Self {
        self.handlers.commands.add(name, command_handler(handler));
        self
    }

    /// Told when the schedule `name` of the manifest has come round.
    pub fn on_schedule<R: Outcome<()> + 'static>(
        mut self,
        name: impl Into<String>,
        handler: impl AsyncFn(Fired) -> R + 'static,
    ) -> Self {
        self.handlers.schedules.add(name, event_handler(handler));
        self
    }

    /// Answers other plugins' calls of `method`, with JSON.
    pub fn on_call<R: Outcome<Json> + 'static>(
        mut self,
        method: impl Into<String>,
        handler: impl AsyncFn(PluginCall) -> R + 'static,
    ) -> Self {
        self.handlers.methods.add(method, call_handler(handler));
        self
    }

    /// Answers requests for a route, written as in the manifest: `/hook` or `/files/*`. Needs
    /// `http:serve`.
    pub fn on_http<R: Outcome<HttpResponse> + 'static>(
        mut self,
        route: impl Into<String>,
        handler: impl AsyncFn(HttpRequest) -> R + 'static,
    ) -> Self {
        self.handlers.routes.add(route, http_handler(handler));
        self
    }

    /// Says what may be offered while the argument `argument` of `command` is typed, where the
    /// manifest says `autocomplete = true`. Of a subcommand, `command` is such as `"todo add"`.
    pub fn autocomplete<R: Outcome<Vec<String>> + 'static>(
        mut self,
        command: &str,
        argument: &str,
        handler: impl AsyncFn(Typing) -> R + 'static,
    ) -> Self {
        let name = format!("{command} {argument}");
        self.handlers.autocompletes.add(name, autocomplete_handler(handler));
        self
    }

    /// Answers what people do to the component `component` of this plugin.
    pub fn action<R: Outcome<Reply> + 'static>(
        mut self,
        component: impl Into<String>,
        handler: impl AsyncFn(Action) -> R + 'static,
    ) -> Self {
        self.handlers.actions.add(component, action_handler(handler));
        self
    }

    /// Takes what people fill into the form `modal`, which a reply opened.
    pub fn modal<R: Outcome<Reply> + 'static>(
        mut self,
        modal: &str,
        handler: impl AsyncFn(Action) -> R + 'static,
    ) -> Self {
        self.handlers.actions.add(format!("form {modal}"), action_handler(handler));
        self
    }

    /// Runs once per process, before the first call may come. An error is a failed start: it is
    /// tried again with back-off unless it is [`Error::fatal`](crate::Error::fatal).
    pub fn on_start<R: Outcome<()> + 'static>(
        mut self,
        handler: impl AsyncFn(Start) -> R + 'static,
    ) -> Self {
        let handler = Rc::new(handler);
        self.handlers.on_start = Some(Box::new(move |start| {
            let handler = Rc::clone(&handler);
            Box::pin(async move { handler(start).await.outcome() })
        }));
        self
    }

    /// Asked when somebody has saved settings, one change after the other. A handler that returns
    /// goes by them from then on; one that fails, panics or takes longer than a call may refuses
    /// them: what was before goes on counting, and who saved it reads why. Without a handler every
    /// change is gone by.
    pub fn on_settings_changed<R: Outcome<()> + 'static>(
        mut self,
        handler: impl AsyncFn(SettingsChange) -> R + 'static,
    ) -> Self {
        let handler = Rc::new(handler);
        self.handlers.on_settings_changed = Some(Box::new(move |change| {
            let handler = Rc::clone(&handler);
            Box::pin(async move { handler(change).await.outcome() })
        }));
        self
    }

    /// Runs when no new work will come; what is under way goes on meanwhile.
    pub fn on_drain(mut self, handler: impl AsyncFn() + 'static) -> Self {
        let handler = Rc::new(handler);
        self.handlers.on_drain = Some(Box::new(move || {
            let handler = Rc::clone(&handler);
            Box::pin(async move { handler().await })
        }));
        self
    }

    /// Runs last, when the daemon or a SIGTERM ends the process. It has at least half of the time
    /// that the daemon gives, 5 s by default.
    pub fn on_shutdown(mut self, handler: impl AsyncFn() + 'static) -> Self {
        let handler = Rc::new(handler);
        self.handlers.on_shutdown = Some(Box::new(move || {
            let handler = Rc::clone(&handler);
            Box::pin(async move { handler().await })
        }));
        self
    }

    /// States what the daemon would have put into the environment.
    pub fn environment(mut self, environment: Environment) -> Self {
        self.environment = Some(environment);
        self
    }

    /// Runs the plugin on this thread until it is told to end: the last thing that `main` does.
    pub fn run(self) -> Exit {
        Exit::from(self.run_to_end())
    }

    /// Runs the plugin inside a runtime that is there already, until it is told to end. Takes
    /// SIGTERM as the order to end.
    ///
    /// The future is not `Send`: await it in `main`, or in a `LocalSet`. [`Plugin::run`] is the
    /// faster way, for a thread of its own spares the hand-over between threads.
    ///
    /// # Errors
    /// The daemon refused the plugin or is gone, or the plugin's start failed.
    pub async fn serve(self) -> Result<(), RunError> {
        let process = Process::new(self)?;
        LocalSet::new().run_until(process.serve()).await
    }

    fn run_to_end(self) -> Result<(), RunError> {
        let mut builder = Builder::new_current_thread();
        builder.enable_all().max_blocking_threads(BLOCKING_THREADS);
        let runtime = builder.build_local(tokio::runtime::LocalOptions::default())?;
        // In a task of its own: each wake of the outermost future makes the runtime ask the kernel
        // what else is there.
        let serving = runtime.spawn_local(async { Process::new(self)?.serve().await });
        let ended = runtime.block_on(serving).unwrap_or_else(|lost| match lost.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // Nobody cancels it.
            Err(_) => Ok(()),
        });
        // A blocking handler that never returns must not keep the process.
        runtime.shutdown_background();
        ended
    }
}

fn read_before_post(payload: HookPayload, ctx: Context) -> Option<BeforePost> {
    match payload.of {
        Some(Of::BeforePost(message)) => Some(BeforePost::new(message, ctx)),
        _ => None,
    }
}

fn read_before_edit(payload: HookPayload, ctx: Context) -> Option<BeforeEdit> {
    match payload.of {
        Some(Of::BeforeEdit(edit)) => Some(BeforeEdit::new(edit, ctx)),
        _ => None,
    }
}

fn read_before_delete(payload: HookPayload, ctx: Context) -> Option<BeforeDelete> {
    match payload.of {
        Some(Of::BeforeDelete(delete)) => Some(BeforeDelete::new(delete, ctx)),
        _ => None,
    }
}
