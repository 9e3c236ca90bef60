//! Health and reflection, as every socket offers them: for grpcurl, for probes, for the curious.
//!
//! It knows descriptors; it refuses to know which plugin or app is well.

use http::Request;
use outboard_proto::DESCRIPTORS;
use tonic::body::Body;
use tonic::service::Routes;
use tower::Service as _;

use crate::connection::Answer;

/// The two services behind one router, made once for all connections; cheap to clone.
#[derive(Clone)]
pub struct Reflection(Routes);

impl Reflection {
    /// Reads the descriptors once for all sockets.
    #[must_use]
    pub fn new() -> Self {
        let (_, health) = tonic_health::server::health_reporter();
        let routes = Routes::new(health);
        let built = tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(DESCRIPTORS)
            .build_v1();
        // Our own descriptors; a test reads them. Without them only curiosity suffers.
        Self(match built {
            Ok(reflection) => routes.add_service(reflection).prepare(),
            Err(_) => routes.prepare(),
        })
    }

    /// The answer to a call of one of the two; of any other that there is no such method.
    #[must_use]
    pub fn answer(&self, request: Request<Body>) -> Answer {
        let mut routes = self.0.clone();
        Box::pin(async move { routes.call(request).await })
    }
}

impl Default for Reflection {
    fn default() -> Self {
        Self::new()
    }
}
