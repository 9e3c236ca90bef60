//! Files that people share: plugins are asked before one is kept, and again before the message that
//! shows it is posted. And files as browsers get them: images to be seen, everything else to be
//! had.
//!
//! It refuses to know what a plugin has against a file.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use outboard_app::common::{Attachment, FileInfo, Upload, event};
use outboard_app::{Decision, message};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::files::kind;
use crate::moment::now_ms;
use crate::plugins::fresh_id;
use crate::post::Passage;
use crate::talk::{self, Said, Told};
use crate::web::{Site, wrong_place};

/// The one type that is taken: no form of a page elsewhere can send it.
const BYTES: &str = "application/octet-stream";

/// Who shares what, where.
#[derive(Debug, Deserialize)]
pub struct Sharing {
    name: String,
    channel: String,
    /// What it is called.
    file: String,
    /// What is said beside it.
    #[serde(default)]
    text: String,
}

/// Takes a file, and posts it.
pub async fn share(
    State(site): State<Site>,
    Query(it): Query<Sharing>,
    headers: HeaderMap,
    content: Bytes,
) -> Response {
    if let Some(wrong) = wrong_place(site.room(), &it.name, &it.channel, &it.text) {
        return wrong;
    }
    if headers.get(header::CONTENT_TYPE).is_none_or(|kind| kind != BYTES) {
        return StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response();
    }
    let told = match talk::silenced(site.room(), it.name.trim()) {
        Some(told) => told,
        None => shared(&site, it, content).await,
    };
    Json(told).into_response()
}

async fn shared(site: &Site, it: Sharing, content: Bytes) -> Told {
    let name = it.name.trim().to_owned();
    let hashed = content.clone();
    let hash = tokio::task::spawn_blocking(move || Sha256::digest(&hashed).to_vec()).await;
    let file = Attachment {
        id: format!("file-{}", fresh_id()),
        name: kind::name(&it.file),
        mime: kind::image(&content).unwrap_or(BYTES).to_owned(),
        size_bytes: content.len() as u64,
        sha256: hash.unwrap_or_default().into(),
    };
    let upload = Upload {
        file: Some(file),
        channel: Some(message::channel(&it.channel, &it.channel)),
        sender: Some(message::sender(&name, &name)),
        content: 0,
    };
    let outcome = site.app().intercept(upload).await;
    let passage = Passage::of(&outcome);
    let upload = match outcome.decision {
        Decision::Continued(upload) | Decision::Replaced(upload) => upload,
        Decision::Rejected(rejected) => return talk::refused(rejected, passage),
        Decision::Held(hold) => {
            let reason = "It would hold the file, and this chat lets no file wait.".to_owned();
            return Told::Refused { by: hold.plugin, reason, passage };
        }
        Decision::Handled => return Told::Taken { passage },
    };
    let info = FileInfo {
        file: upload.file.clone(),
        channel: upload.channel.clone(),
        uploaded_by: upload.sender.clone(),
        created_at_us: now_ms() * 1_000,
    };
    if let Err(refusal) = site.room().files().put(info, content.to_vec()) {
        return Told::Failed { by: "The chat".to_owned(), reason: refusal.to_string() };
    }
    let files: Vec<Attachment> = upload.file.iter().cloned().collect();
    let said = Said { name, channel: it.channel, text: it.text.trim().to_owned(), files };
    let told = talk::post(site.room(), site.app(), site.herald(), said).await;
    match &told {
        Told::Posted { .. } => {
            let at_us = now_ms() * 1_000;
            site.herald().tell(message::event("file.uploaded", at_us, event::Of::File(upload)));
        }
        // It may be released yet.
        Told::Held { .. } => {}
        _ => upload.file.iter().for_each(|file| site.room().files().forget(&file.id)),
    }
    told
}

/// A file. Named as they are, it never changes.
pub async fn file(State(site): State<Site>, Path(id): Path<String>) -> Response {
    let Some((info, content)) = site.room().files().get(&id) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let name = kind::name(&info.file.unwrap_or_default().name);
    let (kind, disposition) = match kind::image(&content) {
        Some(image) => (image, "inline".to_owned()),
        None => (BYTES, kind::to_be_had(&name)),
    };
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_DISPOSITION, &disposition),
        (header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "private, max-age=31536000, immutable"),
    ];
    (headers, content).into_response()
}
