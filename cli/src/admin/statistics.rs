//! What commands ask about counts: a method per question. It refuses to know how they are shown.

use outboard_proto::admin as wire;

use super::{Admin, Changing, PATIENCE, answer};
use crate::report::{Counted, Used};
use crate::trouble::Stop;

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

    /// Everything of this moment as OpenMetrics text.
    pub async fn metrics(&mut self) -> Result<String, Stop> {
        let wait = self.wait(PATIENCE);
        answer(wait, self.counts.metrics(wire::MetricsRequest {})).await.map(|it| it.text)
    }
}
