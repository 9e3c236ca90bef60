//! Interceptors beside the path: asked what the path is asked, never waited for; what they would
//! have said is compared with what was decided.
//!
//! It keeps counts and no content, and refuses to know how a verdict came about.

use std::collections::HashMap;
use std::fmt;

use bytes::Bytes;
use outboard_proto::common::{HookAnswer, HookPayload, hook_answer::Answer, verdict};
use outboard_proto::plugin::reply;
use outboard_supervision::Moment;
use prost::Message as _;

use super::verdict::Outcome;
use crate::config::manifest::hook::Deed;
use crate::config::manifest::{Hook, Phase};
use crate::frame::CallBody;
use crate::routing::call::{NewCall, Purpose, Said};
use crate::routing::{Core, MemberId, change};

/// What is being compared.
#[derive(Default)]
pub struct Shadows {
    table: HashMap<u64, Watched>,
    serial: u64,
}

impl Shadows {
    /// The hook that is asked, by the number of what is compared.
    pub fn hook(&self, watched: u64) -> Option<&Hook> {
        self.table.get(&watched).map(|it| &it.hook)
    }
}

/// One interceptor's part in it.
struct Watched {
    member: MemberId,
    plugin: std::sync::Arc<str>,
    hook: Hook,
    phase: Phase,
    /// What both were asked about, encoded.
    payload: Bytes,
    would: Option<Word>,
    was: Option<Word>,
}

impl Shadows {
    /// The hook at which one is asked.
    pub fn hook_of(&self, watched: u64) -> Option<&Hook> {
        self.table.get(&watched).map(|it| &it.hook)
    }
}

/// A call to be made once the path has been asked.
pub struct Beside {
    watched: u64,
    member: MemberId,
    deadline: Moment,
    body: CallBody,
}

/// What was said, or would have been.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Word {
    Continue,
    Replace(Bytes),
    Reject,
    Hold,
    Handle,
}

/// What came of comparing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// It would have said what was decided.
    pub agreed: u64,
    /// It would not.
    pub differed: u64,
    /// It was asked and gave no answer that counts.
    pub unanswered: u64,
    /// It was not asked: not ready, its hands full, or off the path.
    pub unasked: u64,
    /// Of its answers, those that would have ended or changed the act.
    pub would_reject: u64,
    /// See above.
    pub would_replace: u64,
    /// See above.
    pub would_hold: u64,
    /// The last difference, in words that say nothing of the content.
    pub last_difference: Option<String>,
}

/// A line of status.
pub fn words(((hook, phase), tally): (&(Hook, Phase), &Tally)) -> String {
    let Tally { agreed, differed, unanswered, unasked, .. } = tally;
    let Tally { would_reject, would_replace, would_hold, .. } = tally;
    let last = tally.last_difference.as_ref().map(|it| format!("; last difference: {it}"));
    format!(
        "shadow of {hook} ({}): agreed {agreed}, differed {differed}, unanswered {unanswered}, \
         not asked {unasked}; would have rejected {would_reject}, replaced {would_replace}, \
         held {would_hold}{}",
        phase.as_str(),
        last.unwrap_or_default()
    )
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Continue => "continued",
            Self::Replace(_) => "replaced",
            Self::Reject => "rejected",
            Self::Hold => "held",
            Self::Handle => "handled",
        })
    }
}

impl Word {
    fn of(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Continued => Self::Continue,
            Outcome::Replaced(payload) => Self::Replace(payload.clone()),
            Outcome::Said(said) => match &**said {
                verdict::Outcome::Continued(_) => Self::Continue,
                verdict::Outcome::Replaced(payload) => {
                    Self::Replace(payload.encode_to_vec().into())
                }
                verdict::Outcome::Rejected(_) => Self::Reject,
                verdict::Outcome::Held(_) => Self::Hold,
                verdict::Outcome::Handled(_) => Self::Handle,
            },
        }
    }

    /// A validator can only refuse or hold: what others changed is no difference.
    fn agrees(&self, was: &Self, phase: Phase) -> bool {
        let stops = |word: &Self| (*word == Self::Reject, *word == Self::Hold);
        match phase {
            Phase::Transform => self == was,
            Phase::Validate => stops(self) == stops(was),
        }
    }
}

impl Watched {
    /// The answer, if its place in the pipeline would have allowed it.
    fn word(&self, said: Said) -> Option<Word> {
        let answer = match said {
            Said::Continue => return Some(Word::Continue),
            Said::Result(Some(reply::Result::Hook(HookAnswer { answer }))) => answer?,
            Said::Result(_) => return None,
        };
        let allows = |deed| self.phase == Phase::Transform && self.hook.allows(deed);
        match answer {
            Answer::Continued(_) => Some(Word::Continue),
            Answer::Reject(_) => Some(Word::Reject),
            // It holds nothing back from here; that it would have is noted.
            Answer::Hold(_) => self.hook.allows(Deed::Hold).then_some(Word::Hold),
            Answer::Handled(_) => allows(Deed::Handle).then_some(Word::Handle),
            Answer::Replace(after) => {
                let before = HookPayload::decode(self.payload.clone()).ok()?;
                let allowed =
                    allows(Deed::Replace) && change::check(&before, &after, &self.plugin).is_ok();
                allowed.then(|| Word::Replace(after.encode_to_vec().into()))
            }
        }
    }
}

