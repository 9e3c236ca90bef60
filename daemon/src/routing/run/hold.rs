//! Answers that set an act aside: kept on the disk first, then told to the app.
//!
//! A transform's ends the pipeline. A validator's waits for the other validators: a rejection
//! outweighs it, and of several the first in order counts. It refuses to know where things are
//! kept, and what becomes of them.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use outboard_proto::common::{Hold, HookPayload, SkipReason, StepResult, hook_payload::Of};
use outboard_proto::limits::FRAME_BYTES;
use outboard_supervision::Moment;
use prost::Message as _;
use tokio::sync::mpsc;

use super::{Asked, Final};
use crate::config::manifest::Phase;
use crate::held::port::{NewHeld, Whose};
use crate::routing::change::RuleBroken;
use crate::routing::{Core, held};

/// How long something is held where its plugin does not say, in microseconds.
const USUALLY_US: i64 = 24 * 3600 * 1_000_000;
/// How long at most.
const LONGEST_US: i64 = 7 * USUALLY_US;
/// Bytes of a queue's name.
const QUEUE: usize = 255;
/// Bytes of an id that a plugin chooses.
const ID: usize = 64;
/// Encoded bytes of what a plugin says about it.
const REASON: usize = 2048;
/// Room that a frame needs around a payload that comes back.
const AROUND: usize = 8 * 1024;
/// Things on their way to the disk; with as many more it is behind.
const KEEPING: usize = 1024;

/// Something for the keeper to do.
#[derive(Debug, Clone, PartialEq)]
pub enum HoldWish {
    /// To keep it until the app may hear of it, or say that it cannot be.
    Keep {
        /// Who waits for it.
        serial: u64,
        /// For how long.
        until: Moment,
        /// What is to be kept.
        new: Box<NewHeld>,
    },
    /// To drop what is about a message that was deleted.
    Deleted {
        /// Where it was.
        workspace: String,
        /// What it was called.
        subjects: BTreeSet<String>,
    },
    /// To drop what is held of a user who is forgotten.
    Forgotten(Whose),
}

/// Acts between the plugin's word and the keeper's.
pub struct Holds {
    table: HashMap<u64, Keeping>,
    serial: u64,
    wishes: mpsc::Sender<HoldWish>,
    pub keeper: Option<mpsc::Receiver<HoldWish>>,
}

struct Keeping {
    run: usize,
    at: usize,
    hold: Hold,
}

impl Default for Holds {
    fn default() -> Self {
        let (wishes, keeper) = mpsc::channel(2 * KEEPING);
        Self { table: HashMap::new(), serial: 0, wishes, keeper: Some(keeper) }
    }
}

impl Holds {
    /// Nobody waits for this any more: should it be kept, the keeper hears that it is not wanted.
    pub fn give_up(&mut self, serial: u64) {
        self.table.remove(&serial);
    }

    /// Hands a wish to the keeper. Whether it has room.
    pub fn wish(&self, wish: HoldWish) -> bool {
        self.wishes.try_send(wish).is_ok()
    }
}

/// What a plugin says of holding, as it counts.
///
/// # Errors
/// It makes no sense.
pub fn check(hold: Hold, plugin: &str, wall_us: i64) -> Result<Hold, RuleBroken> {
    let fits = hold.queue.len() <= QUEUE
        && hold.reason.as_ref().map_or(0, prost::Message::encoded_len) <= REASON
        && (hold.id.is_empty() || is_id(&hold.id));
    let expires_at_us = match hold.expires_at_us {
        0 => wall_us + USUALLY_US,
        said => said.min(wall_us + LONGEST_US),
    };
    if !fits || expires_at_us <= wall_us {
        return Err(RuleBroken);
    }
    Ok(Hold { expires_at_us, plugin: plugin.to_owned(), ..hold })
}

fn is_id(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    text.len() <= ID && text.bytes().all(plain)
}

impl Core {
    /// An interceptor holds the act.
    pub(super) fn set_aside(&mut self, key: usize, at: usize, hold: Hold, now: Moment) {
        let run = &mut self.runs[key];
        let place = run.holds.partition_point(|(other, _)| *other < at);
        run.holds.insert(place, (at, hold));
        if run.pipeline.entries[at].is.phase == Phase::Transform {
            run.turn = None;
            return self.conclude(key, now);
        }
        run.note(at, StepResult::Held, None, now);
        self.go_on(key, at, None, now);
    }

    /// Nobody is left to be waited for: it ends, unless somebody holds it.
    pub(super) fn conclude(&mut self, key: usize, now: Moment) {
        if self.runs[key].holds.is_empty() {
            return self.finish(key, None, now);
        }
        let (at, hold) = self.runs[key].holds.remove(0);
        if let Err(reason) = self.begin_keeping(key, at, hold, now) {
            self.interceptor_lost(key, at, reason, now);
        }
    }

