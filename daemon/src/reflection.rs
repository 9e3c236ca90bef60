//! Health and reflection, as every socket offers them: for grpcurl, for probes, for the curious.
//!
//! It knows descriptors; it refuses to know which plugin or app is well.

use outboard_proto::DESCRIPTORS;
use tonic::service::Routes;
use tonic_health::pb::health_server::{Health, HealthServer};
use tonic_reflection::server::v1::{ServerReflection, ServerReflectionServer};

/// The two services, ready to be added; cheap to clone.
#[derive(Clone)]
pub struct Reflection {
    add: std::sync::Arc<dyn Fn(Routes) -> Routes + Send + Sync>,
}

impl Reflection {
    /// Reads the descriptors once for all sockets.
    #[must_use]
    pub fn new() -> Self {
        let (_, health) = tonic_health::server::health_reporter();
        let built = tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(DESCRIPTORS)
            .build_v1();
        match built {
            Ok(reflection) => Self::of(health, reflection),
            // Our own descriptors; a test reads them. Without them only curiosity suffers.
            Err(_) => {
                Self { add: std::sync::Arc::new(move |routes| routes.add_service(health.clone())) }
            }
        }
    }

    fn of(
        health: HealthServer<impl Health>,
        reflection: ServerReflectionServer<impl ServerReflection>,
    ) -> Self {
        let add = move |routes: Routes| {
            routes.add_service(health.clone()).add_service(reflection.clone())
        };
        Self { add: std::sync::Arc::new(add) }
    }

    /// Adds both to what a socket serves.
    #[must_use]
    pub fn add_to(&self, routes: Routes) -> Routes {
        (self.add)(routes)
    }
}

impl Default for Reflection {
    fn default() -> Self {
        Self::new()
    }
}
