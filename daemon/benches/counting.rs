//! What counting costs a call (at most 1 µs), and what a look at a grant costs an RPC (at most
//! 200 ns). Run with `cargo bench -p outboardd`.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use outboard_supervision::Moment;
use outboardd::clock::Clock;
use outboardd::config::granted::Granted;
use outboardd::config::permission::Permission;
use outboardd::routing::{Bot, Reach, Registration, Switchboard};
use outboardd::statistics::ledger::{LINES, Use};
use outboardd::statistics::{Kind, Ledger, Outcome};

/// A ledger as full as it can be.
fn full() -> Ledger {
    let mut ledger = Ledger::default();
    for number in 0..LINES {
        let kind = if number % 2 == 0 { Kind::Command } else { Kind::Event };
        ledger.grow(kind, &format!("some.name.of.its.own-{number}"), 1, Moment::ZERO);
    }
    ledger.grow(Kind::Hook, "message.before_post", 1, Moment::ZERO);
    ledger
}

fn count(criterion: &mut Criterion) {
    let mut ledger = full();
    let took = Some(Duration::from_micros(250));
    let call = Use { outcome: Outcome::Ok, took, bytes_out: 300, at: Moment::ZERO };
    criterion.bench_function("count a call", |bencher| {
        bencher.iter(|| ledger.count(Kind::Hook, black_box("message.before_post"), call));
    });
    criterion.bench_function("count a call of many", |bencher| {
        let name = format!("some.name.of.its.own-{}", LINES / 2);
        bencher.iter(|| ledger.count(Kind::Command, black_box(&name), call));
    });
    criterion.bench_function("count a name without a line", |bencher| {
        bencher.iter(|| ledger.grow(Kind::Track, black_box("made-up"), 1, Moment::ZERO));
    });
}

fn permit(criterion: &mut Criterion) {
    let board = Switchboard::new(Clock::start());
    let member = board.register(Registration {
        name: "dice".into(),
        version: "1.0.0".to_owned(),
        bot: Bot::default(),
        interceptors: Vec::new(),
        subscriptions: Vec::new(),
        channels: Vec::new(),
        commands: Vec::new(),
        reach: Reach::default(),
        grants: Granted::from([Permission::MessagesSend, Permission::MessagesRead]),
        call_timeout: Duration::from_secs(5),
        interaction_timeout: Duration::from_secs(900),
        in_flight: 8,
        host_calls: 30_000,
        ui: std::sync::Arc::default(),
        enabled: true,
    });
    criterion.bench_function("look at a grant", |bencher| {
        let rpc = "/outboard.plugin.v1.Messages/Send";
        bencher.iter(|| board.permit(member, black_box(rpc), Permission::MessagesSend));
    });
}

criterion_group!(benches, count, permit);
criterion_main!(benches);