    fn begin_keeping(
        &mut self,
        key: usize,
        at: usize,
        mut hold: Hold,
        now: Moment,
    ) -> Result<(), SkipReason> {
        let run = &self.runs[key];
        let app = self.app_of(&run.asked);
        if !self.takes_back(&app) {
            return Err(SkipReason::AppUnsupported);
        }
        let payload = run.payload.bytes().clone();
        if payload.len() > FRAME_BYTES - AROUND || self.holds.table.len() >= KEEPING {
            return Err(SkipReason::OverLimit);
        }
        let entry = &run.pipeline.entries[at];
        let until = run.deadline_of(entry, now).ok_or(SkipReason::NotKept)?;
        if hold.id.is_empty() {
            hold.id = uuid::Uuid::now_v7().to_string();
        }
        let item = held::item(run, &hold, app);
        let new = Box::new(NewHeld {
            id: hold.id.clone(),
            plugin: hold.plugin.clone(),
            queue: hold.queue.clone(),
            workspace: run.workspace.clone(),
            subject: subject(run.payload.get()),
            about: item.encode_to_vec(),
            payload,
            held_us: self.clock.wall_us(),
            expires_us: hold.expires_at_us,
        });
        let serial = self.holds.serial + 1;
        if !self.holds.wish(HoldWish::Keep { serial, until, new }) {
            return Err(SkipReason::NotKept);
        }
        self.holds.serial = serial;
        self.holds.table.insert(serial, Keeping { run: key, at, hold });
        self.runs[key].keeping = Some(serial);
        Ok(())
    }

    /// What was to be kept is, or cannot be. Whether anybody still waits for it.
    pub fn hold_kept(&mut self, serial: u64, kept: Result<(), SkipReason>, now: Moment) -> bool {
        let Some(Keeping { run: key, at, hold }) = self.holds.table.remove(&serial) else {
            return false;
        };
        let run = &mut self.runs[key];
        run.keeping = None;
        match kept {
            Ok(()) => {
                run.note(at, StepResult::Held, None, now);
                self.finish(key, Some(Final::Held(hold)), now);
            }
            Err(reason) => {
                let pipeline = Arc::clone(&run.pipeline);
                let entry = &pipeline.entries[at];
                let member = self.members.get_mut(entry.member).filter(|it| entry.is_of(it));
                if let (SkipReason::Protocol, Some(member)) = (reason, member) {
                    member.traffic.rule_breaks += 1;
                }
                self.interceptor_lost(key, at, reason, now);
            }
        }
        true
    }

    /// The app whose act it is; empty if it did not say.
    fn app_of(&self, asked: &Asked) -> String {
        let node = match asked {
            Asked::Session { node, .. } => Some(*node),
            Asked::Unary(_, node) => *node,
        };
        let node = node.and_then(|node| self.nodes.get(node));
        node.map(|node| node.hello.app.clone()).unwrap_or_default()
    }

    /// Whether some node of an app takes back what was held.
    fn takes_back(&self, app: &str) -> bool {
        self.nodes.ids().any(|(_, node)| {
            let operations = &node.hello.operations;
            (app.is_empty() || node.hello.app == app)
                && operations.iter().any(|it| it == held::OPERATION)
        })
    }
}

/// The message that a payload is about, or the draft of one; empty if it is about none.
fn subject(payload: &HookPayload) -> String {
    let (kind, id) = match &payload.of {
        Some(Of::BeforePost(message)) => ("d", message.draft_id.as_str()),
        Some(Of::BeforeEdit(edit)) => ("m", edit.message.as_ref().map_or("", |it| &it.id)),
        Some(Of::BeforeDelete(delete)) => ("m", delete.stored.as_ref().map_or("", |it| &it.id)),
        Some(Of::BeforeReaction(reaction)) => ("m", reaction.message_id.as_str()),
        Some(
            Of::BeforeRender(_)
            | Of::BeforeUpload(_)
            | Of::BeforeJoin(_)
            | Of::BeforeLogin(_)
            | Of::BeforeCreate(_)
            | Of::Custom(_),
        )
        | None => return String::new(),
    };
    if id.is_empty() { String::new() } else { format!("{kind}:{id}") }
}

/// What a deleted message may have been called.
pub fn subjects(id: &str, draft_id: &str) -> BTreeSet<String> {
    let named = [("m", id), ("d", draft_id)].into_iter().filter(|(_, id)| !id.is_empty());
    named.map(|(kind, id)| format!("{kind}:{id}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_700_000_000_000_000;

    fn expiry(expires_at_us: i64) -> Option<i64> {
        let hold = Hold { expires_at_us, ..Hold::default() };
        check(hold, "alpha", NOW).ok().map(|hold| hold.expires_at_us)
    }

    #[test]
    fn what_is_held_has_an_end() {
        assert_eq!(expiry(0), Some(NOW + USUALLY_US));
        assert_eq!(expiry(NOW + 1), Some(NOW + 1));
        assert_eq!(expiry(i64::MAX), Some(NOW + LONGEST_US));
        assert_eq!(expiry(NOW), None, "it would be lost at once");
        assert_eq!(expiry(NOW / 1_000_000), None, "seconds are no microseconds");
    }

    #[test]
    fn an_id_is_short_and_plain() {
        let chosen = |id: &str| {
            let hold = Hold { id: id.to_owned(), ..Hold::default() };
            check(hold, "alpha", NOW).is_ok()
        };
        assert!(chosen("") && chosen("case-7_B") && chosen(&"x".repeat(ID)));
        for wrong in ["a b", "ä", "a/b", "\u{1b}[2J", &"x".repeat(ID + 1)] {
            assert!(!chosen(wrong), "{wrong:?}");
        }
    }

    #[test]
    fn who_holds_it_is_not_the_plugins_to_say() {
        let hold = Hold { plugin: "beta".to_owned(), ..Hold::default() };
        assert_eq!(check(hold, "alpha", NOW).ok().unwrap().plugin, "alpha");
    }
}
