//! `outboard bypass`: interceptors off the path for a time, by the operator's word.
//!
//! It reads the word and writes it into the log; what it means for messages is routing's.

use std::time::Duration;

use outboard_proto::admin::{BypassRequest, Done};
use outboard_proto::common::{Failure, Reason};
use tonic::Code;

use super::Fleet;
use crate::config::amount::{parse_duration, show_duration};
use crate::config::fault::Problem;
use crate::config::manifest::Hook;
use crate::plugin::Move;
use crate::routing::Bypassed;

/// The longest it may last: whoever wants more disables the plugin.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

impl Fleet {
    /// Begins or ends a bypass.
    ///
    /// # Errors
    /// There is no such hook or plugin, it is no time, or nothing was bypassed.
    pub fn bypass(&self, request: &BypassRequest) -> Result<Done, Failure> {
        let what = self.bypassed(&request.target)?;
        if request.end {
            let what = (!request.target.is_empty()).then_some(what);
            return self.end_bypass(what.as_ref());
        }
        let period = period(&request.period)?;
        let shown = show_duration(period);
        tracing::warn!(%what, period = %shown, "bypass begins, by the operator's word");
        self.harbour.switchboard.bypass(what.clone(), period);
        self.tell_watchers();
        Ok(Done { message: format!("{what}: bypassed for {shown}") })
    }

    fn end_bypass(&self, what: Option<&Bypassed>) -> Result<Done, Failure> {
        let ended = self.harbour.switchboard.end_bypass(what);
        if ended.is_empty() {
            let what = what.map_or("anything".to_owned(), ToString::to_string);
            let text = format!("no bypass of {what} is in force");
            return Err(Failure::new(Code::NotFound, Reason::Invalid, text));
        }
        for what in &ended {
            tracing::warn!(%what, "bypass ended, by the operator's word");
        }
        self.tell_watchers();
        let names: Vec<String> = ended.iter().map(ToString::to_string).collect();
        Ok(Done { message: format!("{}: asked again", names.join(", ")) })
    }

    /// A hook's name, or a plugin's.
    fn bypassed(&self, target: &str) -> Result<Bypassed, Failure> {
        if target.is_empty() {
            return Ok(Bypassed::All);
        }
        match target.parse::<Hook>() {
            Ok(hook) => Ok(Bypassed::Hook(hook)),
            Err(_) => self.find(target).map(|it| {
                let name = it.loaded.manifest.name.as_str();
                Bypassed::Plugin(name.into())
            }),
        }
    }

    fn tell_watchers(&self) {
        for (name, _) in self.aboard.iter().filter(|(_, it)| !it.spec.hooks.is_empty()) {
            // Nobody may be watching.
            let _ = self.harbour.moves.send(Move::Detail(name.clone()));
        }
    }
}

fn period(text: &str) -> Result<Duration, Failure> {
    let read = parse_duration(text).and_then(|period| match period {
        it if it < Duration::from_secs(1) || it > LONGEST => {
            Err(Problem::new("a bypass lasts from 1s to 24h"))
        }
        it => Ok(it),
    });
    read.map_err(|problem| {
        let hint = problem.hint.map(|hint| format!(" ({hint})")).unwrap_or_default();
        let text = format!("{}{hint}", problem.message);
        Failure::new(Code::InvalidArgument, Reason::Invalid, text)
    })
}
