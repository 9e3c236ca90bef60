//! What may be offered while somebody types an argument.
//!
//! The manifest answers at once; where it says that the plugin knows more, the plugin is asked and
//! has 300 ms. There is always an answer, if an empty one. It refuses to know what is typed
//! besides.

use std::time::Duration;

use outboard_proto::app::{Autocomplete, Choices, daemon_frame};
use outboard_proto::common::{Failure, Reason};
use outboard_proto::plugin::{self, reply};
use outboard_supervision::Moment;
use tokio::sync::oneshot;

use crate::config::manifest::{ArgDecl, ArgKind, Completion};
use crate::config::pushed;
use crate::frame::CallBody;
use crate::routing::call::{NewCall, Purpose};
use crate::routing::command::{allowed, enabled_in};
use crate::routing::node::NodeId;
use crate::routing::permit::place;
use crate::routing::{Core, MemberId, Switchboard};

/// How long a plugin may think about what to offer; nobody waits longer while typing.
const WITHIN: Duration = Duration::from_millis(300);
/// Offers that one answer holds.
const MOST: usize = 25;
/// Bytes of one offer.
const LONGEST: usize = 255;

/// Who wants to know what to offer.
pub enum Completing {
    /// A session's call.
    Session {
        /// The node.
        node: NodeId,
        /// Its id for the call.
        id: u64,
    },
    /// A unary call.
    Unary(oneshot::Sender<Choices>),
}

/// A plugin is thinking about what to offer.
pub struct Offering {
    caller: Completing,
    /// Whose argument it is.
    pub command: String,
    /// What is offered if it does not come to an end.
    declared: Vec<String>,
}

impl Offering {
    /// The node whose call it is, where it names one.
    pub fn node(&self) -> Option<NodeId> {
        match self.caller {
            Completing::Session { node, .. } => Some(node),
            Completing::Unary(_) => None,
        }
    }

    pub(super) fn is_of(&self, of: NodeId) -> bool {
        matches!(&self.caller, Completing::Session { node, .. } if *node == of)
    }

    pub(super) fn is_gone(&self) -> bool {
        matches!(&self.caller, Completing::Unary(sender) if sender.is_closed())
    }
}

impl Switchboard {
    /// Says what may be offered for an argument; the answer goes to `caller`.
    pub fn autocomplete(&self, caller: Completing, request: Autocomplete) {
        self.with(|core, now| core.autocomplete(caller, request, now));
    }

    /// The person types on: nobody waits for these offers.
    pub fn cancel_autocomplete(&self, of: NodeId, call: u64) {
        self.with(|core, now| {
            let wanted = |offering: &Offering| {
                matches!(&offering.caller, Completing::Session { node, id }
                    if *node == of && *id == call)
            };
            for key in core.offerings_where(wanted) {
                core.cancel_call(key, "the caller no longer waits", now);
                core.nodes.answered(of);
            }
        });
    }
}

impl Core {
    pub(super) fn offerings_where(&self, matches: impl Fn(&Offering) -> bool) -> Vec<usize> {
        self.calls.keys_where(|call| match &call.purpose {
            Purpose::Autocomplete(offering) => matches(offering),
            Purpose::Command(_)
            | Purpose::Intercept { .. }
            | Purpose::Shadow(_)
            | Purpose::Nested(_)
            | Purpose::Http(_) => false,
        })
    }

    fn autocomplete(&mut self, caller: Completing, request: Autocomplete, now: Moment) {
        let (member, command, arg) = match self.argument(&request) {
            Ok(found) => found,
            Err(failure) => return self.offer_failed(caller, failure),
        };
        let declared = declared(&arg, &request.prefix);
        let is = &mut self.members[member];
        let at = place(&request.workspace, request.channel.as_ref());
        let asks = arg.completion == Completion::Plugin
            && self.permits.lets(is, &pushed::AUTOCOMPLETE, &at);
        if !asks || is.open_seat().is_none() {
            return self.offer(caller, declared);
        }
        let frame = plugin::Call {
            attempt: 1,
            locale: request.sender.as_ref().map(|it| it.locale.clone()).unwrap_or_default(),
            workspace: request.workspace,
            of: Some(plugin::call::Of::Autocomplete(Box::new(plugin::Autocomplete {
                command: command.clone(),
                argument: request.argument,
                prefix: request.prefix,
                sender: request.sender,
                subcommand: request.subcommand,
                channel: request.channel,
            }))),
            ..plugin::Call::default()
        };
        let (body, deadline) = (CallBody::of(&frame), now + WITHIN.min(is.is.call_timeout));
        if is.in_hand >= is.is.in_flight {
            // It would wait for others, and the person is typing.
            return self.offer(caller, declared);
        }
        is.used(&pushed::AUTOCOMPLETE, now);
        let purpose = Purpose::Autocomplete(Box::new(Offering { caller, declared, command }));
        // There is room: it was seen a moment ago.
        let _ = self.begin_call(NewCall { member, purpose, deadline, body }, now);
    }

