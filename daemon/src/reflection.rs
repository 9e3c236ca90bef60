//! Health and reflection, as every socket offers them: for grpcurl, for probes, for the curious.
//!
//! It knows descriptors; it refuses to know which plugin or app is well.

use std::sync::Arc;

use http::Request;
use outboard_proto::DESCRIPTORS;
use tokio::sync::OnceCell;
use tonic::body::Body;
use tonic::service::Routes;
use tower::Service as _;

use crate::connection::Answer;

/// What paths of reflection begin with.
const REFLECTION: &str = "/grpc.reflection.";

/// The two services, made once for all connections; cheap to clone.
#[derive(Clone)]
pub struct Reflection {
    health: Routes,
    /// Made when somebody asks first: most daemons are never asked, and it is large.
    reflection: Arc<OnceCell<Routes>>,
}

impl Reflection {
    /// Health at once, reflection when it is asked for.
    #[must_use]
    pub fn new() -> Self {
        let (_, health) = tonic_health::server::health_reporter();
        Self { health: Routes::new(health).prepare(), reflection: Arc::default() }
    }

    /// The answer to a call of one of the two; of any other that there is no such method.
    #[must_use]
    pub fn answer(&self, request: Request<Body>) -> Answer {
        let Self { mut health, reflection } = self.clone();
        Box::pin(async move {
            if !request.uri().path().starts_with(REFLECTION) {
                return health.call(request).await;
            }
            let made = reflection.get_or_init(|| async {
                // Reading the descriptors takes longer than the data plane has.
                tokio::task::spawn_blocking(read).await.unwrap_or_default()
            });
            made.await.clone().call(request).await
        })
    }
}

/// Our own descriptors; a test reads them. Without them only curiosity suffers.
fn read() -> Routes {
    let built = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(DESCRIPTORS)
        .build_v1();
    match built {
        Ok(reflection) => Routes::new(reflection).prepare(),
        Err(_) => Routes::default(),
    }
}

impl Default for Reflection {
    fn default() -> Self {
        Self::new()
    }
}
