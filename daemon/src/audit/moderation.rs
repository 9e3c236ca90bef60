//! An act of moderation as it is recorded: who, on whom, where, why and for whom.
//!
//! It refuses to know when it is carried out, and what came of it; whoever hears that says it.

use std::sync::Arc;

use outboard_proto::app::{Request, request::Of};
use outboard_proto::operations;

use super::{Act, Who};

/// The act, done, if that is what a plugin asks for.
#[must_use]
pub fn of(plugin: &str, asked: &Request) -> Option<Act> {
    let Some(Of::Moderate(act)) = &asked.of else { return None };
    let place = match act.channel_id.as_str() {
        "" => String::new(),
        channel => format!(" in {channel}"),
    };
    let why = match &asked.on_behalf_of {
        Some(behind) => format!("{} (for {})", act.reason, behind.id),
        None => act.reason.clone(),
    };
    let who = Who::Plugin(Arc::from(plugin));
    let on = format!("{}{place}", act.user_id);
    Some(Act::new(&who, operations::name_of_act(act.act())).of(plugin).on(&on).why(&why))
}
