//! `Handlers`: what a plugin's code registered, by hook, event and command.
//!
//! It turns a frame into a handler at work. It refuses to know streams, threads and deadlines'
//! passing.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use outboard_proto::common::{Failure, HookPayload, Reason, event};
use outboard_proto::plugin::{self as wire, call::Of};
use outboard_proto::plugin::{
    Autocomplete, Call, Choices, Delivery, Handler, HandlerKind, Intercept, RunCommand, UiAction,
    reply::Result as Answer,
};
use tonic::Code;

use crate::action::Action;
use crate::call::{Json, PluginCall};
use crate::command::Command;
use crate::context::Context;
use crate::error::Error;
use crate::event::{Event, FromEvent};
use crate::exchange::Exchange;
use crate::grants::GrantsHandler;
use crate::hook;
use crate::host::Host;
use crate::http::{HttpRequest, HttpResponse};
use crate::lifecycle::Life;
use crate::link::{Cause, Link};
use crate::outcome::Outcome;
use crate::reply::Reply;
use crate::session::answer::{Key, ack, reply};
use crate::session::bodies::Bodies;
use crate::session::codec::Encoded;
use crate::session::lease::Lease;
use crate::session::outbox::Outbox;
use crate::session::running::{Local, Running, Until};
use crate::settings::SettingsChange;
use crate::settings::at::At;
use crate::start::Start;
use crate::typing::Typing;
use crate::verdict::Verdict;

/// What a plugin's code registered.
#[derive(Default)]
pub(crate) struct Handlers {
    pub(crate) hooks: Named<HookHandler>,
    pub(crate) events: Named<EventHandler>,
    pub(crate) commands: Named<CommandHandler>,
    pub(crate) schedules: Named<EventHandler>,
    pub(crate) methods: Named<CallHandler>,
    pub(crate) routes: Named<HttpHandler>,
    pub(crate) autocompletes: Named<AutocompleteHandler>,
    pub(crate) actions: Named<ActionHandler>,
    pub(crate) life: Life,
    pub(crate) on_start: Option<StartHandler>,
    pub(crate) on_settings_changed: Option<SettingsHandler>,
    pub(crate) on_grants_changed: Option<GrantsHandler>,
    pub(crate) on_drain: Option<EndHandler>,
    pub(crate) on_shutdown: Option<EndHandler>,
}

pub(crate) type HookHandler = Box<dyn Fn(u64, HookPayload, Context) -> Local<Encoded>>;
pub(crate) type EventHandler = Box<dyn Fn(u64, Event) -> Local<Encoded>>;
pub(crate) type StartHandler = Box<dyn Fn(Start) -> Local<Result<(), Error>>>;
pub(crate) type SettingsHandler = Box<dyn Fn(SettingsChange) -> Local<Result<(), Error>>>;
pub(crate) type EndHandler = Box<dyn Fn() -> Local<()>>;
pub(crate) type AutocompleteHandler = Box<dyn Fn(u64, Typing) -> Local<Encoded>>;
pub(crate) type ActionHandler = Box<dyn Fn(u64, Action) -> Local<Encoded>>;
pub(crate) type CommandHandler = Box<dyn Fn(u64, Command) -> Local<Encoded>>;
pub(crate) type CallHandler = Box<dyn Fn(u64, PluginCall) -> Local<Encoded>>;
pub(crate) type HttpHandler = Box<dyn Fn(u64, HttpRequest, Arc<Outbox>) -> Local<Encoded>>;

/// What a session lends to the handlers that run in it.
#[derive(Debug, Clone)]
pub(crate) struct Surroundings {
    pub(crate) link: Arc<Link>,
    pub(crate) outbox: Arc<Outbox>,
    pub(crate) bodies: Arc<Bodies>,
    pub(crate) session: u64,
}

