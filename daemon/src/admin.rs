//! The operator's side of the daemon: its socket and its calls.
//!
//! Each method decodes, asks the fleet, encodes. It refuses to know how anything is done.

mod alerts;
mod debug;
mod held;
mod letters;
mod noted;
mod permissions;
mod privacy;
mod service;
mod settings;
mod statistics;
mod storage;
mod trace;
mod watch;

use std::ops::ControlFlow;

use http::{Request, Version};
use outboard_proto::admin::admin_server::{self, AdminServer};
use outboard_proto::admin::alerts_server::{self, AlertsServer};
use outboard_proto::admin::permissions_server::{self, PermissionsServer};
use outboard_proto::admin::privacy_server::{self, PrivacyServer};
use outboard_proto::admin::settings_server::{self, SettingsServer};
use outboard_proto::admin::statistics_server::{self, StatisticsServer};
use outboard_proto::admin::storage_server::{self, StorageServer};
use tokio::net::{UnixListener, UnixStream};
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tower::Service as _;

use crate::connection::{Answer, Services, Terms, service_of};
use crate::fleet::Command;
use crate::gate::Gate;
use crate::{connection, socket, status};

/// Concurrent streams of one operator's connection.
const STREAMS: u32 = 64;

/// What the operator's socket leads to.
#[derive(Clone)]
pub struct AdminSide {
    /// The way to the fleet.
    pub command: Command,
    /// Who may come in.
    pub gate: Gate,
    /// Cut when the daemon ends.
    pub until: CancellationToken,
    /// Cancelled to have the daemon start itself again.
    pub again: CancellationToken,
}

impl AdminSide {
    /// Accepts connections until the task is aborted.
    pub async fn listen(self, listener: UnixListener) {
        loop {
            let stream = socket::accept(&listener).await;
            tokio::spawn(self.clone().receive(stream));
        }
    }

    async fn receive(self, stream: UnixStream) {
        match self.gate.admit(&stream).await {
            Ok(peer) => {
                let reflection = self.command.harbour.reflection.clone();
                let terms = Terms { reflection, streams: STREAMS, until: self.until.clone() };
                connection::serve_either(stream, Admitted { side: self, uid: peer.uid }, terms)
                    .await;
            }
            Err(failure) => {
                tracing::warn!("turned away at the admin socket: {}", failure.message);
                connection::refuse(stream, status::of(&failure), self.until).await;
            }
        }
    }
}

impl Admitted {
    /// Plain HTTP beside the RPCs, for whoever scrapes over the socket.
    fn plain(&self, request: &Request<Body>) -> Answer {
        let (command, method) = (self.side.command.clone(), request.method().clone());
        let path = request.uri().path().to_owned();
        Box::pin(async move {
            let answer = crate::outlets::port::answer(&command, &method, &path).await;
            Ok(answer.map(Body::new))
        })
    }
}

/// One operator's connection.
struct Admitted {
    side: AdminSide,
    /// Who it is.
    uid: u32,
}

impl Services for Admitted {
    fn answer(&self, request: Request<Body>) -> ControlFlow<Answer, Request<Body>> {
        // An RPC needs HTTP/2: nothing is one that comes otherwise.
        if request.version() != Version::HTTP_2 || request.uri().path() == "/metrics" {
            return ControlFlow::Break(self.plain(&request));
        }
        ControlFlow::Break(match service_of(request.uri().path()) {
            admin_server::SERVICE_NAME => {
                let calls = service::Calls { side: self.side.clone(), uid: self.uid };
                AdminServer::new(calls).call(request)
            }
            alerts_server::SERVICE_NAME => {
                let bell = alerts::Bell { command: self.side.command.clone() };
                AlertsServer::new(bell).call(request)
            }
            statistics_server::SERVICE_NAME => {
                let counts = statistics::Counts { command: self.side.command.clone() };
                StatisticsServer::new(counts).call(request)
            }
            storage_server::SERVICE_NAME => {
                let (command, uid) = (self.side.command.clone(), self.uid);
                StorageServer::new(storage::Shelves { command, uid }).call(request)
            }
            permissions_server::SERVICE_NAME => {
                let (command, uid) = (self.side.command.clone(), self.uid);
                PermissionsServer::new(permissions::Desk { command, uid }).call(request)
            }
            settings_server::SERVICE_NAME => {
                let settings = self.side.command.harbour.settings.clone();
                SettingsServer::new(settings::Forms { settings, uid: self.uid }).call(request)
            }
            privacy_server::SERVICE_NAME => {
                let forgetting = privacy::Forgetting { command: self.side.command.clone() };
                PrivacyServer::new(forgetting).call(request)
            }
            _ => return ControlFlow::Continue(request),
        })
    }
}
