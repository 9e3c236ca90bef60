//! What operators ask about counts and metrics.
//!
//! It refuses to know what is counted.

use outboard_proto::admin::alerts_client::AlertsClient;
use outboard_proto::admin::statistics_client::StatisticsClient;
use outboard_proto::admin::{
    FollowUsageRequest, MetricsRequest, PluginUsage, PopularRequest, ShowAlertsRequest,
    ShowAlertsResponse, StatsLine, StatsRequest,
};
use tonic::Streaming;
use tonic::transport::Channel;

use super::{Answer, Operator, inner};

impl Operator {
    fn counts(&self) -> StatisticsClient<Channel> {
        StatisticsClient::new(self.channel.clone())
    }

    /// What was counted of one plugin, in full; the whole plugin's line first.
    ///
    /// # Errors
    /// The daemon's refusal.
    pub async fn stats(&self, plugin: &str) -> Answer<Vec<StatsLine>> {
        let request = StatsRequest { plugin: plugin.to_owned(), since_s: 0 };
        Ok(inner(self.counts().stats(request).await)?.lines)
    }

    /// One line of it; empty where there is none.
    ///
    /// # Errors
    /// The daemon's refusal.
    pub async fn counted(&self, plugin: &str, kind: &str, name: &str) -> Answer<StatsLine> {
        let lines = self.stats(plugin).await?;
        let found = lines.into_iter().find(|line| line.kind == kind && line.name == name);
        Ok(found.unwrap_or_default())
    }

    /// What keeps counts from being kept.
    ///
    /// # Errors
    /// The daemon's refusal.
    pub async fn stats_trouble(&self) -> Answer<String> {
        Ok(inner(self.counts().stats(StatsRequest::default()).await)?.trouble)
    }

    /// What people used most, in words: `dice command roll 3`.
    ///
    /// # Errors
    /// The daemon's refusal.
    pub async fn popular(&self, most: u32) -> Answer<Vec<String>> {
        let request = PopularRequest { since_s: 0, most };
        let lines = inner(self.counts().popular(request).await)?.lines;
        let words =
            |it: StatsLine| format!("{} {} {} {}", it.plugin, it.kind, it.name, it.invocations);
        Ok(lines.into_iter().map(words).collect())
    }

    /// What plugins track from now on.
    ///
    /// # Errors
    /// The daemon's refusal.
    pub async fn follow_usage(&self) -> Answer<Streaming<PluginUsage>> {
        inner(self.counts().follow_usage(FollowUsageRequest::default()).await)
    }

    /// What is wrong and who is told.
    ///
    /// # Errors
    /// The daemon's refusal.
    pub async fn alerts(&self) -> Answer<ShowAlertsResponse> {
        let mut bell = AlertsClient::new(self.channel.clone());
        inner(bell.show(ShowAlertsRequest {}).await)
    }

    /// The metrics.
    ///
    /// # Errors
    /// The daemon's refusal.
    pub async fn metrics(&self) -> Answer<String> {
        Ok(inner(self.counts().metrics(MetricsRequest {}).await)?.text)
    }
}
