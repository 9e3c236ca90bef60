//! A visit that the played daemon tells of, from the invitation to its end.

use outboard_proto::admin as wire;
use outboard_proto::admin::debug_news::Of;

use crate::plugins::NOON;

/// Step by step.
pub fn steps(plugin: &str) -> impl Iterator<Item = wire::DebugNews> + use<> {
    let variable =
        |name: &str, value: &str| wire::Variable { name: name.into(), value: value.into() };
    let guest = || wire::DebugGuest { pid: 4711, uid: 1000 };
    let environment = vec![
        variable("OUTBOARD_SOCKET", &format!("/run/outboard/d/{plugin}")),
        variable("OUTBOARD_TOKEN", "0123"),
        variable("OUTBOARD_PLUGIN", plugin),
    ];
    let end = wire::DebugEnd { cause: "left".into(), text: "the process ended its session".into() };
    let steps = [
        Of::Invitation(wire::DebugInvitation { environment, expires_us: NOON }),
        Of::Arriving(guest()),
        Of::Attached(guest()),
        Of::Ready(guest()),
        Of::Note("late by 3.2 s: message.before_post would have been replaced".into()),
        Of::End(end),
    ];
    steps.into_iter().map(|of| wire::DebugNews { of: Some(of) })
}
