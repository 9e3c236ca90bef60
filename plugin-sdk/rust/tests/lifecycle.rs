//! What happens once per version, and to the app, in the harness.

use std::cell::RefCell;
use std::rc::Rc;

use outboard_plugin::proto::plugin::AppInfo;
use outboard_plugin::test::Harness;
use outboard_plugin::{Error, Plugin};

#[test]
fn milestones_and_changes_of_the_app_reach_their_handlers() {
    let seen = Rc::new(RefCell::new(Vec::new()));
    let note = |seen: &Rc<RefCell<Vec<String>>>| {
        let seen = Rc::clone(seen);
        move |text: String| seen.borrow_mut().push(text)
    };
    let (one, two, three) = (note(&seen), note(&seen), note(&seen));
    let plugin = Plugin::new("alpha", "1.1.0")
        .on_installed(async move |it| one(format!("installed {}", it.host().generation())))
        .on_upgraded(async move |it| match it.from() {
            "0.9.0" => Err(Error::new("too old")),
            from => {
                two(format!("upgraded {from}"));
                Ok(())
            }
        })
        .on_app_changed(async move |app| three(format!("app {}", app.name)));
    let mut daemon = Harness::new(plugin);
    daemon.installed().unwrap();
    daemon.upgraded("1.0.0").unwrap();
    assert_eq!(daemon.upgraded("0.9.0").unwrap_err().message(), "too old");
    daemon.uninstalled().unwrap();
    daemon.app_changed(AppInfo { name: "chat".to_owned(), ..AppInfo::default() });
    assert_eq!(*seen.borrow(), ["installed 0", "upgraded 1.0.0", "app chat"]);
}
