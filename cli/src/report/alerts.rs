//! What is wrong and who is told, in reports. It refuses to judge either.

use outboard_proto::admin as wire;
use serde::Serialize;

/// What is wrong, and how those do who are told.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Alerts {
    pub alarms: Vec<Alarm>,
    pub outlets: Vec<Outlet>,
}

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Alarm {
    pub kind: String,
    /// `null`: the daemon.
    pub plugin: Option<String>,
    pub detail: String,
}

/// Somewhere the daemon tells others.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outlet {
    pub name: String,
    pub to: String,
    pub told: u64,
    pub dropped: u64,
    /// Why the last try failed; `null` where it did not.
    pub failing: Option<String>,
}

impl From<wire::ShowAlertsResponse> for Alerts {
    fn from(it: wire::ShowAlertsResponse) -> Alerts {
        let alarm = |it: wire::Alarm| Alarm {
            kind: it.kind,
            plugin: Some(it.plugin).filter(|name| !name.is_empty()),
            detail: it.detail,
        };
        let outlet = |it: wire::Outlet| Outlet {
            name: it.name,
            to: it.to,
            told: it.told,
            dropped: it.dropped,
            failing: Some(it.failing).filter(|text| !text.is_empty()),
        };
        Alerts {
            alarms: it.alarms.into_iter().map(alarm).collect(),
            outlets: it.outlets.into_iter().map(outlet).collect(),
        }
    }
}
