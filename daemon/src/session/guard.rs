//! The one place where a plugin's RPC is let through or not: by its grant at that moment and the
//! table of [`outboard_proto::needs`], before anything is decoded.
//!
//! It refuses to know who calls and what an RPC does. What a grant is limited to (whom one may
//! call) is looked at where that is known.

use std::sync::{Arc, LazyLock};

use outboard_proto::common::{Failure, Reason};
use outboard_proto::needs::RPCS;
use tonic::Code;

use super::listen::Entrance;
use crate::audit::refusals::Kind;
use crate::audit::{Act, Who};
use crate::config::permission::Permission;
use crate::config::scope::Place;

const SESSION: &str = "/outboard.plugin.v1.Plugin/Session";

/// An RPC and what it needs.
struct Row {
    path: &'static str,
    needs: Option<Permission>,
}

static TABLE: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let permission = |word: &str| word.parse().expect("a test reads every row's permission");
    RPCS.iter().map(|rpc| Row { path: rpc.path, needs: rpc.needs.map(permission) }).collect()
});

/// Whether a call of one of the plugin's services may go on to it.
///
/// # Errors
/// The plugin lacks the grant, or there is no such method.
pub fn admit(entrance: &Arc<Entrance>, called: &str) -> Result<(), Failure> {
    match TABLE.iter().find(|row| row.path == called) {
        // Who may open a session was asked at the door, and it is no call of the host's.
        Some(Row { path: SESSION, .. }) => Ok(()),
        Some(Row { path, needs }) => {
            let admitted = entrance.switchboard.admit(entrance.member, path, *needs);
            match needs {
                Some(needed) => entrance.told(path, *needed, admitted),
                None => admitted,
            }
        }
        None => {
            let text = format!("there is no such method: {called}");
            Err(Failure::new(Code::Unimplemented, Reason::NotSupported, text))
        }
    }
}

impl Entrance {
    /// Whether the plugin has a grant at this moment, which `rpc` needs; that it has not is counted
    /// and told.
    ///
    /// # Errors
    /// It has not, or is being unloaded.
    pub fn permit(self: &Arc<Self>, rpc: &'static str, needed: Permission) -> Result<(), Failure> {
        self.told(rpc, needed, self.switchboard.permit(self.member, rpc, needed))
    }

    /// Whether the plugin may do at this moment, there, what `rpc` does; that it may not is counted
    /// and told. For whoever knows what the request is about, after [`admit`].
    ///
    /// # Errors
    /// It has no grant, or not for that place, or is being unloaded.
    pub fn permit_in(
        self: &Arc<Self>,
        rpc: &'static str,
        needed: Permission,
        place: &Place<'_>,
    ) -> Result<(), Failure> {
        self.told(rpc, needed, self.switchboard.permit_in(self.member, needed, place))
    }

    /// The same of what happens in a workspace, and in no channel of it.
    ///
    /// # Errors
    /// As [`Entrance::permit_in`].
    pub fn permit_at_large(
        self: &Arc<Self>,
        rpc: &'static str,
        needed: Permission,
        workspace: &str,
    ) -> Result<(), Failure> {
        self.told(rpc, needed, self.switchboard.permit_at_large(self.member, needed, workspace))
    }

    fn told(
        self: &Arc<Self>,
        rpc: &'static str,
        needed: Permission,
        permitted: Result<(), Failure>,
    ) -> Result<(), Failure> {
        let refused = |failure: &Failure| {
            matches!(failure.reason(), Reason::PermissionDenied | Reason::OutOfScope)
        };
        if permitted.as_ref().is_err_and(refused) {
            self.tell_refusal(rpc, needed);
        }
        permitted
    }

    /// Records what the plugin did to others: an act of moderation, a decision about what is held.
    /// `come_to` gets what it is to be recorded as.
    pub fn record(&self, act: &'static str, come_to: impl FnOnce(Act) -> Act) {
        let name = self.facts().name.clone();
        self.refusals.audit().record(come_to(Act::new(&Who::Plugin(name), act)));
    }

    /// For the audit log.
    fn tell_refusal(&self, what: &'static str, needed: Permission) {
        self.refusals.refused(&Kind { plugin: self.facts().name.clone(), what, needed });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // I28
    #[test]
    fn every_permission_of_the_table_is_one_that_can_be_granted() {
        for rpc in RPCS {
            assert_eq!(rpc.needs.map(str::parse::<Permission>).transpose().err(), None, "{rpc:?}");
        }
        assert_eq!(TABLE.len(), RPCS.len());
    }
}