impl Handlers {
    /// The handlers as Hello lists them.
    pub(crate) fn list(&self) -> Vec<Handler> {
        let listed =
            |kind: HandlerKind, name: &str| Handler { kind: kind.into(), name: name.into() };
        let hooks = self.hooks.names().map(|name| listed(HandlerKind::Hook, name));
        let events = self.events.names().map(|name| listed(HandlerKind::Event, name));
        // A subcommand's handler is its command's, as far as the manifest is concerned.
        let owners = self.commands.names().filter_map(|name| name.split(' ').next());
        let owners: BTreeSet<&str> = owners.collect();
        let commands = owners.into_iter().map(|name| listed(HandlerKind::Command, name));
        let schedules = self.schedules.names().map(|name| listed(HandlerKind::Schedule, name));
        let methods = self.methods.names().map(|name| listed(HandlerKind::PluginCall, name));
        let routes = self.routes.names().map(|name| listed(HandlerKind::Http, name));
        let more = schedules.chain(methods).chain(routes);
        hooks.chain(events).chain(commands).chain(more).collect()
    }

    /// The first name that has two handlers.
    pub(crate) fn doubled(&self) -> Option<String> {
        let kinds: [Vec<&str>; 5] = [
            self.hooks.names().collect(),
            self.events.names().collect(),
            self.commands.names().collect(),
            self.autocompletes.names().collect(),
            self.actions.names().collect(),
        ];
        kinds.into_iter().find_map(|mut names| {
            names.sort_unstable();
            names.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0].to_owned())
        })
    }

    /// The handler of a call, ready to work. One that is missing fails at once.
    pub(crate) fn call(&self, call: Call, around: &Surroundings) -> Running {
        let began = Began {
            id: call.id,
            at: Instant::now(),
            budget: Duration::from_micros(call.budget_us),
        };
        let cause = Cause::Call { session: around.session, id: call.id };
        let at = around.link.known.is_narrowed().then(|| At::of_call(&call));
        let host = Host::new(Arc::clone(&around.link), cause);
        let ctx = Context::new(host, began.deadline(), call.trace);
        let ctx = ctx.within(call.workspace, call.locale).at(at);
        match call.of {
            Some(Of::Intercept(intercept)) => self.intercept(&began, intercept, ctx),
            Some(Of::Command(run)) => self.command(&began, *run, ctx, around),
            Some(Of::Plugin(asked)) => self.plugin_call(&began, *asked, ctx),
            Some(Of::Http(request)) => self.http(&began, *request, ctx, around),
            Some(Of::Ui(asked)) => self.action(&began, *asked, ctx, around),
            Some(Of::Autocomplete(asked)) => self.autocomplete(&began, *asked, ctx),
            None => missing(Key::Call(began.id), "this kind of call"),
        }
    }

    /// The handler of an event, ready to work. One that is missing fails at once.
    pub(crate) fn event(&self, delivery: Delivery, around: &Surroundings) -> Running {
        let key = Key::Event(delivery.delivery);
        let event = delivery.event.unwrap_or_default();
        let (named, name) = match &event.of {
            Some(event::Of::Schedule(schedule)) => (&self.schedules, &schedule.name),
            _ => (&self.events, &event.r#type),
        };
        let Some(handler) = named.get(name) else { return missing(key, name) };
        let host = Host::new(Arc::clone(&around.link), Cause::Event(delivery.delivery));
        let deadline = Instant::now() + Duration::from_micros(delivery.budget_us);
        let ctx = Context::new(host, deadline, delivery.trace);
        let at = around.link.known.is_narrowed().then(|| At::of_event(&event));
        let ctx = ctx.within(event.workspace.clone(), String::new()).at(at);
        let event = Event::new(event, delivery.attempt, ctx);
        Running::new(key, Until::Fixed(deadline), handler(delivery.delivery, event))
    }

    fn intercept(&self, began: &Began, asked: Intercept, ctx: Context) -> Running {
        let key = Key::Call(began.id);
        let payload = asked.payload.unwrap_or_default();
        let Some(handler) = self.hooks.get(hook::name_of(&payload)) else {
            return missing(key, hook::name_of(&payload));
        };
        Running::new(key, Until::Fixed(began.deadline()), handler(began.id, payload, ctx))
    }

    fn command(
        &self,
        began: &Began,
        run: RunCommand,
        ctx: Context,
        around: &Surroundings,
    ) -> Running {
        let key = Key::Call(began.id);
        let of_subcommand = match run.subcommand.as_str() {
            "" => None,
            subcommand => self.commands.get(&format!("{} {subcommand}", run.name)),
        };
        let Some(handler) = of_subcommand.or_else(|| self.commands.get(&run.name)) else {
            return missing(key, &format!("/{} {}", run.name, run.subcommand));
        };
        let (exchange, lease) = began.exchange(run.interaction_id.clone(), ctx, around);
        Running::new(key, Until::Lease(lease), handler(began.id, Command::new(run, exchange)))
    }

    fn action(
        &self,
        began: &Began,
        asked: UiAction,
        ctx: Context,
        around: &Surroundings,
    ) -> Running {
        let key = Key::Call(began.id);
        let name = match asked.modal.as_str() {
            "" => asked.component.clone(),
            modal => format!("form {modal}"),
        };
        let Some(handler) = self.actions.get(&name) else {
            return missing(key, &format!("what is done to {name}"));
        };
        let (exchange, lease) = began.exchange(asked.interaction_id.clone(), ctx, around);
        Running::new(key, Until::Lease(lease), handler(began.id, Action::new(asked, exchange)))
    }

    fn autocomplete(&self, began: &Began, asked: Autocomplete, ctx: Context) -> Running {
        let key = Key::Call(began.id);
        let words = [&asked.command, &asked.subcommand, &asked.argument];
        let words: Vec<&str> = words.into_iter().map(String::as_str).collect();
        let name = words.join(" ").replace("  ", " ");
        let Some(handler) = self.autocompletes.get(&name) else { return missing(key, &name) };
        let typing = Typing::new(asked, ctx);
        Running::new(key, Until::Fixed(began.deadline()), handler(began.id, typing))
    }

    fn plugin_call(&self, began: &Began, asked: wire::PluginCall, ctx: Context) -> Running {
        let key = Key::Call(began.id);
        let Some(handler) = self.methods.get(&asked.method) else {
            return missing(key, &asked.method);
        };
        let call = PluginCall::new(asked, ctx);
        Running::new(key, Until::Fixed(began.deadline()), handler(began.id, call))
    }

    fn http(
        &self,
        began: &Began,
        request: wire::HttpRequest,
        ctx: Context,
        around: &Surroundings,
    ) -> Running {
        let key = Key::Call(began.id);
        let Some(handler) = self.routes.get(&request.route) else {
            return missing(key, &request.route);
        };
        let body = (request.body != 0).then(|| around.bodies.open(request.body));
        let request = HttpRequest::new(request, body, ctx);
        let handling = handler(began.id, request, Arc::clone(&around.outbox));
        Running::new(key, Until::Fixed(began.deadline()), handling)
    }
}

