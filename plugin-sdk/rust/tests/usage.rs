//! What a plugin notes of its own use, as its author tests it.

use outboard_plugin::Plugin;
use outboard_plugin::test::Harness;

fn dice() -> Plugin {
    Plugin::new("dice", "1.0.0").command("roll", async |cmd: outboard_plugin::Command| {
        cmd.ctx().track("rolled", [("sides", "6")]);
        cmd.ctx().count("rolls", 2);
        cmd.ctx().count("nothing", 0);
        cmd.ctx().host().count_labelled("rolls", [("sides", "6")], 1);
        "4"
    })
}

#[test]
fn a_test_sees_what_was_noted() {
    let mut daemon = Harness::new(dice());
    daemon.command("roll").run().unwrap();
    daemon.command("roll").run().unwrap();
    let tracked = daemon.tracked();
    assert_eq!((tracked.len(), tracked[0].action.as_str()), (2, "rolled"));
    assert_eq!(tracked[0].metadata["sides"], "6");
    assert_eq!(daemon.counted("rolls"), 4);
    assert_eq!(daemon.counted("rolls{sides=6}"), 2);
    assert_eq!(daemon.counted("nothing"), 0);
}
