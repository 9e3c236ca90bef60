//! The app's service as a connection sees it: `Connect` with a codec of our own, everything else
//! as it was generated.
//!
//! It refuses to know what is said.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::{Request, Response};
use outboard_proto::app::app_server::AppServer;
use outboard_proto::limits::DECODE_BYTES;
use tonic::body::Body;
use tonic::server::{Grpc, NamedService, StreamingService};
use tonic::{Status, Streaming};
use tower::Service;

use super::connect::converse;
use super::service::Calls;
use crate::egress::{EgressStream, egress};
use crate::frame::{AppCodec, FromApp, Inbound, ToApp};
use crate::routing::Switchboard;

/// The service of one connection.
#[derive(Clone)]
pub struct Front {
    board: Switchboard,
    generated: AppServer<Calls>,
}

type Answer<T> = Pin<Box<dyn Future<Output = T> + Send>>;

impl Front {
    pub fn new(board: Switchboard) -> Self {
        let calls = Calls { switchboard: board.clone() };
        let generated = AppServer::new(calls).max_decoding_message_size(DECODE_BYTES);
        Self { board, generated }
    }
}

impl NamedService for Front {
    const NAME: &'static str = "outboard.app.v1.App";
}

impl Service<Request<Body>> for Front {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answer<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        if request.uri().path() != "/outboard.app.v1.App/Connect" {
            return self.generated.call(request);
        }
        let opening = Opening(self.board.clone());
        Box::pin(async move {
            let mut grpc = Grpc::new(AppCodec::default())
                .apply_max_message_size_config(Some(DECODE_BYTES), None);
            Ok(grpc.streaming(opening, request).await)
        })
    }
}

/// Opens one session.
struct Opening(Switchboard);

impl StreamingService<Inbound<FromApp>> for Opening {
    type Response = ToApp;
    type ResponseStream = EgressStream<ToApp>;
    type Future = Answer<Result<tonic::Response<Self::ResponseStream>, Status>>;

    fn call(&mut self, request: tonic::Request<Streaming<Inbound<FromApp>>>) -> Self::Future {
        let (sender, frames) = egress();
        tokio::spawn(converse(self.0.clone(), request.into_inner(), sender));
        Box::pin(std::future::ready(Ok(tonic::Response::new(frames))))
    }
}