    /// Finds the argument, under its command's own name, and checks that the person may run it.
    fn argument(&self, request: &Autocomplete) -> Result<(MemberId, String, ArgDecl), Failure> {
        let (id, decl) = self.owner_of(&request.command)?;
        allowed(&decl, request.sender.as_ref(), request.channel.as_ref())?;
        enabled_in(&self.members[id].is, request.channel.as_ref())?;
        let args = decl.args_of(&request.subcommand).unwrap_or_default();
        let found = args.iter().find(|arg| arg.name == request.argument);
        let name = decl.name.as_str().to_owned();
        found.map(|arg| (id, name, arg.clone())).ok_or_else(|| {
            let name = [request.command.as_str(), &request.subcommand, &request.argument].join(" ");
            let text = format!("there is no such argument: {name}");
            Failure::new(tonic::Code::NotFound, Reason::BadArguments, text)
        })
    }

    /// A plugin said what to offer, or failed at it.
    pub fn offering_replied(
        &mut self,
        member: MemberId,
        offering: Offering,
        result: Option<reply::Result>,
    ) {
        let choices = match result {
            Some(reply::Result::Choices(choices)) => within_bounds(choices.choices),
            Some(reply::Result::Failure(_)) => {
                self.members[member].traffic.errors += 1;
                offering.declared
            }
            Some(
                reply::Result::Hook(_)
                | reply::Result::Interaction(_)
                | reply::Result::Http(_)
                | reply::Result::Json(_),
            )
            | None => {
                self.members[member].traffic.rule_breaks += 1;
                offering.declared
            }
        };
        self.offer(offering.caller, choices);
    }

    /// A plugin took too long, or went away.
    pub fn offering_lost(&mut self, offering: Offering) {
        self.offer(offering.caller, offering.declared);
    }

    fn offer(&mut self, caller: Completing, choices: Vec<String>) {
        self.tell_completing(caller, Choices { choices, ..Choices::default() });
    }

    fn offer_failed(&mut self, caller: Completing, failure: Failure) {
        self.tell_completing(caller, Choices { failure: Some(failure), ..Choices::default() });
    }

    fn tell_completing(&mut self, caller: Completing, mut choices: Choices) {
        let now = self.clock.now();
        match caller {
            Completing::Session { node, id } => {
                choices.id = id;
                self.nodes.answered(node);
                self.nodes.tell(node, daemon_frame::Kind::Choices(choices), now);
            }
            Completing::Unary(sender) => {
                // The caller may have gone.
                let _ = sender.send(choices);
            }
        }
    }
}

/// What the manifest has to offer for what was typed so far.
fn declared(arg: &ArgDecl, prefix: &str) -> Vec<String> {
    let truths = ["true".to_owned(), "false".to_owned()];
    let all: &[String] = match &arg.kind {
        ArgKind::Choice(choices) => choices,
        ArgKind::Boolean => &truths,
        ArgKind::String | ArgKind::Integer | ArgKind::Number | ArgKind::User | ArgKind::Channel => {
            &arg.suggestions
        }
    };
    let prefix = prefix.to_lowercase();
    let fits = |offer: &&String| offer.to_lowercase().starts_with(&prefix);
    within_bounds(all.iter().filter(fits).cloned().collect())
}

fn within_bounds(mut choices: Vec<String>) -> Vec<String> {
    choices.retain(|offer| !offer.is_empty() && offer.len() <= LONGEST);
    choices.truncate(MOST);
    choices
}
