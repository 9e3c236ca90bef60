//! The services of a plugin's socket: the session with a codec of our own, so that calls can go out
//! as they were encoded, and the host API as it was generated.
//!
//! The token, checked before anything is decoded, answers which generation calls; the guard,
//! whether it may. It refuses to know what is said.

use std::ops::ControlFlow;
use std::sync::Arc;

use http::{HeaderMap, Request};
use outboard_proto::common::{Failure, Reason};
use outboard_proto::limits::{DECODE_BYTES, TOKEN_KEY};
use outboard_proto::plugin::channels_server::{self, ChannelsServer};
use outboard_proto::plugin::events_server::{self, EventsServer};
use outboard_proto::plugin::files_server::{self, FilesServer};
use outboard_proto::plugin::interactions_server::{self, InteractionsServer};
use outboard_proto::plugin::messages_server::{self, MessagesServer};
use outboard_proto::plugin::plugin_server;
use outboard_proto::plugin::plugins_server::{self, PluginsServer};
use outboard_proto::plugin::settings_server::{self, SettingsServer};
use outboard_proto::plugin::storage_server::{self, StorageServer};
use outboard_proto::plugin::ui_server::{self, UiServer};
use outboard_proto::plugin::usage_server::{self, UsageServer};
use outboard_proto::plugin::users_server::{self, UsersServer};
use tonic::body::Body;
use tonic::{Code, Status};
use tower::Service as _;

use super::community::HostCommunity;
use super::converse::Session;
use super::counting::{HostCall, counted};
use super::door::Pass;
use super::events::HostEvents;
use super::files::HostFiles;
use super::guard;
use super::interactions::HostInteractions;
use super::listen::Entrance;
use super::messages::HostMessages;
use super::plugins::HostPlugins;
use super::settings::HostSettings;
use super::storage::HostStorage;
use super::ui::HostUi;
use super::usage::HostUsage;
use crate::connection::{Answer, Services, open, refusal, service_of};
use crate::debug::Visit;
use crate::frame::PluginCodec;
use crate::status;

/// Who is at the other end of a connection.
#[derive(Clone)]
pub enum Who {
    /// The plugin's own process, of this generation.
    Own(Arc<Pass>),
    /// A process that stands in for it.
    Guest {
        /// Its visit.
        visit: Arc<Visit>,
        /// The process that called.
        pid: u32,
    },
}

impl Who {
    /// What it comes in with.
    #[must_use]
    pub fn pass(&self) -> &Arc<Pass> {
        match self {
            Self::Own(pass) => pass,
            Self::Guest { visit, .. } => &visit.pass,
        }
    }
}

/// What one connection is served.
pub struct Inside {
    /// Who calls.
    pub who: Who,
    /// The plugin that it is, or stands in for.
    pub entrance: Arc<Entrance>,
}

impl Services for Inside {
    fn answer(&self, request: Request<Body>) -> ControlFlow<Answer, Request<Body>> {
        let answer = match service_of(request.uri().path()) {
            plugin_server::SERVICE_NAME => Self::session,
            messages_server::SERVICE_NAME => Self::messages,
            plugins_server::SERVICE_NAME => Self::plugins,
            interactions_server::SERVICE_NAME => Self::interactions,
            events_server::SERVICE_NAME => Self::events,
            storage_server::SERVICE_NAME => Self::storage,
            usage_server::SERVICE_NAME => Self::usage,
            files_server::SERVICE_NAME => Self::files,
            users_server::SERVICE_NAME => Self::users,
            channels_server::SERVICE_NAME => Self::channels,
            settings_server::SERVICE_NAME => Self::settings,
            ui_server::SERVICE_NAME => Self::ui,
            _ => return ControlFlow::Continue(request),
        };
        let known = self.check_token(request.headers());
        let call = HostCall::of(&request);
        let answer = match known.and_then(|()| guard::admit(&self.entrance, call.path())) {
            Ok(()) => answer(self, request),
            Err(failure) => refusal(&status::of(&failure)),
        };
        ControlFlow::Break(counted(&self.entrance, &call, answer))
    }
}

