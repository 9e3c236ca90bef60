//! The real host of a plugin's task: begins what the machine decides, on this machine's Linux.
//!
//! It refuses to decide; every outcome goes back to the task as mail.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use outboard_linux::Spawner;
use outboard_proto::common::Ping;
use outboard_proto::plugin::{self, DaemonFrame, Drain, Shutdown, daemon_frame::Kind};
use outboard_supervision::event::{Cause, Death, Exit, Obituary};
use outboard_supervision::{Effect, Machine, Moment, News, State};
use tokio::sync::broadcast;
use tokio_util::task::TaskTracker;

pub use super::bring_up::Program;
use super::bring_up::{Order, bring_up};
use super::prepared::Prepared;
use super::standing::standing;
use super::view::Ends;
use super::{Host, Mail, Move};
use crate::clock::{micros, timestamp};
use crate::config::name::PluginName;
use crate::session::{Entrance, Pass};
use crate::store::{Control, EndRecord};

/// How often a draining plugin is looked at.
const DRAIN_LOOK: Duration = Duration::from_millis(5);

/// What a host is made of.
pub struct LinuxHostParts {
    /// Whose host.
    pub name: PluginName,
    /// Starts processes.
    pub spawner: Spawner,
    /// What is started; exchanged by a load.
    pub program: Arc<Mutex<Arc<Program>>>,
    /// Its socket's side.
    pub entrance: Arc<Entrance>,
    /// Keeps generations and ends.
    pub control: Control,
    /// How generations ended.
    pub ends: Ends,
    /// Tells whoever watches that something moved.
    pub moves: broadcast::Sender<Move>,
    /// Counts what is being written, so that the daemon's end can wait for it.
    pub writes: TaskTracker,
}

/// The real host.
pub struct LinuxHost {
    parts: LinuxHostParts,
    pings: u64,
    /// The next generation, as far as it can be without beginning.
    prepared: Option<Prepared>,
    /// The state that was told of last.
    told: Option<&'static str>,
}

impl LinuxHost {
    /// A host for one plugin.
    #[must_use]
    pub fn new(parts: LinuxHostParts) -> Self {
        Self { parts, pings: 0, prepared: None, told: None }
    }

    fn pass(&self, generation: u64) -> Option<Arc<Pass>> {
        self.parts.entrance.door.current().filter(|pass| pass.generation == generation)
    }

    fn tell(&self, generation: u64, kind: Kind) {
        if let Some(pass) = self.pass(generation) {
            pass.tell(DaemonFrame { kind: Some(kind) }, self.parts.entrance.clock.now());
        }
    }

    /// What is being installed for it is not to be followed by a process.
    fn note_unwanted(&self, generation: u64) {
        if let Some(pass) = self.pass(generation) {
            pass.unwanted.store(true, Ordering::Relaxed);
        }
    }

    fn order(&self, generation: u64) -> Order {
        let parts = &self.parts;
        let program = Arc::clone(&parts.program.lock().unwrap_or_else(PoisonError::into_inner));
        let memory = program.limits.memory_bytes;
        let pass = Arc::new(Pass::new(generation, memory, parts.entrance.clock.now()));
        let (spawner, entrance) = (parts.spawner.clone(), Arc::clone(&parts.entrance));
        let (name, control) = (parts.name.clone(), parts.control.clone());
        Order { name, control, spawner, program, pass, entrance }
    }

    fn spawn(&mut self, generation: u64) {
        let order = self.order(generation);
        let fits = |prepared: &Prepared| prepared.is_for(generation, &order.program);
        let prepared = self.prepared.take().filter(fits);
        if prepared.is_none() {
            self.use_generation(generation);
        }
        let order = prepared.as_ref().map_or(order, |it| it.order.clone());
        let parts = &self.parts;
        let entrance = &parts.entrance;
        order.pass.heard(entrance.clock.now());
        entrance.door.open(Arc::clone(&order.pass));
        entrance.switchboard.new_generation(entrance.member);
        entrance.settings.process_over();
        tokio::spawn(bring_up(order, Prepared::held(prepared)));
    }

    /// Beside the start, not before it: a full disk must not keep a plugin down.
    fn use_generation(&self, generation: u64) {
        let (control, name) = (self.parts.control.clone(), self.parts.name.clone());
        self.parts.writes.spawn(async move {
            if let Err(error) = control.use_generation(&name, generation).await {
                tracing::error!(plugin = %name, "its generation number cannot be kept: {error}");
            }
        });
    }

    fn what_moved(&mut self, machine: &Machine) -> Move {
        let name = self.parts.name.clone();
        let state = Some(machine.state().name());
        match std::mem::replace(&mut self.told, state) == state {
            true => Move::Detail(name),
            false => Move::State(name),
        }
    }

    /// While a plugin waits for its next try, all that takes time is done for it already.
    fn look_ahead(&mut self, machine: &Machine) {
        match machine.state() {
            State::Waiting(_) if self.prepared.is_none() => {
                let next = machine.generation() + 1;
                self.use_generation(next);
                self.prepared = Some(Prepared::begin(self.order(next)));
            }
            State::Waiting(_) => {}
            // Whatever was prepared is not what comes next; dropped, nothing of it stays.
            State::Stopped(_)
            | State::Starting(_)
            | State::Running(_)
            | State::Draining(_)
            | State::Stopping(_)
            | State::Failed(_) => self.prepared = None,
        }
    }

