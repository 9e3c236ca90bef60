//! Random histories of requests: however they go, nothing stays behind.

use outboard_proto::plugin::HttpResponse as Answer;
use proptest::prelude::*;

use super::*;

/// What may happen next.
#[derive(Debug, Clone)]
enum Turn {
    /// The app asks, with a body in pieces or without.
    Ask { body: bool },
    /// A piece of a body from the app: which request, how large, whether it is the last.
    Upload { of: u64, bytes: usize, last: bool },
    /// The app gives a body up.
    GiveUp { of: u64 },
    /// The app no longer waits.
    Cancel { of: u64 },
    /// The plugin answers, with a body in pieces or whole.
    Reply { of: u64, body: bool },
    /// The plugin fails.
    Fail { of: u64 },
    /// A piece of an answer, or its end.
    Download { of: u64, bytes: usize, last: bool },
    /// Both sides return credit.
    Credit,
    /// The plugin's session breaks, and another comes.
    Break,
    /// Everything that is due ends.
    Late,
}

fn turns() -> impl Strategy<Value = Vec<Turn>> {
    let of = || 1_u64..8;
    let bytes = || prop_oneof![Just(0_usize), Just(10), Just(60_000)];
    let turn = prop_oneof![
        4 => any::<bool>().prop_map(|body| Turn::Ask { body }),
        6 => (of(), bytes(), any::<bool>())
            .prop_map(|(of, bytes, last)| Turn::Upload { of, bytes, last }),
        1 => of().prop_map(|of| Turn::GiveUp { of }),
        1 => of().prop_map(|of| Turn::Cancel { of }),
        4 => (of(), any::<bool>()).prop_map(|(of, body)| Turn::Reply { of, body }),
        1 => of().prop_map(|of| Turn::Fail { of }),
        6 => (of(), bytes(), any::<bool>())
            .prop_map(|(of, bytes, last)| Turn::Download { of, bytes, last }),
        2 => Just(Turn::Credit),
        1 => Just(Turn::Break),
        1 => Just(Turn::Late),
    ];
    prop::collection::vec(turn, 1..80)
}

/// A board, a plugin and an app, and the calls handed over so far: the app's id and the call's.
struct Stage {
    board: Switchboard,
    web: FakePlugin,
    app: FakeApp,
    asked: u64,
}

impl Stage {
    fn new() -> Self {
        let board = Switchboard::new(Clock::start());
        let web = ready(&board);
        let app = browser(&board);
        Self { board, web, app, asked: 0 }
    }

    /// The ids of live calls, the oldest first.
    fn calls(&self) -> Vec<u64> {
        let core = self.board.lock();
        let keys = core.calls.keys_where(|_| true);
        keys.into_iter().filter_map(|key| core.calls.get(key).map(|call| call.id)).collect()
    }

    fn reply(&self, of: u64, said: reply::Result) {
        let calls = self.calls();
        let Some(call) = calls.get(of as usize % calls.len().max(1)) else { return };
        let (member, serial) = (self.web.member, self.web.serial);
        self.board.reply(member, serial, *call, Said::Result(Some(said)));
    }

    fn play(&mut self, turn: &Turn) {
        match *turn {
            Turn::Ask { body } => {
                self.asked += 1;
                let id = self.asked;
                self.app.http(HttpRequest { body: if body { id } else { 0 }, ..posting(id) });
            }
            Turn::Upload { of, bytes, last } => {
                self.board.chunk_of_node(self.app.node, piece(of, bytes, last));
            }
            Turn::GiveUp { of } => {
                let abort = "no more".to_owned();
                let chunk = Chunk { abort, ..piece(of, 0, false) };
                self.board.chunk_of_node(self.app.node, chunk);
            }
            Turn::Cancel { of } => self.board.cancel_http(self.app.node, of),
            Turn::Reply { of, body } => {
                let body = if body { of } else { 0 };
                let answer = Answer { status: 200, body, ..Answer::default() };
                self.reply(of, reply::Result::Http(answer));
            }
            Turn::Fail { of } => self.reply(of, reply::Result::Failure(Failure::default())),
            Turn::Download { of, bytes, last } => {
                let (member, serial) = (self.web.member, self.web.serial);
                self.board.chunk_of_plugin(member, serial, piece(of, bytes, last));
            }
            Turn::Credit => {
                self.board.credit(self.web.member, self.web.serial, CREDIT_BYTES);
                self.board.credit_of_node(self.app.node, CREDIT_BYTES);
            }
            Turn::Break => {
                self.web.lost();
                self.web.back();
            }
            Turn::Late => self.everything_is_due(),
        }
    }

    fn everything_is_due(&self) {
        self.board.with(|core, now| core.expire(now + Duration::from_secs(3600)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// I53: once everything is due, no table holds anything and the node owes no answer.
    #[test]
    fn whatever_becomes_of_requests_nothing_stays_behind(history in turns()) {
        let mut stage = Stage::new();
        for turn in history {
            stage.play(&turn);
        }
        stage.everything_is_due();
        let core = stage.board.lock();
        prop_assert_eq!(core.http.leftovers(), 0);
        prop_assert!(core.deadlines.first().is_none());
        prop_assert!(core.calls.keys_where(|_| true).is_empty());
        prop_assert_eq!(core.members[stage.web.member].in_hand, 0);
        drop(core);
        // Every call of the node has been answered, so that it may make as many as ever.
        for _ in 0..8192 {
            prop_assert!(stage.board.begin_node_call(stage.app.node).is_ok());
        }
    }
}
