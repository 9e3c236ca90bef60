//! Plugins' files and pages as browsers get them: images by hash, pages in a frame that is locked
//! in, with the bridge put before them.
//!
//! A page of a plugin's runs scripts, but has no origin: it reaches neither this page's data nor
//! any address, and speaks through the bridge alone.

use axum::extract::{Path, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use outboard_app::common::ui_contribution;
use outboard_app::{Asset, AssetError};

use crate::web::Site;

/// What stands before a plugin's page: the bridge.
const BRIDGE: &str = include_str!("../page/bridge.js");

/// What a frame may do: run its own scripts and styles, show its own images. No address is reached.
const LOCKED_IN: &str = "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; \
                         style-src 'unsafe-inline'; img-src data: blob:; font-src data:; \
                         media-src data: blob:; form-action 'none'; base-uri 'none'";

/// The page of a component.
pub async fn frame(
    State(site): State<Site>,
    Path((plugin, id)): Path<(String, String)>,
) -> Response {
    let entry = {
        let shown = site.app().shown();
        let shown = shown.borrow();
        let found = shown.contributions.iter().find(|it| it.plugin == plugin && it.id == id);
        match found.and_then(|it| it.of.as_ref()) {
            Some(ui_contribution::Of::Web(web)) => web.entry.clone(),
            Some(_) | None => return StatusCode::NOT_FOUND.into_response(),
        }
    };
    match site.app().asset(&plugin, &entry).await {
        Ok(page) => {
            let page = String::from_utf8_lossy(&page.bytes).into_owned();
            let page = format!("<!doctype html><script>{BRIDGE}</script>\n{page}");
            locked_in("text/html; charset=utf-8", "no-store", page.into())
        }
        Err(error) => missing(&error),
    }
}

/// A file by its hash. Named so, it never changes.
pub async fn file(
    State(site): State<Site>,
    Path((plugin, sha256)): Path<(String, String)>,
) -> Response {
    match site.app().asset(&plugin, &sha256).await {
        Ok(Asset { mime, bytes }) => {
            locked_in(&mime, "max-age=31536000, immutable", bytes.to_vec())
        }
        Err(error) => missing(&error),
    }
}

fn locked_in(mime: &str, keep: &'static str, bytes: Vec<u8>) -> Response {
    let headers: [(HeaderName, &str); 4] = [
        (header::CONTENT_TYPE, mime),
        (header::CONTENT_SECURITY_POLICY, LOCKED_IN),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, keep),
    ];
    (headers, bytes).into_response()
}

fn missing(error: &AssetError) -> Response {
    let status = match error {
        AssetError::Unknown(_) => StatusCode::NOT_FOUND,
        AssetError::Away(_) => StatusCode::SERVICE_UNAVAILABLE,
    };
    (status, format!("{error}\n")).into_response()
}