impl Inside {
    fn session(&self, request: Request<Body>) -> Answer {
        if request.uri().path() != "/outboard.plugin.v1.Plugin/Session" {
            return refusal(&Status::unimplemented("there is no such method"));
        }
        let (who, entrance) = (self.who.clone(), self.entrance());
        open(PluginCodec, request, |frames, egress| {
            tokio::spawn(Session::new(entrance, who, egress).converse(frames));
        })
    }

    fn messages(&self, request: Request<Body>) -> Answer {
        let messages = MessagesServer::new(HostMessages { entrance: self.entrance() });
        messages.max_decoding_message_size(DECODE_BYTES).call(request)
    }

    fn plugins(&self, request: Request<Body>) -> Answer {
        let plugins = PluginsServer::new(HostPlugins { entrance: self.entrance() });
        plugins.max_decoding_message_size(DECODE_BYTES).call(request)
    }

    fn interactions(&self, request: Request<Body>) -> Answer {
        let host = HostInteractions { entrance: self.entrance() };
        let interactions = InteractionsServer::new(host);
        interactions.max_decoding_message_size(DECODE_BYTES).call(request)
    }

    fn events(&self, request: Request<Body>) -> Answer {
        let events = EventsServer::new(HostEvents { entrance: self.entrance() });
        events.max_decoding_message_size(DECODE_BYTES).call(request)
    }

    fn storage(&self, request: Request<Body>) -> Answer {
        let storage = StorageServer::new(HostStorage { entrance: self.entrance() });
        storage.max_decoding_message_size(DECODE_BYTES).call(request)
    }

    fn usage(&self, request: Request<Body>) -> Answer {
        let usage = UsageServer::new(HostUsage { entrance: self.entrance() });
        usage.max_decoding_message_size(DECODE_BYTES).call(request)
    }

    fn users(&self, request: Request<Body>) -> Answer {
        let users = UsersServer::new(HostCommunity { entrance: self.entrance() });
        users.max_decoding_message_size(DECODE_BYTES).call(request)
    }

    fn channels(&self, request: Request<Body>) -> Answer {
        let channels = ChannelsServer::new(HostCommunity { entrance: self.entrance() });
        channels.max_decoding_message_size(DECODE_BYTES).call(request)
    }

    fn settings(&self, request: Request<Body>) -> Answer {
        let settings = SettingsServer::new(HostSettings { entrance: self.entrance() });
        settings.max_decoding_message_size(DECODE_BYTES).call(request)
    }

    fn files(&self, request: Request<Body>) -> Answer {
        let files = FilesServer::new(HostFiles { entrance: self.entrance() });
        files.max_decoding_message_size(DECODE_BYTES).call(request)
    }

    fn ui(&self, request: Request<Body>) -> Answer {
        let ui = UiServer::new(HostUi { entrance: self.entrance() });
        ui.max_decoding_message_size(DECODE_BYTES).call(request)
    }

    fn entrance(&self) -> Arc<Entrance> {
        Arc::clone(&self.entrance)
    }

    fn check_token(&self, headers: &HeaderMap) -> Result<(), Failure> {
        let token = headers.get(TOKEN_KEY);
        if token.is_some_and(|token| self.who.pass().admits(token.as_bytes())) {
            return Ok(());
        }
        let refused = |text| Err(Failure::new(Code::Unauthenticated, Reason::BadToken, text));
        match (token, &self.who) {
            (None, _) => refused(format!(
                "metadata {TOKEN_KEY} is missing: send the value of OUTBOARD_TOKEN"
            )),
            (Some(_), Who::Own(_)) => refused("the token is not this generation's".to_owned()),
            // Another visit's token: what became of that one is what its bearer has to know.
            (Some(token), Who::Guest { .. }) => {
                match self.entrance.desk.of_token(token.as_bytes()) {
                    Some(visit) => Err(visit.used()),
                    None => refused("the token is not that of an invitation".to_owned()),
                }
            }
        }
    }
}
