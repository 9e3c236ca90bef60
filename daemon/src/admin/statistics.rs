//! What was counted, for operators: decodes, asks the recorder, encodes.
//!
//! It adds nothing up; it refuses to know where counts come from.

use std::pin::Pin;

use outboard_proto::admin::statistics_server::Statistics;
use outboard_proto::admin::{
    FollowUsageRequest, MetricsRequest, MetricsResponse, PluginUsage, PopularRequest,
    PopularResponse, StatsRequest, StatsResponse,
};
use outboard_proto::common::Failure;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use crate::fleet::Command;
use crate::statistics::usage::Told;
use crate::statistics::{metrics, popular, stats};
use crate::status;

/// Records that wait for an operator who reads slowly, beside those that wait for all.
const STREAM: usize = 64;

/// The service of one connection.
pub struct Counts {
    pub command: Command,
}

#[tonic::async_trait]
impl Statistics for Counts {
    type FollowUsageStream = Pin<Box<dyn Stream<Item = Result<PluginUsage, Status>> + Send>>;

    async fn stats(
        &self,
        request: Request<StatsRequest>,
    ) -> Result<Response<StatsResponse>, Status> {
        answer(stats(&self.command.harbour.recorder, request.into_inner()).await)
    }

    async fn popular(
        &self,
        request: Request<PopularRequest>,
    ) -> Result<Response<PopularResponse>, Status> {
        answer(popular(&self.command.harbour.recorder, request.into_inner()).await)
    }

    async fn follow_usage(
        &self,
        request: Request<FollowUsageRequest>,
    ) -> Result<Response<Self::FollowUsageStream>, Status> {
        let (sender, receiver) = mpsc::channel(STREAM);
        let uses = self.command.harbour.switchboard.follow_uses();
        tokio::spawn(follow(uses, request.into_inner().plugin, sender));
        Ok(Response::new(Box::pin(ReceiverStream::new(receiver))))
    }

    async fn metrics(
        &self,
        _: Request<MetricsRequest>,
    ) -> Result<Response<MetricsResponse>, Status> {
        answer(metrics::text(&self.command).await.map(|text| MetricsResponse { text }))
    }
}

fn answer<T>(result: Result<T, Failure>) -> Result<Response<T>, Status> {
    result.map(Response::new).map_err(|failure| status::of(&failure))
}

/// Passes records on until the listener has gone; what it missed is told with the next.
async fn follow(
    mut uses: Receiver<Told>,
    plugin: String,
    sender: mpsc::Sender<Result<PluginUsage, Status>>,
) {
    let mut missed = 0;
    loop {
        let told = tokio::select! {
            told = uses.recv() => told,
            () = sender.closed() => return,
        };
        match told {
            Ok(one) if plugin.is_empty() || one.plugin == plugin => {
                let record = PluginUsage { missed, ..(*one).clone() };
                missed = 0;
                if sender.send(Ok(record)).await.is_err() {
                    return;
                }
            }
            Ok(_) => {}
            Err(RecvError::Lagged(some)) => missed += some,
            Err(RecvError::Closed) => return,
        }
    }
}
