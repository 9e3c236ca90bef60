//! Every state against every event: what becomes of it, and what is to be done.

use std::fmt::Write as _;
use std::time::Duration;

use crate::effect::Effect;
use crate::event::{Event, News};
use crate::machine::Machine;
use crate::machine::tests::events::{self, every_event};
use crate::machine::tests::states::{self, every_state};
use crate::moment::Moment;
use crate::state::{Ending, Link, Rest, State, Step, Then};

/// One pair of state and event, answered.
pub struct Cell {
    pub state: &'static str,
    pub event: &'static str,
    pub at: Moment,
    pub before: Machine,
    pub after: Machine,
    pub effects: Vec<Effect>,
}

/// All pairs, state by state. There is no other way to a cell than through both lists.
pub fn matrix() -> Vec<Cell> {
    let pairs = every_state()
        .into_iter()
        .flat_map(|state| every_event().into_iter().map(move |event| cell(&state, &event)));
    pairs.collect()
}

fn cell(state: &states::Example, event: &events::Example) -> Cell {
    let mut scene = (state.reach)();
    let happens = (event.make)(&mut scene);
    let before = scene.machine.clone();
    let effects = scene.step(happens);
    let after = scene.machine;
    Cell { state: state.name, event: event.name, at: scene.at, before, after, effects }
}

// I2
#[test]
fn every_pair_of_state_and_event_is_answered() {
    let mut table = String::from(
        "`·`: nothing that shows changes. Times count from the event.\n\
         Each state was reached by a history.\n",
    );
    let mut current = "";
    for cell in matrix() {
        if cell.state != current {
            current = cell.state;
            let told = tell(cell.before.state(), since(&cell.before));
            writeln!(table, "\n## {current}\n   {told}").unwrap();
        }
        writeln!(table, "{}", line(&cell)).unwrap();
    }
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("matrix", table);
    });
}

// I5
#[test]
fn news_of_another_generation_changes_nothing_in_any_state() {
    for state in every_state() {
        for event in every_event() {
            let mut scene = (state.reach)();
            let Event::News(generation, news) = (event.make)(&mut scene) else { continue };
            let others = [0, generation.saturating_sub(1), generation + 1].into_iter();
            for other in others.filter(|&other| Some(other) != scene.state().generation()) {
                expect_nothing(&state, other, &news);
            }
        }
    }
}

fn expect_nothing(state: &states::Example, generation: u64, news: &News) {
    let mut scene = (state.reach)();
    let before = scene.machine.clone();
    let effects = scene.step(Event::News(generation, news.clone()));
    assert_eq!(effects, [], "{}: {news:?} of {generation}", state.name);
    assert_eq!(scene.machine, before, "{}: {news:?} of {generation}", state.name);
}

fn line(cell: &Cell) -> String {
    let (before, after) = (tell(cell.before.state(), cell.at), tell(cell.after.state(), cell.at));
    let state = if before == after { "·" } else { &after };
    let effects: Vec<String> = cell.effects.iter().map(effect).collect();
    let mut line = format!("{:<24} {state}", cell.event);
    if !effects.is_empty() {
        write!(line, "   ⇒ {}", effects.join(", ")).unwrap();
    }
    line
}

/// The moment that times are counted from before anything has happened: the state's own begin.
fn since(machine: &Machine) -> Moment {
    match machine.state() {
        State::Stopped(_) => Moment::ZERO,
        State::Starting(it) => it.since,
        State::Running(it) => it.since,
        State::Draining(it) => it.spawned,
        State::Stopping(it) => it.ending.spawned,
        State::Waiting(it) => it.since,
        State::Failed(it) => it.since,
    }
}

fn tell(state: &State, at: Moment) -> String {
    let name = state.name();
    match state {
        State::Stopped(Rest::Hindered(why)) => format!("{name}: {why:?}"),
        State::Stopped(Rest::Finished) => format!("{name}: finished"),
        State::Stopped(Rest::Lazy) => format!("{name}: lazy"),
        State::Stopped(Rest::Idle) => format!("{name}: idle"),
        State::Stopped(Rest::DaemonStops) => format!("{name}: the daemon stops"),
        State::Starting(it) => {
            let (link, until) = (session(it.link, at), ahead(it.deadline, at));
            let pid = if it.pid.is_some() { "pid" } else { "no pid" };
            format!("{name} #{}, {pid}, {link}, {} %, within {until}", it.generation, it.percent)
        }
        State::Running(it) => {
            let (link, due) = (session(it.link, at), ahead(it.pulse.due, at));
            let pings = it.pulse.unanswered;
            let pid = if it.pid.is_some() { "pid" } else { "no pid" };
            format!("{name} #{}, {pid}, {link}, {pings} pings open, due in {due}", it.generation)
        }
        State::Draining(it) => format!("{name} {}, for {}", tell_end(it), ahead(it.deadline, at)),
        State::Stopping(it) => match it.step {
            Step::Told => {
                format!("told {}, for {}", tell_end(&it.ending), ahead(it.ending.deadline, at))
            }
            Step::Terminated => {
                format!(
                    "terminated {}, for {}",
                    tell_end(&it.ending),
                    ahead(it.ending.deadline, at)
                )
            }
            Step::Killed => format!("killed {}", tell_end(&it.ending)),
        },
        State::Waiting(it) => format!("{name} for {}: {}", ahead(it.until, at), it.cause),
        State::Failed(it) => format!("{name}: {}: {}", it.cause, it.detail),
    }
}

fn tell_end(ending: &Ending) -> String {
    let then = match &ending.then {
        Then::Rest(Rest::Hindered(why)) => format!("rest: {why:?}"),
        Then::Rest(Rest::Finished) => "rest: finished".to_owned(),
        Then::Rest(Rest::Lazy) => "rest: lazy".to_owned(),
        Then::Rest(Rest::Idle) => "rest: idle".to_owned(),
        Then::Woken => "start for calls".to_owned(),
        Then::Rest(Rest::DaemonStops) => "rest: the daemon stops".to_owned(),
        Then::Again => "start again".to_owned(),
        Then::Recover(cause, _) => format!("recover: {cause}"),
        Then::GiveUp(cause, _) => format!("give up: {cause}"),
    };
    format!("#{} then {then}", ending.generation)
}

fn session(link: Link, at: Moment) -> String {
    match link {
        Link::Awaited => "no session".to_owned(),
        Link::Attached => "session".to_owned(),
        Link::Lost(until) => format!("session lost for {}", ahead(until, at)),
    }
}

fn ahead(until: Moment, at: Moment) -> String {
    seconds(until.since(at))
}

fn seconds(span: Duration) -> String {
    format!("{} s", span.as_secs_f64())
}

fn effect(effect: &Effect) -> String {
    match effect {
        Effect::Spawn(it) => format!("spawn #{it}"),
        Effect::Ping(it) => format!("ping #{it}"),
        Effect::Drain(it, budget) => format!("drain #{it} within {}", seconds(*budget)),
        Effect::Shutdown(it, budget) => format!("shutdown #{it} within {}", seconds(*budget)),
        Effect::Terminate(it) => format!("terminate #{it}"),
        Effect::Kill(it) => format!("kill #{it}"),
        Effect::Disconnect(it) => format!("disconnect #{it}"),
        Effect::Record(it) => format!("record #{}: {}", it.generation, it.cause),
    }
}
