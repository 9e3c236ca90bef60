//! What is checked before a plugin is asked: the route, who may use it, what the request carries.
//!
//! It refuses to know what becomes of a request that passes.

use std::time::Duration;

use outboard_proto::app::HttpRequest;
use outboard_proto::common::{Failure, Reason};
use outboard_proto::plugin;
use tonic::Code;

use super::super::command::unavailable;
use super::super::member::Member;
use super::super::permit::place;
use super::super::{Core, MemberId};
use super::{HttpCaller, headers};
use crate::config::manifest::route::is_plain_path;
use crate::config::manifest::{Access, RouteDecl};
use crate::config::permission::Permission;
use crate::config::pushed;

/// The user of a request that nobody is known to have sent.
const ANONYMOUS: &str = "anonymous";

/// A request that may be handed over.
pub struct Prepared {
    pub member: MemberId,
    pub frame: plugin::HttpRequest,
    pub timeout: Duration,
    pub limit: u64,
}

impl Core {
    /// Finds the route and checks everything that can be checked before the plugin is asked.
    pub fn prepare_http(
        &mut self,
        caller: &HttpCaller,
        request: &HttpRequest,
    ) -> Result<Prepared, Failure> {
        let Some(&id) = self.names.get(request.plugin.as_str()) else {
            let text = format!("no plugin {} is loaded", request.plugin);
            return Err(Failure::new(Code::NotFound, Reason::UnknownPlugin, text));
        };
        let stream = self.http.next_stream();
        let member = &mut self.members[id];
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        let route = route(member, path, &request.method)?;
        let anonymous = request.user.is_empty() || request.user == ANONYMOUS;
        if anonymous && route.access == Access::SignedIn {
            let text = format!("{path} is for signed-in users");
            return Err(Failure::new(Code::Unauthenticated, Reason::SignInNeeded, text));
        }
        if !self.permits.lets(member, &pushed::HTTP, &place(&request.workspace, None)) {
            let text = format!("Permission denied: {}", Permission::HttpServe);
            return Err(Failure::new(Code::PermissionDenied, Reason::PermissionDenied, text));
        }
        let limit = route.body.0;
        if request.content.len() as u64 > limit {
            return Err(too_large(limit));
        }
        if member.open_seat().is_none() {
            return Err(unavailable(&member.is.name, &member.standing, "not_started"));
        }
        if let Some(node) = caller.node()
            && self.http.is_sending(node, request.body)
        {
            let text = format!("stream {} is another body's", request.body);
            return Err(Failure::new(Code::InvalidArgument, Reason::Invalid, text));
        }
        let by_session = matches!(caller, HttpCaller::Session { .. });
        if request.body != 0 && !(member.chunks && by_session) {
            let text = "a body in chunks needs a session on both sides that knows chunks";
            return Err(Failure::new(Code::Unimplemented, Reason::NotSupported, text));
        }
        let user = if anonymous { ANONYMOUS } else { &request.user };
        let frame = plugin::HttpRequest {
            method: request.method.clone(),
            path: path.to_owned(),
            headers: headers::of_request(request.headers.clone(), anonymous),
            user: user.to_owned(),
            body: if request.body == 0 { 0 } else { stream },
            route: route.path.to_string(),
            query: query.to_owned(),
            content: request.content.clone(),
        };
        let timeout = route.timeout.unwrap_or(member.is.call_timeout);
        self.members[id].used(&pushed::HTTP, self.clock.now());
        Ok(Prepared { member: id, frame, timeout, limit })
    }
}

/// The route that fits a path best, if it takes the method.
fn route(member: &Member, path: &str, method: &str) -> Result<RouteDecl, Failure> {
    if !is_plain_path(path) {
        let text = "a path begins with / and has no empty part, no dots and nothing hidden in it";
        return Err(Failure::new(Code::InvalidArgument, Reason::Invalid, text));
    }
    let routes = &member.is.reach.routes;
    let fitting = routes.iter().filter_map(|it| Some((it.path.fit(path)?, it)));
    let Some((_, route)) = fitting.max_by_key(|(fit, _)| *fit) else {
        let text = format!("{} has no route for {path}", member.is.name);
        return Err(Failure::new(Code::NotFound, Reason::UnknownRoute, text));
    };
    if !route.methods.contains(method) {
        let methods: Vec<&str> = route.methods.iter().copied().collect();
        let text = format!("{path} takes {}", methods.join(", "));
        return Err(Failure::new(Code::Unimplemented, Reason::HttpMethod, text)
            .detail("allow", methods.join(", ")));
    }
    Ok(route.clone())
}

/// What is heard of a body that its route does not allow.
pub fn too_large(limit: u64) -> Failure {
    let text = format!("the body is larger than the {limit} bytes its route allows");
    Failure::new(Code::ResourceExhausted, Reason::PayloadTooLarge, text)
}
