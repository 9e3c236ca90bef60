//! A stream of frames both ways, opened with a codec of our own instead of the generated one.
//!
//! It refuses to know what a frame says.

use std::future::{Ready, ready};

use http::Request;
use outboard_proto::limits::DECODE_BYTES;
use tonic::body::Body;
use tonic::codec::Codec;
use tonic::server::{Grpc, StreamingService};
use tonic::{Response, Status, Streaming};

use super::Answer;
use crate::egress::{Egress, EgressStream, egress};

/// Answers `request` with a stream, and has `begin` take both of its ends.
pub fn open<C: Codec<Decode: Send, Encode: Send> + Send + 'static>(
    codec: C,
    request: Request<Body>,
    begin: impl FnOnce(Streaming<C::Decode>, Egress<C::Encode>) + Send + 'static,
) -> Answer {
    Box::pin(async move {
        let mut grpc = Grpc::new(codec).apply_max_message_size_config(Some(DECODE_BYTES), None);
        let (egress, frames) = egress();
        let opening = Opening { begin: Some(begin), egress, frames: Some(frames) };
        Ok(grpc.streaming(opening, request).await)
    })
}

struct Opening<B, Out> {
    begin: Option<B>,
    egress: Egress<Out>,
    frames: Option<EgressStream<Out>>,
}

impl<B, In, Out> StreamingService<In> for Opening<B, Out>
where
    B: FnOnce(Streaming<In>, Egress<Out>),
    EgressStream<Out>: tokio_stream::Stream<Item = Result<Out, Status>>,
{
    type Response = Out;
    type ResponseStream = EgressStream<Out>;
    type Future = Ready<Result<Response<Self::ResponseStream>, Status>>;

    fn call(&mut self, request: tonic::Request<Streaming<In>>) -> Self::Future {
        // A request is answered once.
        let (Some(begin), Some(frames)) = (self.begin.take(), self.frames.take()) else {
            return ready(Err(Status::internal("a session begins once")));
        };
        begin(request.into_inner(), self.egress.clone());
        ready(Ok(Response::new(frames)))
    }
}
