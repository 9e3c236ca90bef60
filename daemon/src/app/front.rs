//! The app's service as a connection sees it: `Connect` with a codec of our own, everything else
//! as it was generated.
//!
//! It refuses to know what is said.

use std::ops::ControlFlow;

use http::Request;
use outboard_proto::app::app_server::{AppServer, SERVICE_NAME};
use outboard_proto::app::settings_server::{self, SettingsServer};
use outboard_proto::app::ui_server::{self, UiServer};
use outboard_proto::limits::DECODE_BYTES;
use tonic::body::Body;
use tower::Service as _;

use super::connect::converse;
use super::files::Files;
use super::service::Calls;
use super::settings::Pages;
use crate::connection::{Answer, Services, open, service_of};
use crate::frame::AppCodec;
use crate::routing::Switchboard;
use crate::settings::Settings;

/// What one connection is served.
pub struct Front(pub Switchboard, pub Settings);

impl Services for Front {
    fn answer(&self, request: Request<Body>) -> ControlFlow<Answer, Request<Body>> {
        let board = self.0.clone();
        match request.uri().path() {
            "/outboard.app.v1.App/Connect" => {
                ControlFlow::Break(open(AppCodec::default(), request, |frames, egress| {
                    tokio::spawn(converse(board, frames, egress));
                }))
            }
            path if service_of(path) == SERVICE_NAME => {
                let calls = AppServer::new(Calls { switchboard: board });
                let mut calls = calls.max_decoding_message_size(DECODE_BYTES);
                ControlFlow::Break(calls.call(request))
            }
            path if service_of(path) == settings_server::SERVICE_NAME => {
                let pages = SettingsServer::new(Pages { settings: self.1.clone() });
                let mut pages = pages.max_decoding_message_size(DECODE_BYTES);
                ControlFlow::Break(pages.call(request))
            }
            path if service_of(path) == ui_server::SERVICE_NAME => {
                ControlFlow::Break(UiServer::new(Files { switchboard: board }).call(request))
            }
            _ => ControlFlow::Continue(request),
        }
    }
}
