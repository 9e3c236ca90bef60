//! The HTTP side: the page's three files and the few things it may ask for.
//!
//! It reads requests and answers them; what they mean is decided elsewhere. It serves loopback
//! and trusts the name a page states: a demo, not a lesson in signing in.

use std::path::PathBuf;
use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use axum::{Json, Router};
use outboard_app::{App, Autocomplete, message};
use serde::Deserialize;
use serde_json::json;

use crate::files::kind;
use crate::frames;
use crate::herald::Herald;
use crate::live;
use crate::passing;
use crate::room::Room;
use crate::settings;
use crate::share;
use crate::talk::{self, Said};
use crate::trouble::{self, Button};
use crate::ui::{self, Doing};

const LONGEST_NAME: usize = 40;
const LONGEST_TEXT: usize = 4_000;

const WRONG_TEXT: &str = "A message has between 1 and 4,000 bytes.";

const SCRIPT: &str = "text/javascript; charset=utf-8";

/// The page: where, what kind, and the file itself.
const PAGE: &[(&str, &str, &str)] = &[
    ("/", "text/html; charset=utf-8", include_str!("../page/index.html")),
    ("/style.css", "text/css; charset=utf-8", include_str!("../page/style.css")),
    ("/page.js", SCRIPT, include_str!("../page/page.js")),
    ("/acts.js", SCRIPT, include_str!("../page/acts.js")),
    ("/composer.js", SCRIPT, include_str!("../page/composer.js")),
    ("/dom.js", SCRIPT, include_str!("../page/dom.js")),
    ("/engine.js", SCRIPT, include_str!("../page/engine.js")),
    ("/posts.js", SCRIPT, include_str!("../page/posts.js")),
    ("/settings.js", SCRIPT, include_str!("../page/settings.js")),
    ("/settings.css", "text/css; charset=utf-8", include_str!("../page/settings.css")),
    ("/ui.js", SCRIPT, include_str!("../page/ui.js")),
    ("/ui.css", "text/css; charset=utf-8", include_str!("../page/ui.css")),
];

/// What the page may do: its own files, and images that it was told. Nobody puts it into a frame.
const POLICY: &str = "default-src 'self'; img-src 'self' data:; object-src 'none'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What the handlers share.
#[derive(Clone)]
pub struct Site {
    room: Arc<Room>,
    app: App,
    herald: Herald,
    admin: Arc<PathBuf>,
}

impl Site {
    /// A site over a room.
    pub fn new(room: Arc<Room>, app: App, admin: PathBuf) -> Self {
        let herald = Herald::of(app.clone());
        Self { room, app, herald, admin: Arc::new(admin) }
    }

    /// What the page shows.
    pub fn room(&self) -> &Room {
        &self.room
    }

    /// Who tells the plugins what happened.
    pub fn herald(&self) -> &Herald {
        &self.herald
    }

    /// The connection to Outboard.
    pub fn app(&self) -> &App {
        &self.app
    }
}

/// Every route.
pub fn router(site: Site) -> Router {
    let page = PAGE.iter().fold(Router::new(), |router, (path, kind, content)| {
        router.route(path, get(move || file(kind, content)))
    });
    page.route("/api/live", get(async |State(site): State<Site>| live::stream(site.room)))
        .route("/api/enter", post(enter))
        .route("/api/say", post(say))
        .route("/api/offer", post(offer))
        .route("/api/stop", post(stop))
        .route("/api/trouble", post(press))
        .route("/api/reset", post(reset))
        .route("/api/settings/pages", post(settings::pages))
        .route("/api/settings/save", post(settings::save))
        .route("/api/act", post(act))
        .route("/api/share", post(share::share).layer(DefaultBodyLimit::max(kind::LARGEST)))
        .route("/files/{id}", get(share::file))
        .route("/ui/asset/{plugin}/{sha256}", get(frames::file))
        .route("/ui/frame/{plugin}/{id}", get(frames::frame))
        .route("/plugins/{name}/", any(passing::pass))
        .route("/plugins/{name}/{*path}", any(passing::pass))
        .with_state(site)
}

