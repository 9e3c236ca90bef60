//! Records of commands, actions and follow-ups: one for each, with what came of it.

use outboard_proto::admin::TraceRecord;
use outboard_proto::app::{FollowUp, RunCommand, UiAction, command_result::Result as Ended};
use outboard_proto::common::{Channel, InteractionReply, Sender};

use super::{Content, Kind, code, named};
use crate::clock::micros;
use crate::routing::interaction::{self, CommandCall};
use crate::routing::node::NodeId;
use crate::routing::subject::said;
use crate::routing::{Core, MemberId};

/// What a record says of an interaction, whichever it was.
struct Subject<'s> {
    kind: Kind,
    name: &'s str,
    id: &'s str,
    workspace: &'s str,
    node: Option<NodeId>,
    channel: Option<&'s Channel>,
    sender: Option<&'s Sender>,
    plugin: String,
    line: &'s str,
}

impl Core {
    /// A command or an action has ended; nothing is told of one whose caller went away but that.
    pub fn trace_interaction(
        &mut self,
        member: Option<MemberId>,
        command: &CommandCall,
        ended: Option<&Ended>,
    ) {
        if self.listeners.is_empty() {
            return;
        }
        let took_us = micros(self.clock.now().since(command.began));
        let subject = Subject {
            kind: match command.kind {
                interaction::Kind::Command => Kind::Command,
                interaction::Kind::Action => Kind::Action,
            },
            name: &command.name,
            id: &command.interaction_id,
            workspace: &command.workspace,
            node: command.node(),
            channel: command.channel.as_ref(),
            sender: command.user.as_ref(),
            plugin: self.name_of(member),
            line: &command.line,
        };
        self.trace_ended(&subject, ended, took_us);
    }

    /// A command ended before its owner was asked.
    pub fn trace_unasked(
        &mut self,
        owner: Option<MemberId>,
        (request, node): (&RunCommand, Option<NodeId>),
        ended: &Ended,
    ) {
        if self.listeners.is_empty() {
            return;
        }
        let subject = Subject {
            kind: Kind::Command,
            name: &request.name,
            id: &request.interaction_id,
            workspace: &request.workspace,
            node,
            channel: request.channel.as_ref(),
            sender: request.sender.as_ref(),
            plugin: self.name_of(owner),
            line: &request.text,
        };
        self.trace_ended(&subject, Some(ended), 0);
    }

    /// An action ended before its owner was asked.
    pub fn trace_unasked_action(
        &mut self,
        (action, node): (&UiAction, Option<NodeId>),
        ended: &Ended,
    ) {
        if self.listeners.is_empty() {
            return;
        }
        let subject = Subject {
            kind: Kind::Action,
            name: &action.action,
            id: &action.interaction_id,
            workspace: &action.workspace,
            node,
            channel: action.channel.as_ref(),
            sender: action.sender.as_ref(),
            plugin: action.plugin.clone(),
            line: &action.json,
        };
        self.trace_ended(&subject, Some(ended), 0);
    }

    /// A plugin says something more to an interaction.
    pub fn trace_follow_up(&mut self, member: MemberId, follow_up: &FollowUp, workspace: &str) {
        if self.listeners.is_empty() {
            return;
        }
        let subject = Subject {
            kind: Kind::FollowUp,
            name: "",
            id: &follow_up.interaction_id,
            workspace,
            node: None,
            channel: follow_up.channel.as_ref(),
            sender: follow_up.user.as_ref(),
            plugin: self.name_of(Some(member)),
            line: "",
        };
        let record = TraceRecord { outcome: "said".to_owned(), ..self.about(&subject) };
        let answer = follow_up.reply.as_ref().map(words).unwrap_or_default();
        self.listeners.tell(&record, Content { text: "", answer: &answer });
    }

    fn trace_ended(&mut self, subject: &Subject<'_>, ended: Option<&Ended>, took_us: u64) {
        let (outcome, reason, answer) = match ended {
            Some(Ended::Reply(reply)) if reply.deferred => {
                ("deferred", String::new(), words(reply))
            }
            Some(Ended::Reply(reply)) => ("answered", String::new(), words(reply)),
            Some(Ended::Failure(failure)) => ("failed", code(failure), failure.message.clone()),
            None => ("cancelled", String::new(), String::new()),
        };
        let outcome = outcome.to_owned();
        let record = TraceRecord { outcome, reason, took_us, ..self.about(subject) };
        self.listeners.tell(&record, Content { text: subject.line, answer: &answer });
    }

    fn about(&self, subject: &Subject<'_>) -> TraceRecord {
        let channel = subject.channel.cloned().unwrap_or_default();
        let sender = subject.sender.cloned().unwrap_or_default();
        let node = subject.node.and_then(|id| self.nodes.get(id));
        TraceRecord {
            name: subject.name.to_owned(),
            id: subject.id.to_owned(),
            plugin: subject.plugin.clone(),
            workspace: subject.workspace.to_owned(),
            node: node.map(|node| node.hello.node.clone()).unwrap_or_default(),
            channel: named(&channel.name, &channel.id),
            channel_id: channel.id,
            sender: named(&sender.name, &sender.id),
            ..self.record(subject.kind)
        }
    }

    fn name_of(&self, member: Option<MemberId>) -> String {
        let member = member.and_then(|id| self.members.get(id));
        member.map(|member| member.is.name.to_string()).unwrap_or_default()
    }
}

fn words(reply: &InteractionReply) -> String {
    reply.body.as_ref().and_then(said).unwrap_or_default().to_owned()
}