impl Core {
    /// Finds who beside the path is to be asked what this run is about, before anyone on it can
    /// change it.
    pub(super) fn watch(&mut self, run: usize) -> Vec<Beside> {
        let now = self.clock.now();
        let is = &self.runs[run];
        let pipeline = std::sync::Arc::clone(&is.pipeline);
        let concerned = pipeline.shadows.iter().filter(|entry| is.needs_no_asking(entry).is_none());
        let found: Vec<_> = concerned.map(|entry| (entry, is.call_body(entry))).collect();
        let (hook, payload) = (is.hook.clone(), is.payload.bytes().clone());
        let mut beside = Vec::new();
        for (entry, body) in found {
            let Some(member) = self.members.get_mut(entry.member).filter(|it| entry.is_of(it))
            else {
                continue;
            };
            let is = &self.runs[run];
            if !self.permits.lets_hook(member, &hook, (&is.payload, &is.workspace)) {
                continue;
            }
            let off = member.bypassed.contains(&hook);
            // The other half of its window stays free for calls that somebody waits for. One that
            // sleeps is started for this too: what it would have said is all that it is there for.
            let half = member.is.in_flight.div_ceil(2);
            let has_hands = member.in_hand < half && member.awaiting.len() < half as usize;
            if off || !member.takes_work() || !has_hands {
                member.shadows.entry((hook.clone(), entry.is.phase)).or_default().unasked += 1;
                continue;
            }
            self.shadows.serial += 1;
            let watched = self.shadows.serial;
            let is = Watched {
                member: entry.member,
                plugin: entry.plugin.clone(),
                hook: hook.clone(),
                phase: entry.is.phase,
                payload: payload.clone(),
                would: None,
                was: None,
            };
            self.shadows.table.insert(watched, is);
            self.runs[run].watched.push(watched);
            let deadline = now + entry.is.timeout;
            beside.push(Beside { watched, member: entry.member, deadline, body });
        }
        beside
    }

    /// Asks those beside the path: those on it have their calls already.
    pub(super) fn ask_shadows(&mut self, beside: Vec<Beside>, now: Moment) {
        for Beside { watched, member, deadline, body } in beside {
            let purpose = Purpose::Shadow(watched);
            if self.begin_call(NewCall { member, purpose, deadline, body }, now).is_err() {
                self.shadow_lost(watched);
            }
        }
    }

    /// The path has decided.
    pub(super) fn decided(&mut self, watched: &[u64], outcome: &Outcome) {
        for id in watched {
            if let Some(it) = self.shadows.table.get_mut(id) {
                it.was = Some(Word::of(outcome));
                self.compare(*id);
            }
        }
    }

    /// Nobody will know what the path would have decided.
    pub(super) fn undecided(&mut self, watched: &[u64]) {
        for id in watched {
            self.shadows.table.remove(id);
        }
    }

    /// One beside the path has answered.
    pub fn shadow_replied(&mut self, watched: u64, said: Said) {
        let Some(is) = self.shadows.table.get_mut(&watched) else { return };
        match is.word(said) {
            Some(word) => {
                is.would = Some(word);
                self.compare(watched);
            }
            None => self.shadow_lost(watched),
        }
    }

    /// One beside the path gave no answer that counts.
    pub fn shadow_lost(&mut self, watched: u64) {
        let Some(is) = self.shadows.table.remove(&watched) else { return };
        if let Some(tally) = self.tally(&is) {
            tally.unanswered += 1;
        }
    }

    fn compare(&mut self, watched: u64) {
        let both = |it: &Watched| it.would.is_some() && it.was.is_some();
        if !self.shadows.table.get(&watched).is_some_and(both) {
            return;
        }
        let Some(mut is) = self.shadows.table.remove(&watched) else { return };
        let (Some(would), Some(was)) = (is.would.take(), is.was.take()) else { return };
        let Some(tally) = self.tally(&is) else { return };
        tally.would_reject += u64::from(would == Word::Reject);
        tally.would_replace += u64::from(matches!(would, Word::Replace(_)));
        tally.would_hold += u64::from(would == Word::Hold);
        if would.agrees(&was, is.phase) {
            tally.agreed += 1;
            return;
        }
        tally.differed += 1;
        let otherwise = if matches!((&would, &was), (Word::Replace(_), Word::Replace(_))) {
            ", otherwise"
        } else {
            ""
        };
        tally.last_difference = Some(format!("would have been {would}, was {was}{otherwise}"));
    }

    fn tally(&mut self, of: &Watched) -> Option<&mut Tally> {
        let member = self.members.get_mut(of.member).filter(|it| it.is.name == of.plugin)?;
        Some(member.shadows.entry((of.hook.clone(), of.phase)).or_default())
    }
}
