//! Calls from one plugin to another, made while the first handles something or of its own idea.
//!
//! A call inherits what is left of its cause's time and one hop more than it had, so that a circle
//! of plugins ends. It refuses to know what the JSON says.

use std::collections::BTreeSet;
use std::time::Duration;

use outboard_proto::common::{Failure, Reason};
use outboard_proto::limits::FRAME_BYTES;
use outboard_proto::plugin::{self, CallPluginRequest, reply};
use outboard_supervision::Moment;
use tokio::sync::oneshot;
use tonic::Code;

use super::call::{Call, Lost, NewCall, Purpose};
use super::cause::Cause;
use super::command::unavailable;
use super::revoke::CALL;
use super::{Core, MemberId, Switchboard};
use crate::config::manifest::{MethodDecl, RouteDecl};
use crate::config::name::PluginName;
use crate::config::permission::Permission;
use crate::frame::CallBody;

/// What a plugin answers beside hooks, events and commands, and whom it may call.
#[derive(Debug, Clone, Default)]
pub struct Reach {
    /// The plugins it may call.
    pub may_call: BTreeSet<PluginName>,
    /// What others may call.
    pub methods: Vec<MethodDecl>,
    /// Addresses it answers.
    pub routes: Vec<RouteDecl>,
}

/// A call of a plugin's, under way at another.
pub struct NestedCall {
    /// The call that its caller was handling.
    parent: Option<u64>,
    /// What is called.
    pub method: String,
    answer: oneshot::Sender<Result<String, Failure>>,
    /// What its handler's own doings are caused by.
    pub cause: Cause,
}

/// A call that was handed over. Dropped before its answer, it is cancelled.
pub struct Awaited {
    id: u64,
    answer: oneshot::Receiver<Result<String, Failure>>,
    switchboard: Switchboard,
}

impl Awaited {
    /// The callee's answer.
    ///
    /// # Errors
    /// The callee's failure, or why there is no answer.
    pub async fn answer(mut self) -> Result<String, Failure> {
        (&mut self.answer).await.unwrap_or_else(|_| {
            let text = "the call that caused this one is over";
            Err(Failure::new(Code::Cancelled, Reason::Cancelled, text))
        })
    }
}

impl Drop for Awaited {
    fn drop(&mut self) {
        let id = self.id;
        self.switchboard.with(|core, now| {
            // Answered calls are found no more.
            if let Some(key) = core.calls.find(id) {
                core.cancel_call(key, "the caller no longer waits", now);
            }
        });
    }
}

impl Switchboard {
    /// Begins a call of the plugin `caller`, which waits no longer than `patience`.
    ///
    /// # Errors
    /// It may not call, has gone too many hops, or the callee cannot be called.
    pub fn call_plugin(
        &self,
        caller: MemberId,
        request: CallPluginRequest,
        cause: Option<Cause>,
        patience: Duration,
    ) -> Result<Awaited, Failure> {
        let begun = self.with(|core, now| {
            let cause = cause.unwrap_or_else(|| core.supposed_cause(caller));
            core.call_plugin(caller, request, (cause, patience), now)
        });
        begun.map(|(id, answer)| Awaited { id, answer, switchboard: self.clone() })
    }
}

type Begun = (u64, oneshot::Receiver<Result<String, Failure>>);

impl Core {
    fn call_plugin(
        &mut self,
        caller: MemberId,
        request: CallPluginRequest,
        (cause, patience): (Cause, Duration),
        now: Moment,
    ) -> Result<Begun, Failure> {
        let caused = self.may_call(caller, &request.plugin, &cause)?;
        let (callee, timeout) = self.callee(&request)?;
        let deadline = now + timeout.min(patience);
        let deadline = cause.deadline.map_or(deadline, |outer| outer.min(deadline));
        if deadline <= now {
            let text = "no time is left for the call";
            return Err(Failure::new(Code::DeadlineExceeded, Reason::Deadline, text)
                .detail("outcome", "not_started"));
        }
        let method = request.method.clone();
        let body = self.nested_body(caller, request, &caused)?;
        let (answer, answered) = oneshot::channel();
        let nested = NestedCall { parent: cause.call, method, answer, cause: caused };
        let purpose = Purpose::Nested(Box::new(nested));
        let new = NewCall { member: callee, purpose, deadline, body };
        let key = self.begin_call(new, now).map_err(|_| self.too_busy(callee))?;
        let id = self.calls.get(key).map_or(0, |call| call.id);
        Ok((id, answered))
    }

    /// What a call counts as caused by that names nothing: the others' call, among those its plugin
    /// is answering, that is furthest from a person. Only its hops count: else a circle of plugins
    /// that name no cause would go round for ever.
    fn supposed_cause(&self, caller: MemberId) -> Cause {
        let hops = |key: &usize| self.nested_cause(*key).map_or(0, |cause| cause.way().0);
        let answering = self.calls.keys_where(|call| call.member == caller);
        let furthest = answering.into_iter().max_by_key(hops);
        furthest.and_then(|key| self.nested_cause(key)).map(Cause::hops_only).unwrap_or_default()
    }

    fn nested_cause(&self, key: usize) -> Option<&Cause> {
        match &self.calls.get(key)?.purpose {
            Purpose::Nested(nested) => Some(&nested.cause),
            Purpose::Intercept { .. }
            | Purpose::Shadow(_)
            | Purpose::Command(_)
            | Purpose::Autocomplete(_)
            | Purpose::Http(_) => None,
        }
    }

