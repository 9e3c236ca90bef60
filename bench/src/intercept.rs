//! One hook, message by message: ours beside its limits and its peer, in turns.
//!
//! Every round gives every case a slice of each kind, in rotated order, so that what the machine
//! does meanwhile meets all of them; ratios are of the same round. It refuses to know the cases'
//! insides.

mod figures;

use std::time::Duration;

use serde::Serialize;

use crate::case::{Case, Turn};
use crate::instructions::Instructions;
use crate::peer::{go_plugin, ours, raw, relay};
use crate::programs;
use crate::report;
use crate::slice::{MESSAGE_BYTES, Slice};
pub use figures::Report;

/// How many messages are under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Load {
    /// One after another.
    Serial,
    /// 64 at once.
    InFlight64,
    /// 256 at once.
    Pipelined,
}

/// What one case did under one load, round by round.
struct Track {
    case: usize,
    load: Load,
    turns: Vec<Turn>,
}

/// How it was measured.
#[derive(Debug, Clone, Serialize)]
pub struct Method {
    rounds: u32,
    slice_ms: u64,
    warm_up_ms: u64,
    message_bytes: usize,
}

/// Everything measured.
pub struct Tracks(Vec<Track>);

/// The cases by their place among the running ones.
#[derive(Debug, Clone, Copy)]
pub enum Which {
    /// Bare sockets.
    Raw,
    /// A bare gRPC relay.
    Relay,
    /// Ours.
    Ours,
    /// Ours with three plugins.
    Three,
    /// go-plugin.
    GoPlugin,
}

/// Measures.
pub fn measure(rounds: u32, slice_ms: u64) -> anyhow::Result<Report> {
    let daemon = programs::daemon()?;
    let peer = programs::go_peer();
    let mut cases = vec![raw::start()?, relay::start()?, ours::start(&daemon)?];
    cases.push(ours::start_three(&daemon)?);
    cases.extend(peer.as_deref().map(go_plugin::start).transpose()?);
    let warm_up_ms = slice_ms / 4;
    let method = Method { rounds, slice_ms, warm_up_ms, message_bytes: MESSAGE_BYTES };
    let mut tracks = Tracks::of(cases.len());
    for round in 1..=rounds {
        report::progress(round, rounds);
        tracks.round(round as usize, &mut cases, &method)?;
    }
    let instructions = count_instructions(&mut cases[Which::Ours as usize], &method);
    Ok(tracks.report(method, instructions))
}

/// Instructions of one message, in a turn that counts for nothing else.
fn count_instructions(case: &mut Case, method: &Method) -> anyhow::Result<f64> {
    let mut instructions = Instructions::of(&case.pids())?;
    let before = instructions.count()?;
    let turn = case.turn(method.slice(Load::Serial))?;
    Ok((instructions.count()? - before) as f64 / turn.messages())
}

impl Method {
    fn slice(&self, load: Load) -> Slice {
        Slice {
            in_flight: load.in_flight(),
            warm_up: Duration::from_millis(self.warm_up_ms),
            length: Duration::from_millis(self.slice_ms),
        }
    }
}

impl Load {
    /// Messages under way.
    fn in_flight(self) -> usize {
        match self {
            Self::Serial => 1,
            Self::InFlight64 => 64,
            Self::Pipelined => 256,
        }
    }
}

impl Tracks {
    fn of(cases: usize) -> Self {
        let plan = [
            (Which::Raw, Load::Serial),
            (Which::Relay, Load::Serial),
            (Which::Ours, Load::Serial),
            (Which::Three, Load::Serial),
            (Which::GoPlugin, Load::Serial),
            (Which::Relay, Load::Pipelined),
            (Which::Ours, Load::Pipelined),
            (Which::GoPlugin, Load::InFlight64),
            (Which::Ours, Load::InFlight64),
        ];
        let tracks = plan.into_iter().map(|(which, load)| (which as usize, load));
        let running = tracks.filter(|(case, _)| *case < cases);
        Self(running.map(|(case, load)| Track { case, load, turns: Vec::new() }).collect())
    }

    fn round(&mut self, at: usize, cases: &mut [Case], method: &Method) -> anyhow::Result<()> {
        for turn in 0..self.0.len() {
            let place = (turn + at) % self.0.len();
            let track = &mut self.0[place];
            track.turns.push(cases[track.case].turn(method.slice(track.load))?);
        }
        Ok(())
    }

    /// The turns of a case under a load; none where it did not run.
    fn turns(&self, which: Which, load: Load) -> &[Turn] {
        let track = self.0.iter().find(|it| it.case == which as usize && it.load == load);
        track.map_or(&[], |track| &track.turns)
    }
}
