//! Inviting developers' processes to stand in for plugins, and seeing them off.
//!
//! It refuses to know sessions; what a visit comes to is the visit's affair.

use std::sync::Arc;

use outboard_proto::admin::Done;
use outboard_proto::common::{Failure, Reason};
use tonic::Code;

use super::aboard::Aboard;
use super::{Fleet, stopping};
use crate::config::operator::DebugMode;
use crate::debug::{Host, Parting, Visit, socket};
use crate::plugin::{Move, daemons_variables, explain_hindrance};
use crate::session::Pass;

/// An invitation, and what its guest needs in its environment.
pub struct Invited {
    /// The visit to be.
    pub visit: Arc<Visit>,
    /// The variables.
    pub environment: [(&'static str, String); 5],
}

impl Fleet {
    /// Invites one process of a user to stand in for a plugin.
    ///
    /// # Errors
    /// It is not enabled here, the plugin may not run or is being debugged, or there can be no
    /// socket for that user.
    pub async fn invite(&mut self, name: &str, uid: u32) -> Result<Invited, Failure> {
        if self.stopping {
            return Err(stopping());
        }
        if self.config.debug.value == DebugMode::Refused {
            return Err(disabled(name));
        }
        // Where a visit has just ended, the plugin's own process must be on its way first: the room
        // that is seen to be free must be this visit's.
        let found = self.find(name)?.loaded.manifest.name.clone();
        self.tell_conditions().await;
        self.settled(&found).await;
        let aboard = self.find(name)?;
        let entrance = &aboard.entrance;
        if let Some(obstacle) = self.obstacle(aboard) {
            let text = format!("{name} may not run: {}", explain_hindrance(&obstacle));
            return Err(Failure::new(Code::FailedPrecondition, Reason::PluginUnavailable, text));
        }
        entrance.desk.check_free(name)?;
        let (harbour, name) = (&self.harbour, aboard.loaded.manifest.name.clone());
        let path = harbour.paths.debug_socket(&name);
        let listener = socket::open(&path, uid, entrance, &harbour.trees)?;
        let pass = Pass::new(0, aboard.spec.keys.memory.value.0, harbour.clock.now());
        let data = harbour.paths.data(&name);
        let environment = daemons_variables(&path, &data, &pass, entrance);
        let (view, moves) = (aboard.view.clone(), harbour.moves.clone());
        let host = Host { name: name.clone(), entrance: Arc::downgrade(entrance), view, moves };
        let visit = Arc::new(Visit::new(host, uid, pass));
        entrance.desk.begin(Arc::clone(&visit), listener);
        tracing::info!(plugin = %name, uid, "debug: a process of this user is invited");
        let _ = harbour.moves.send(Move::State(name));
        Ok(Invited { visit, environment })
    }

    /// Ends the invitation or visit of a plugin.
    ///
    /// # Errors
    /// It is not loaded, or nobody debugs it.
    pub fn end_debug(&mut self, name: &str) -> Result<Done, Failure> {
        if !self.find(name)?.entrance.desk.end(Parting::Stopped) {
            let text = format!("nobody debugs {name}");
            return Err(Failure::new(Code::FailedPrecondition, Reason::NotDebugged, text));
        }
        Ok(Done { message: format!("{name}: debugging ended; its own process comes back") })
    }

    /// Whoever debugs a plugin that may not run any more goes, too.
    pub(super) fn see_guest_off(&self, aboard: &Aboard) {
        let desk = &aboard.entrance.desk;
        if desk.stage().is_none() {
            return;
        }
        if let Some(obstacle) = self.obstacle(aboard) {
            desk.end(Parting::NotInService(explain_hindrance(&obstacle)));
        }
    }

    /// Everybody who debugs goes.
    pub(super) fn see_all_guests_off(&self, parting: &Parting) {
        for aboard in self.aboard.values() {
            aboard.entrance.desk.end(parting.clone());
        }
    }
}

fn disabled(name: &str) -> Failure {
    let text = format!("{name} cannot be debugged: debugging is not enabled on this daemon");
    let hint = "write `enabled = true` under [debug] in outboard.toml, then `outboard reload`";
    Failure::new(Code::FailedPrecondition, Reason::DebugDisabled, text).detail("hint", hint)
}
