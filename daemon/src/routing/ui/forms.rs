//! Forms that are open: for whom, until when, and whether they were sent.
//!
//! A form is opened by a reply, takes values once, and opens again where nothing came of them. It
//! is kept in memory: after the daemon's end nobody has one open. It refuses to judge values.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use outboard_proto::app::command_result;
use outboard_proto::common::{Failure, InteractionReply, Reason, UiPosition};
use outboard_supervision::Moment;
use tonic::Code;

use super::tell::Renders;
use super::{Core, MemberId};
use crate::config::permission::Permission;
use crate::routing::interaction::CommandCall;
use crate::ui::{Flaws, Form};

/// How long a form waits to be filled in.
const PATIENCE: Duration = Duration::from_secs(30 * 60);
/// Open forms of one plugin; the oldest makes room. With full ones some 8 MiB.
const MOST: usize = 256;

/// All open forms, by their tokens.
#[derive(Default)]
pub struct Forms {
    open: HashMap<String, Open>,
    /// Grows with every form.
    opened: u64,
}

/// One open form.
pub struct Open {
    member: MemberId,
    number: u64,
    pub form: Arc<Form>,
    user: String,
    until: Moment,
    stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Open,
    /// Its values are with the plugin.
    Sent,
}

impl Forms {
    fn open(&mut self, member: MemberId, form: Form, user: &str, now: Moment) -> String {
        self.open.retain(|_, it| it.until > now);
        let of_member = || self.open.iter().filter(|(_, it)| it.member == member);
        if of_member().count() >= MOST {
            let oldest = of_member().min_by_key(|(_, it)| it.number);
            let oldest = oldest.map(|(token, _)| token.clone());
            oldest.and_then(|token| self.open.remove(&token));
        }
        self.opened += 1;
        let token = uuid::Uuid::now_v7().to_string();
        let (form, user, until) = (Arc::new(form), user.to_owned(), now + PATIENCE);
        let open = Open { member, number: self.opened, form, user, until, stage: Stage::Open };
        self.open.insert(token.clone(), open);
        token
    }

    /// The form of this token, for whoever it was opened for.
    ///
    /// # Errors
    /// It is not open, or for somebody else.
    pub fn find(
        &self,
        member: MemberId,
        token: &str,
        user: &str,
        now: Moment,
    ) -> Result<Arc<Form>, Failure> {
        let open = self.open.get(token).filter(|it| it.member == member && it.until > now);
        let Some(open) = open else {
            let text = "this form is not open any more";
            return Err(Failure::new(Code::NotFound, Reason::InteractionExpired, text));
        };
        if open.user != user {
            let text = "this form was opened for somebody else";
            return Err(Failure::new(Code::PermissionDenied, Reason::CommandNotAllowed, text));
        }
        match open.stage {
            Stage::Open => Ok(Arc::clone(&open.form)),
            Stage::Sent => {
                let text = "this form has been sent";
                let failure = Failure::new(Code::ResourceExhausted, Reason::OverLimit, text);
                Err(failure.retry_after(Duration::from_secs(1)))
            }
        }
    }

    /// Its values are on their way.
    pub fn sent(&mut self, token: &str) {
        if let Some(open) = self.open.get_mut(token) {
            open.stage = Stage::Sent;
        }
    }

    /// What came of them: a form that was taken is over, another one may be sent again.
    pub fn settled(&mut self, token: &str, result: Option<&command_result::Result>) {
        let taken = matches!(
            result,
            Some(command_result::Result::Reply(InteractionReply { error: None, .. }))
        );
        if taken {
            self.open.remove(token);
        } else if let Some(open) = self.open.get_mut(token) {
            open.stage = Stage::Open;
        }
    }

    /// A plugin is gone.
    pub fn forget(&mut self, member: MemberId) {
        self.open.retain(|_, it| it.member != member);
    }
}

impl Core {
    /// What becomes of a reply that opens a form: it opens, or is no more than its body, or fails.
    pub fn with_form(
        &mut self,
        id: MemberId,
        command: &CommandCall,
        mut reply: InteractionReply,
        now: Moment,
    ) -> command_result::Result {
        let Some(modal) = reply.modal.take() else { return command_result::Result::Reply(reply) };
        match self.form_of(id, command, *modal) {
            Ok(form) => {
                let user = command.user.as_ref().map(|it| it.id.as_str()).unwrap_or_default();
                let mut shown = form.wire.clone();
                shown.token = self.ui.forms.open(id, form, user, now);
                reply.modal = Some(Box::new(shown));
                command_result::Result::Reply(reply)
            }
            Err(_) if reply.body.is_some() => command_result::Result::Reply(reply),
            Err(failure) => command_result::Result::Failure(failure),
        }
    }

    /// What came of the values that somebody sent, if it was that.
    pub fn settle_form(&mut self, command: &CommandCall, result: Option<&command_result::Result>) {
        if let Some(token) = &command.form {
            self.ui.forms.settled(token, result);
        }
    }

    fn form_of(
        &mut self,
        id: MemberId,
        command: &CommandCall,
        modal: outboard_proto::common::Modal,
    ) -> Result<Form, Failure> {
        if !self.shows_forms(command) {
            let text = "this app shows no forms";
            return Err(Failure::new(Code::Unimplemented, Reason::AppUnsupported, text));
        }
        let member = &mut self.members[id];
        if !member.may(Permission::UiContribute) {
            member.traffic.denied += 1;
            let text = format!("Permission denied: {}", Permission::UiContribute);
            return Err(Failure::new(Code::PermissionDenied, Reason::PermissionDenied, text));
        }
        let form = Form::check(modal).and_then(|form| {
            let named = &form.wire.component;
            let position = self.ui.find(id, named).map(|it| it.wire.position());
            let mut flaws = Flaws::default();
            if !named.is_empty() && position != Some(UiPosition::Modal) {
                flaws.add("modal.component", format!("{named:?} is nothing at position modal"));
            }
            flaws.or(form)
        });
        form.map_err(|flaws| {
            self.members[id].traffic.rule_breaks += 1;
            flaws.failure()
        })
    }

    /// A unary caller that names no node is believed to be any of those there are.
    fn shows_forms(&self, command: &CommandCall) -> bool {
        let node = command.node();
        let mut nodes = self.nodes.ids().filter(|(id, _)| node.is_none_or(|node| node == *id));
        nodes.any(|(_, node)| Renders::of(&node.hello).modals())
    }
}
