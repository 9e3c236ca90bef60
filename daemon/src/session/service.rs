//! The gRPC face of a plugin's session: `outboard.plugin.v1.Plugin`, with a codec of our own, so
//! that calls can go out as they were encoded. It refuses to know what is said.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use outboard_proto::limits::DECODE_BYTES;
use tonic::body::Body;
use tonic::server::{Grpc, NamedService, StreamingService};
use tonic::{Status, Streaming};
use tower::Service;

use super::converse::Session;
use super::door::Pass;
use super::listen::Entrance;
use crate::egress::{EgressStream, egress};
use crate::frame::{FromPlugin, Inbound, PluginCodec, ToPlugin};

/// The service of one connection.
#[derive(Clone)]
pub struct Sessions {
    pub pass: Arc<Pass>,
    pub entrance: Arc<Entrance>,
}

type Answer<T> = Pin<Box<dyn Future<Output = T> + Send>>;

impl NamedService for Sessions {
    const NAME: &'static str = "outboard.plugin.v1.Plugin";
}

impl Service<Request<Body>> for Sessions {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answer<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        if request.uri().path() != "/outboard.plugin.v1.Plugin/Session" {
            let unknown = Status::unimplemented("there is no such method").into_http();
            return Box::pin(std::future::ready(Ok(unknown)));
        }
        let opening = Opening(self.clone());
        Box::pin(async move {
            let mut grpc =
                Grpc::new(PluginCodec).apply_max_message_size_config(Some(DECODE_BYTES), None);
            Ok(grpc.streaming(opening, request).await)
        })
    }
}

/// Opens one session.
struct Opening(Sessions);

impl StreamingService<Inbound<FromPlugin>> for Opening {
    type Response = ToPlugin;
    type ResponseStream = EgressStream<ToPlugin>;
    type Future = Answer<Result<tonic::Response<Self::ResponseStream>, Status>>;

    fn call(&mut self, request: tonic::Request<Streaming<Inbound<FromPlugin>>>) -> Self::Future {
        let Sessions { pass, entrance } = self.0.clone();
        let (sender, stream) = egress();
        tokio::spawn(Session::new(entrance, pass, sender).converse(request.into_inner()));
        Box::pin(std::future::ready(Ok(tonic::Response::new(stream))))
    }
}