    fn drain(&self, generation: u64, budget: Duration) {
        self.tell(generation, Kind::Drain(Drain { budget_us: micros(budget) }));
        let entrance = Arc::clone(&self.parts.entrance);
        tokio::spawn(async move {
            let drained = async {
                while entrance.switchboard.in_hand(entrance.member) > 0 {
                    tokio::time::sleep(DRAIN_LOOK).await;
                }
            };
            // The machine has its own patience; this only ends the looking.
            if tokio::time::timeout(budget, drained).await.is_ok() {
                let _ = entrance.mailbox.send(Mail::News(generation, News::Drained)).await;
            }
        });
    }

    fn record(&self, obituary: Obituary) {
        let parts = &self.parts;
        let end = end_record(obituary, parts.entrance.log.take_last_words());
        // In the text as well as in fields: most journals are read without their fields.
        let name = &parts.name;
        tracing::info!(
            plugin = %name, generation = end.generation, cause = end.cause, exit = end.exit,
            "{name}: generation {} ended: {}", end.generation, in_words(&end)
        );
        let mut facts = (*parts.entrance.facts()).clone();
        facts.previous_end = Some(plugin::EndRecord {
            cause: end.cause.clone(),
            exit: end.exit.clone(),
            uptime_us: micros(end.uptime),
            peak_memory_bytes: end.peak_memory_bytes,
        });
        parts.entrance.set_facts(facts);
        parts.ends.add(end.clone());
        parts.entrance.switchboard.count_end(parts.entrance.member, &end.cause);
        let (control, name) = (parts.control.clone(), parts.name.clone());
        parts.writes.spawn(async move {
            if let Err(error) = control.record_end(&name, end).await {
                tracing::error!(plugin = %name, "its end cannot be kept: {error}");
            }
        });
    }
}

impl Host for LinuxHost {
    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Spawn(generation) => self.spawn(generation),
            Effect::Ping(generation) => {
                self.pings += 1;
                self.tell(generation, Kind::Ping(Ping { nonce: self.pings }));
            }
            Effect::Drain(generation, budget) => self.drain(generation, budget),
            Effect::Shutdown(generation, budget) => {
                let reason = "the plugin is being stopped".to_owned();
                let shutdown = Shutdown { budget_us: micros(budget), reason };
                self.tell(generation, Kind::Shutdown(shutdown));
            }
            Effect::Terminate(generation) => {
                self.note_unwanted(generation);
                if let Some(keeper) = self.pass(generation).and_then(|pass| pass.keeper_now()) {
                    keeper.terminate();
                }
            }
            Effect::Kill(generation) => {
                self.note_unwanted(generation);
                if let Some(keeper) = self.pass(generation).and_then(|pass| pass.keeper_now()) {
                    keeper.kill();
                }
            }
            Effect::Disconnect(generation) => {
                if let Some(pass) = self.pass(generation) {
                    pass.until.cancel();
                }
            }
            Effect::Record(obituary) => {
                self.parts.entrance.door.shut(obituary.generation);
                self.parts.entrance.settings.process_over();
                let entrance = &self.parts.entrance;
                let own_fault = !matches!(obituary.cause, Cause::Stopped | Cause::DaemonLost);
                entrance.switchboard.generation_ended(entrance.member, own_fault);
                self.record(obituary);
            }
        }
    }

    fn alive(&self) -> Moment {
        self.parts.entrance.door.current().map_or(Moment::ZERO, |pass| pass.alive())
    }

    fn idle_since(&self) -> Option<Moment> {
        let entrance = &self.parts.entrance;
        entrance.switchboard.idle_since(entrance.member)
    }

    fn moved(&mut self, machine: &Machine, now: Moment) {
        self.look_ahead(machine);
        let entrance = &self.parts.entrance;
        let guest = entrance.desk.stage().and_then(|stage| stage.guest());
        entrance.switchboard.set_standing(entrance.member, standing(machine, guest, now));
        let moved = self.what_moved(machine);
        // Nobody may be watching.
        let _ = self.parts.moves.send(moved);
    }

    fn luck(&mut self) -> f64 {
        fastrand::f64()
    }
}

fn end_record(obituary: Obituary, stderr: String) -> EndRecord {
    let death = obituary.death;
    EndRecord {
        generation: obituary.generation,
        at: timestamp(),
        cause: obituary.cause.as_str().to_owned(),
        detail: obituary.detail,
        exit: death.map(exit).unwrap_or_default(),
        uptime: obituary.uptime,
        peak_memory_bytes: death.map_or(0, |death| death.peak_memory),
        cpu: death.map_or(Duration::ZERO, |death| death.cpu),
        stderr: stderr.into_bytes(),
    }
}

/// "signal (signal 9 (SIGKILL)); no sign of life for 5.0 s".
fn in_words(end: &EndRecord) -> String {
    let mut words = end.cause.clone();
    if !end.exit.is_empty() {
        words = format!("{words} ({})", end.exit);
    }
    if !end.detail.is_empty() {
        words = format!("{words}; {}", end.detail);
    }
    words
}

fn exit(death: Death) -> String {
    match death.exit {
        Exit::Code(code) => format!("code {code}"),
        Exit::Signal(signal) => match outboard_linux::signal_name(signal) {
            Some(name) => format!("signal {signal} ({name})"),
            None => format!("signal {signal}"),
        },
    }
}
