//! Claims about a ledger with a plugin beside it: what it is told, and what memory and disk say
//! once it has spoken. No daemon, no process.

use std::pin::Pin;

use outboard_proto::plugin::{SettingsAck, SettingsChanged, daemon_frame};
use serde_json::{Value, json};
use tokio::sync::broadcast;
use tokio_stream::StreamExt as _;

use super::*;
use crate::audit::Audit;
use crate::clock::Clock;
use crate::egress::{EgressStream, egress};
use crate::frame::ToPlugin;
use crate::settings::{About, Declared, Parts, Rows, Schema};
use crate::store::Control;

const SERIAL: u64 = 7;

/// A ledger, and its plugin's end of the session.
struct Aboard {
    ledger: Arc<Ledger>,
    heard: Pin<Box<EgressStream<ToPlugin>>>,
    control: Control,
    _folder: tempfile::TempDir,
}

fn declared(properties: &Value) -> Declared {
    let schema = Schema::read(json!({ "type": "object", "properties": properties })).unwrap();
    Declared { schema: Some(Arc::new(schema)), dynamic: 2 }
}

fn most() -> Value {
    json!({ "most": { "type": "integer", "default": 3, "maximum": 9 } })
}

async fn aboard() -> Aboard {
    let folder = tempfile::tempdir().unwrap();
    let control = Control::open(&folder.path().join("control.db"), "id").unwrap();
    let parts = Parts {
        control: control.clone(),
        audit: Audit::start(folder.path().join("audit.log")).unwrap(),
        keys: Keyring::default(),
        moves: broadcast::Sender::new(8),
        clock: Clock::start(),
    };
    let ledger = Arc::new(Ledger::new("alpha".parse().unwrap(), parts, Rows::default()));
    ledger.go_by(declared(&most()), About::default()).await;
    let (sends, heard) = egress();
    ledger.attach(SERIAL, sends, true, ledger.told());
    Aboard { ledger, heard: Box::pin(heard), control, _folder: folder }
}

impl Aboard {
    fn save(&self, most: u32) -> tokio::task::JoinHandle<Result<Outcome, Failure>> {
        let ledger = Arc::clone(&self.ledger);
        let Value::Object(values) = json!({ "most": most }) else { unreachable!() };
        let change = Change { scope: Scope::Server, values };
        tokio::spawn(async move { ledger.save(Saving { change, by: Who::Operator(0) }).await })
    }

    async fn told(&mut self) -> SettingsChanged {
        match self.heard.next().await {
            Some(Ok(ToPlugin::Frame(frame))) => match frame.kind {
                Some(daemon_frame::Kind::Settings(changed)) => changed,
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    }

    fn agrees(&self, change: u64) {
        let ack = SettingsAck { change, ..SettingsAck::default() };
        assert!(self.ledger.acknowledged(SERIAL, &ack));
    }

    async fn on_disk(&self) -> Option<Held> {
        let rows = self.control.settings(&self.ledger.plugin).await.unwrap();
        rows.get(&Scope::Server, "most").cloned()
    }
}

// I110
#[tokio::test]
async fn who_waits_and_is_overtaken_hears_what_became_of_the_newest() {
    let mut it = aboard().await;
    let first = it.save(4);
    assert_eq!(it.told().await.after, r#"{"most":4}"#);
    let older = it.save(5);
    let newest = it.save(6);
    let misfit = it.save(60);
    assert!(matches!(misfit.await.unwrap(), Ok(Outcome::Invalid(_))), "it waits for nobody");
    // Whoever came before has been looked at by now, or will be before its turn.
    it.agrees(1);
    assert_eq!(first.await.unwrap(), Ok(Outcome::Acknowledged));
    let mut told = it.told().await;
    if told.after.contains('5') {
        // It was quicker than the newest was looked at.
        it.agrees(told.change);
        assert_eq!(older.await.unwrap(), Ok(Outcome::Acknowledged));
        told = it.told().await;
    } else {
        let fate = Outcome::Overtaken("the plugin goes by it".to_owned());
        it.agrees(told.change);
        assert_eq!(older.await.unwrap(), Ok(fate));
    }
    assert_eq!(told.after, r#"{"most":6}"#);
    it.agrees(told.change);
    assert_eq!(newest.await.unwrap(), Ok(Outcome::Acknowledged));
    assert_eq!(it.on_disk().await, Some(Held::Open(json!(6))));
}

// I111
#[tokio::test]
async fn once_who_saved_it_has_hung_up_memory_disk_and_plugin_say_the_same() {
    let mut it = aboard().await;
    let saving = it.save(4);
    let change = it.told().await.change;
    saving.abort();
    it.agrees(change);
    // The next in turn comes when this one is through.
    let next = it.save(4);
    assert_eq!(next.await.unwrap(), Ok(Outcome::Unchanged));
    assert_eq!(it.ledger.told().json, r#"{"most":4}"#);
    assert_eq!(it.on_disk().await, Some(Held::Open(json!(4))));
}

// I111
#[tokio::test]
async fn once_it_is_closed_nothing_is_under_way_and_nothing_comes_after() {
    let mut it = aboard().await;
    let running = it.save(4);
    it.told().await;
    let waiting = it.save(5);
    let closing = {
        let ledger = Arc::clone(&it.ledger);
        tokio::spawn(async move { ledger.close().await })
    };
    let refused = waiting.await.unwrap().unwrap_err();
    assert_eq!(refused.reason(), Reason::Stopping);
    assert!(!closing.is_finished(), "the plugin has not answered");
    it.ledger.detach(SERIAL);
    closing.await.unwrap();
    assert!(running.is_finished() || matches!(running.await.unwrap(), Ok(Outcome::Unanswered(_))));
    let refused = it.save(6).await.unwrap().unwrap_err();
    assert_eq!(refused.reason(), Reason::Stopping);
    assert_eq!(it.on_disk().await, None);
}

// I111
#[tokio::test]
async fn what_settles_after_a_session_has_begun_is_told_to_it() {
    let mut it = aboard().await;
    let judge = it.ledger.inner().standing.judge.clone();
    let mut rows = Rows::default();
    rows.put(&Scope::Server, "most", Some(Held::Open(json!(8))));
    it.ledger.settle(Arc::new(Standing::of(judge, rows))).await;
    let told = it.told().await;
    assert_eq!((&told.before[..], &told.after[..]), (r#"{"most":3}"#, r#"{"most":8}"#));
}

// I112
#[tokio::test]
async fn what_is_registered_while_a_change_waits_counts_with_it() {
    let mut it = aboard().await;
    let saving = it.save(4);
    let change = it.told().await.change;
    let room = json!({ "room": { "type": "string", "default": "red" } });
    let schema = json!({ "type": "object", "properties": room }).to_string();
    let registered = it.ledger.register(schema).await.unwrap();
    assert_eq!(registered.settings, r#"{"most":3,"room":"red"}"#);
    assert!(registered.change > change);
    it.agrees(change);
    assert_eq!(saving.await.unwrap(), Ok(Outcome::Acknowledged));
    let told = it.told().await;
    assert_eq!(told.after, r#"{"most":4,"room":"red"}"#);
    it.ledger.process_over();
    let told = it.told().await;
    assert_eq!(told.after, r#"{"most":4}"#, "gone with the process");
}