/// When a call came and what it may take.
struct Began {
    id: u64,
    at: Instant,
    budget: Duration,
}

impl Began {
    fn deadline(&self) -> Instant {
        self.at + self.budget
    }

    /// What a command or an action answers through, and how long it may.
    fn exchange(
        &self,
        interaction_id: String,
        ctx: Context,
        around: &Surroundings,
    ) -> (Exchange, Arc<Lease>) {
        let lease = Arc::new(Lease::new(self.at, self.budget));
        let outbox = Arc::clone(&around.outbox);
        let call = self.id;
        let exchange = Exchange { call, interaction_id, ctx, lease: Arc::clone(&lease), outbox };
        (exchange, lease)
    }
}

fn missing(key: Key, what: &str) -> Running {
    let answer = key.failed(no_handler(what));
    Running::new(key, Until::Fixed(Instant::now()), Box::pin(std::future::ready(answer)))
}

fn no_handler(what: &str) -> Failure {
    let message = format!("the plugin has no handler for {what}");
    Failure::new(Code::Unimplemented, Reason::NotSupported, message)
}

/// Handlers by name. A plugin has a handful: looking through them beats hashing.
pub(crate) struct Named<T>(Vec<(String, T)>);

impl<T> Default for Named<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Named<T> {
    pub(crate) fn add(&mut self, name: impl Into<String>, handler: T) {
        self.0.push((name.into(), handler));
    }

    fn get(&self, name: &str) -> Option<&T> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, handler)| handler)
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }
}