    /// Whether a plugin may call another; what the call will be the cause of.
    fn may_call(
        &mut self,
        caller: MemberId,
        callee: &str,
        cause: &Cause,
    ) -> Result<Cause, Failure> {
        let Some(member) = self.members.get_mut(caller) else {
            let text = "the plugin is being unloaded";
            return Err(Failure::new(Code::Unavailable, Reason::Stopping, text));
        };
        let granted = member.may(Permission::PluginsCall);
        if !granted || !member.is.reach.may_call.iter().any(|it| it.as_str() == callee) {
            self.permits.refuse(member, CALL, Permission::PluginsCall);
            let text = format!("Permission denied: {} for {callee}", Permission::PluginsCall);
            return Err(Failure::new(Code::PermissionDenied, Reason::PermissionDenied, text));
        }
        cause.through(member)
    }

    /// The plugin that is called, if it can take the call, and how long it may take for it.
    fn callee(&mut self, request: &CallPluginRequest) -> Result<(MemberId, Duration), Failure> {
        let (plugin, method) = (&request.plugin, &request.method);
        let Some(&id) = self.names.get(plugin.as_str()) else {
            let text = format!("no plugin {plugin} is loaded");
            return Err(Failure::new(Code::NotFound, Reason::UnknownPlugin, text));
        };
        let member = &mut self.members[id];
        let Some(decl) = member.is.reach.methods.iter().find(|it| it.name == *method) else {
            let text = format!("{plugin} has no method {method}");
            return Err(Failure::new(Code::Unimplemented, Reason::UnknownMethod, text));
        };
        let timeout = decl.timeout.unwrap_or(member.is.call_timeout);
        if !member.takes_work() {
            return Err(unavailable(&member.is.name, &member.standing, "not_started"));
        }
        Ok((id, timeout))
    }

    fn nested_body(
        &self,
        caller: MemberId,
        request: CallPluginRequest,
        caused: &Cause,
    ) -> Result<CallBody, Failure> {
        let (hops, chain) = caused.way();
        let call = plugin::PluginCall {
            caller: self.members[caller].is.name.to_string(),
            method: request.method,
            json: request.json,
            hops,
            chain: chain.to_vec(),
        };
        let frame = plugin::Call {
            of: Some(plugin::call::Of::Plugin(Box::new(call))),
            attempt: 1,
            workspace: caused.workspace.clone(),
            trace: caused.trace.clone(),
            ..plugin::Call::default()
        };
        fitting(&frame)
    }

    /// What a caller hears where the window and the queue are full.
    pub fn too_busy(&self, member: MemberId) -> Failure {
        let text = format!("{} has too much to do", self.members[member].is.name);
        Failure::new(Code::ResourceExhausted, Reason::OverLimit, text)
            .detail("outcome", "not_started")
            .retry_after(Duration::from_secs(1))
    }

    /// A plugin answered another's call.
    pub fn nested_replied(
        &mut self,
        member: MemberId,
        nested: NestedCall,
        result: Option<reply::Result>,
    ) {
        let is = &mut self.members[member];
        let answer = match result {
            Some(reply::Result::Json(json)) => Ok(json),
            // It has nothing to say.
            None => Ok("null".to_owned()),
            Some(reply::Result::Failure(failure)) => {
                is.traffic.errors += 1;
                Err(failure.detail("plugin", is.is.name.to_string()))
            }
            Some(
                reply::Result::Hook(_)
                | reply::Result::Interaction(_)
                | reply::Result::Choices(_)
                | reply::Result::Http(_),
            ) => {
                is.traffic.rule_breaks += 1;
                let text = format!("{} answered a plugin's call with something else", is.is.name);
                Err(Failure::new(Code::Internal, Reason::ProtocolViolation, text))
            }
        };
        // The caller may have gone; then nobody needs the answer.
        let _ = nested.answer.send(answer);
    }

    /// A call ended without an answer.
    pub fn nested_lost(&mut self, member: MemberId, nested: NestedCall, lost: Lost) {
        let _ = nested.answer.send(Err(self.lost_failure(member, lost)));
    }

    /// A call is over before its time: what its handler asked of others ends with it.
    pub fn cancel_nested_of(&mut self, outer: &Call, now: Moment) {
        let calls_others =
            self.members.get(outer.member).is_some_and(|it| !it.is.reach.may_call.is_empty());
        if !calls_others {
            return;
        }
        let inner = self.calls.keys_where(|call| match &call.purpose {
            Purpose::Nested(nested) => nested.parent == Some(outer.id),
            Purpose::Intercept { .. }
            | Purpose::Shadow(_)
            | Purpose::Command(_)
            | Purpose::Autocomplete(_)
            | Purpose::Http(_) => false,
        });
        for key in inner {
            self.cancel_call(key, "the call that caused it is over", now);
        }
    }
}

/// The body of a call, if it fits a frame.
pub fn fitting(frame: &plugin::Call) -> Result<CallBody, Failure> {
    // Room for the id and the budget, which are put before it.
    const HEAD: usize = 32;
    let body = CallBody::of(frame);
    let size = body.len() + HEAD;
    if size <= FRAME_BYTES {
        return Ok(body);
    }
    let text = format!("the call has {size} bytes; a frame may have {FRAME_BYTES}");
    Err(Failure::new(Code::ResourceExhausted, Reason::FrameTooLarge, text)
        .detail("outcome", "not_started"))
}
