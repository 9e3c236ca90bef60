//! Grants that change while a plugin runs, in the harness.
#![allow(clippy::unwrap_used)]

use std::cell::RefCell;
use std::rc::Rc;

use outboard_plugin::test::Harness;
use outboard_plugin::{GrantsChange, Plugin, Result};

type Seen = Rc<RefCell<Vec<String>>>;

fn plugin() -> (Plugin, Seen) {
    let seen = Seen::default();
    let noted = Rc::clone(&seen);
    let plugin = Plugin::new("careful", "1.0.0")
        .on_grants_changed(async move |change: GrantsChange| -> Result {
            if change.may("users:moderate") {
                return Err("more than was asked for".into());
            }
            let counts = change.host().welcome().grants.len();
            let (gained, lost, limited) = (change.gained(), change.lost(), change.limited());
            noted.borrow_mut().push(format!("+{gained:?} -{lost:?} <{limited:?} of {counts}"));
            Ok(())
        })
        .command("may", async |cmd| format!("{}", cmd.ctx().may("messages:send")));
    (plugin, seen)
}

// I106
#[test]
fn a_handler_is_told_what_was_granted_withdrawn_and_narrowed_when_it_counts_already() {
    let (plugin, seen) = plugin();
    let mut daemon = Harness::new(plugin);
    daemon.grants(["commands:own", "storage:read"]);
    daemon.change_grants(["commands:own", "messages:send"]).unwrap();
    daemon.change_grants(["commands:own", "messages:send@channels=town-*"]).unwrap();
    assert_eq!(daemon.command("may").run().unwrap().text(), "true");
    daemon.change_grants(["commands:own", "messages:send"]).unwrap();
    daemon.change_grants(["commands:own", "messages:send"]).unwrap();
    daemon.change_grants(["commands:own"]).unwrap();
    assert_eq!(daemon.command("may").run().unwrap().text(), "false");
    let told = [
        r#"+["messages:send"] -["storage:read"] <[] of 2"#,
        r#"+[] -[] <["messages:send"] of 2"#,
        r#"+[] -[] <["messages:send"] of 2"#,
        r#"+[] -["messages:send"] <[] of 1"#,
    ];
    assert_eq!(*seen.borrow(), told);
}

#[test]
fn a_handler_that_fails_takes_nothing_back() {
    let (plugin, seen) = plugin();
    let mut daemon = Harness::new(plugin);
    let failed = daemon.change_grants(["users:moderate"]).unwrap_err();
    assert_eq!(failed.message(), "more than was asked for");
    daemon.change_grants(["messages:send"]).unwrap();
    assert_eq!(*seen.borrow(), [r#"+["messages:send"] -["users:moderate"] <[] of 1"#]);
}

#[test]
fn without_a_handler_grants_change_all_the_same() {
    let mut daemon = Harness::new(
        Plugin::new("plain", "1.0.0")
            .command("may", async |cmd| format!("{}", cmd.ctx().may("messages:send"))),
    );
    daemon.change_grants(["messages:send"]).unwrap();
    assert_eq!(daemon.command("may").run().unwrap().text(), "true");
}