/// A hook's handler from an author's function; `read` finds what the function wants.
pub(crate) fn hook_handler<A: 'static, R: Outcome<Verdict> + 'static>(
    read: fn(HookPayload, Context) -> Option<A>,
    handler: impl AsyncFn(A) -> R + 'static,
) -> HookHandler {
    let handler = Rc::new(handler);
    Box::new(move |call, payload, ctx| {
        let Some(asked) = read(payload, ctx) else {
            let answer = reply(call, Err(no_handler("this payload")));
            return Box::pin(std::future::ready(answer));
        };
        let handler = Rc::clone(&handler);
        Box::pin(async move {
            let verdict = handler(asked).await.outcome();
            let answer = verdict.map(|verdict| Answer::Hook(verdict.into_answer()));
            reply(call, answer.map_err(Error::into_failure))
        })
    })
}

/// An event's handler from an author's function.
pub(crate) fn event_handler<A: FromEvent + 'static, R: Outcome<()> + 'static>(
    handler: impl AsyncFn(A) -> R + 'static,
) -> EventHandler {
    let handler = Rc::new(handler);
    Box::new(move |delivery, event| {
        let handler = Rc::clone(&handler);
        Box::pin(async move {
            let event = match A::from_event(event) {
                Ok(event) => event,
                Err(expected) => return ack(delivery, Err(no_content(expected))),
            };
            ack(delivery, handler(event).await.outcome().map_err(Error::into_failure))
        })
    })
}

/// A handler of another plugin's calls from an author's function.
pub(crate) fn call_handler<R: Outcome<Json> + 'static>(
    handler: impl AsyncFn(PluginCall) -> R + 'static,
) -> CallHandler {
    let handler = Rc::new(handler);
    Box::new(move |call, asked| {
        let handler = Rc::clone(&handler);
        Box::pin(async move {
            let answer = handler(asked).await.outcome().map(|Json(json)| Answer::Json(json));
            reply(call, answer.map_err(Error::into_failure))
        })
    })
}

/// A route's handler from an author's function.
pub(crate) fn http_handler<R: Outcome<HttpResponse> + 'static>(
    handler: impl AsyncFn(HttpRequest) -> R + 'static,
) -> HttpHandler {
    let handler = Rc::new(handler);
    Box::new(move |call, request, outbox| {
        let handler = Rc::clone(&handler);
        Box::pin(async move {
            match handler(request).await.outcome() {
                Ok(response) => response.say(call, &outbox).await,
                Err(error) => reply(call, Err(error.into_failure())),
            }
        })
    })
}

/// A command's handler from an author's function.
pub(crate) fn command_handler<R: Outcome<Reply> + 'static>(
    handler: impl AsyncFn(Command) -> R + 'static,
) -> CommandHandler {
    let handler = Rc::new(handler);
    Box::new(move |call, command| {
        let handler = Rc::clone(&handler);
        Box::pin(async move {
            let said = handler(command).await.outcome();
            let answer = said.map(|said| Answer::Interaction(said.into_wire()));
            reply(call, answer.map_err(Error::into_failure))
        })
    })
}

/// An action's handler from an author's function.
pub(crate) fn action_handler<R: Outcome<Reply> + 'static>(
    handler: impl AsyncFn(Action) -> R + 'static,
) -> ActionHandler {
    let handler = Rc::new(handler);
    Box::new(move |call, action| {
        let handler = Rc::clone(&handler);
        Box::pin(async move {
            let said = handler(action).await.outcome();
            let answer = said.map(|said| Answer::Interaction(said.into_wire()));
            reply(call, answer.map_err(Error::into_failure))
        })
    })
}

/// What may be offered, from an author's function.
pub(crate) fn autocomplete_handler<R: Outcome<Vec<String>> + 'static>(
    handler: impl AsyncFn(Typing) -> R + 'static,
) -> AutocompleteHandler {
    let handler = Rc::new(handler);
    Box::new(move |call, typing| {
        let handler = Rc::clone(&handler);
        Box::pin(async move {
            let offered = handler(typing).await.outcome();
            let answer = offered.map(|choices| Answer::Choices(Choices { choices }));
            reply(call, answer.map_err(Error::into_failure))
        })
    })
}

fn no_content(expected: &str) -> Failure {
    let message = format!("the event carries no {expected}");
    Failure::new(Code::InvalidArgument, Reason::Invalid, message)
}