async fn file(kind: &'static str, content: &'static str) -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (headers, content)
}

#[derive(Debug, Deserialize)]
struct Entering {
    name: String,
    channel: String,
}

async fn enter(State(site): State<Site>, Json(it): Json<Entering>) -> Response {
    if let Some(wrong) = wrong_place(&site.room, &it.name, &it.channel, "") {
        return wrong;
    }
    talk::enter(&site.room, &site.herald, it.name.trim(), &it.channel);
    Json(json!({})).into_response()
}

#[derive(Debug, Deserialize)]
struct Saying {
    name: String,
    channel: String,
    text: String,
}

async fn say(State(site): State<Site>, Json(it): Json<Saying>) -> Response {
    if let Some(wrong) = wrong_place(&site.room, &it.name, &it.channel, &it.text) {
        return wrong;
    }
    let text = it.text.trim().to_owned();
    if text.is_empty() {
        return refuse(WRONG_TEXT);
    }
    let (name, files) = (it.name.trim().to_owned(), Vec::new());
    let said = Said { name, channel: it.channel, text, files };
    Json(talk::say(&site.room, &site.app, &site.herald, said).await).into_response()
}

#[derive(Debug, Deserialize)]
struct Typing {
    name: String,
    channel: String,
    command: String,
    argument: String,
    prefix: String,
}

async fn offer(State(site): State<Site>, Json(it): Json<Typing>) -> Response {
    let typed = Autocomplete {
        command: it.command,
        argument: it.argument,
        prefix: it.prefix,
        sender: Some(message::sender(&it.name, &it.name)),
        channel: Some(message::channel(&it.channel, &it.channel)),
        ..Autocomplete::default()
    };
    Json(json!({ "choices": site.app.autocomplete(typed).await })).into_response()
}

async fn act(State(site): State<Site>, Json(it): Json<Doing>) -> Response {
    if let Some(wrong) = wrong_place(&site.room, &it.name, &it.channel, "") {
        return wrong;
    }
    Json(ui::act(&site.room, &site.app, it).await).into_response()
}

#[derive(Debug, Deserialize)]
struct Stopping {
    /// The post, which is called as its interaction.
    id: String,
}

async fn stop(State(site): State<Site>, Json(it): Json<Stopping>) -> Response {
    talk::stop(&site.room, &site.app, &it.id);
    Json(json!({})).into_response()
}

#[derive(Debug, Deserialize)]
struct Pressing {
    name: String,
    button: Button,
}

async fn press(State(site): State<Site>, Json(it): Json<Pressing>) -> Response {
    trouble::press(&site.room, &site.app, it.name.trim(), it.button);
    Json(json!({})).into_response()
}

#[derive(Debug, Deserialize)]
struct Resetting {
    plugin: String,
}

async fn reset(State(site): State<Site>, Json(it): Json<Resetting>) -> Response {
    match trouble::reset(&site.admin, it.plugin).await {
        Ok(says) => Json(json!({ "says": says })).into_response(),
        Err(says) => (StatusCode::BAD_GATEWAY, Json(json!({ "says": says }))).into_response(),
    }
}

/// Why nobody of this name can say this there.
pub fn wrong_place(room: &Room, name: &str, channel: &str, text: &str) -> Option<Response> {
    let name = name.trim();
    if text.len() > LONGEST_TEXT {
        return Some(refuse(WRONG_TEXT));
    }
    if name.is_empty() || name.len() > LONGEST_NAME {
        return Some(refuse("A name has between 1 and 40 bytes."));
    }
    (!room.has_channel(channel)).then(|| refuse("There is no such channel."))
}

fn refuse(says: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "says": says }))).into_response()
}

#[cfg(test)]
mod tests;
