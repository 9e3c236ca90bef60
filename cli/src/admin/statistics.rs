//! What commands ask about counts: a method per question. It refuses to know how they are shown.

use std::time::Duration;

use outboard_proto::admin as wire;

use super::{Admin, Changing, PATIENCE, answer};
use crate::report::{Alerts, Counted, Used};
use crate::trouble::Stop;

/// How long all who are told may take together: a program 30 s, an address three tries.
const PATIENCE_FOR_ALERTS: Duration = Duration::from_secs(90);

impl Admin {
    /// What was counted: a line for each plugin, or one plugin in full.
    pub async fn stats(&mut self, plugin: String, since_s: u64) -> Result<Counted, Stop> {
        let wait = self.wait(PATIENCE);
        let request = wire::StatsRequest { plugin, since_s };
        answer(wait, self.counts.stats(request)).await.map(Counted::from)
    }

    /// What people used most.
    pub async fn popular(&mut self, since_s: u64, most: u32) -> Result<Counted, Stop> {
        let wait = self.wait(PATIENCE);
        let request = wire::PopularRequest { since_s, most };
        answer(wait, self.counts.popular(request)).await.map(Counted::from)
    }

    /// What plugins track, as they do.
    pub async fn follow_usage(&mut self, plugin: String) -> Result<Changing<Used>, Stop> {
        let wait = self.wait(PATIENCE);
        let request = wire::FollowUsageRequest { plugin };
        answer(wait, self.counts.follow_usage(request)).await.map(Changing::of)
    }

    /// What is wrong, and who is told.
    pub async fn alerts(&mut self) -> Result<Alerts, Stop> {
        let wait = self.wait(PATIENCE);
        let asked = wire::ShowAlertsRequest {};
        answer(wait, self.bell.show(asked)).await.map(Alerts::from)
    }

    /// Tells everybody something that is not so.
    pub async fn test_alerts(&mut self) -> Result<Alerts, Stop> {
        let wait = self.wait(PATIENCE_FOR_ALERTS);
        let asked = wire::TestAlertsRequest {};
        answer(wait, self.bell.test(asked)).await.map(Alerts::from)
    }

    /// Everything of this moment as OpenMetrics text.
    pub async fn metrics(&mut self) -> Result<String, Stop> {
        let wait = self.wait(PATIENCE);
        answer(wait, self.counts.metrics(wire::MetricsRequest {})).await.map(|it| it.text)
    }
}
