//! Files: `stat ID`, `fetch ID`, `attach CHANNEL ID`, `put CHANNEL NAME PIECE PIECE …`. Of `put`,
//! `!abort` gives up, `!hang` says nothing more, `!headless` does not begin, `!wrong` announces
//! another hash, `!size=N` a size.
//!
//! It refuses to know who keeps them.

use std::future::pending;

use outboard_proto::common::{Attachment, FileInfo, StatFile, UploadBegin};
use outboard_proto::plugin::files_client::FilesClient;
use outboard_proto::plugin::messages_client::MessagesClient;
use outboard_proto::plugin::{
    DownloadPiece, SendRequest, UploadPiece, download_piece, upload_piece::Kind,
};
use outboard_tests::values;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use super::{Asking, or_none};

/// Does one of them; what came of it, or the refusal.
pub async fn file(asking: &Asking<'_>, verb: &str, what: &str) -> Result<String, Status> {
    let mut files = FilesClient::new(asking.channel.clone());
    let file = StatFile { file_id: or_none(what), ..StatFile::default() };
    match verb {
        "stat" => Ok(shown(files.stat(asking.request(file)?).await?.get_ref())),
        "attach" => attach(asking, what).await,
        "put" => put(asking, what).await,
        _ => {
            let mut pieces = files.download(asking.request(file)?).await?.into_inner();
            let (mut head, mut bytes) = (String::new(), Vec::new());
            while let Some(DownloadPiece { kind }) = pieces.message().await? {
                match kind {
                    Some(download_piece::Kind::Info(info)) => head = shown(&info),
                    Some(download_piece::Kind::Data(data)) => bytes.extend(data),
                    None => {}
                }
            }
            let text = String::from_utf8_lossy(&bytes);
            let text = if text.len() > 40 { format!("*{}", text.len()) } else { text.into_owned() };
            Ok(format!("{head}: {text}"))
        }
    }
}

async fn attach(asking: &Asking<'_>, what: &str) -> Result<String, Status> {
    let (channel, id) = what.split_once(' ').unwrap_or((what, ""));
    let attachments = vec![Attachment { id: or_none(id), ..Attachment::default() }];
    let send = SendRequest {
        channel_id: channel.to_owned(),
        body: Some(values::plain("see there")),
        attachments,
        ..SendRequest::default()
    };
    let sent = MessagesClient::new(asking.channel.clone()).send(asking.request(send)?).await?;
    Ok(super::sent(sent))
}

async fn put(asking: &Asking<'_>, what: &str) -> Result<String, Status> {
    let mut words = what.split(' ').map(str::to_owned);
    let (channel_id, name) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let words: Vec<String> = words.collect();
    let says = |flag: &str| words.iter().any(|word| word == flag);
    let size = words.iter().find_map(|word| word.strip_prefix("!size=")?.parse().ok());
    let begin = UploadBegin {
        channel_id: or_none(&channel_id),
        name,
        mime: "text/plain".to_owned(),
        size_bytes: size.unwrap_or(0),
        sha256: if says("!wrong") { vec![7; 32].into() } else { bytes::Bytes::new() },
        ..UploadBegin::default()
    };
    let headless = says("!headless");
    let (out, pieces) = mpsc::channel(4);
    tokio::spawn(async move {
        if !headless {
            let _ = out.send(UploadPiece { kind: Some(Kind::Begin(begin)) }).await;
        }
        for word in words {
            let kind = match word.as_str() {
                "!abort" => Kind::Abort("changed its mind".to_owned()),
                "!hang" => pending().await,
                flag if flag.starts_with('!') => continue,
                piece => Kind::Data(super::large(piece).into()),
            };
            if out.send(UploadPiece { kind: Some(kind) }).await.is_err() {
                return;
            }
        }
    });
    let request = asking.request(ReceiverStream::new(pieces))?;
    let stored = FilesClient::new(asking.channel.clone()).upload(request).await?;
    Ok(shown(stored.get_ref()))
}

fn shown(info: &FileInfo) -> String {
    let file = info.file.clone().unwrap_or_default();
    format!("{}={} {}", file.id, file.name, file.size_bytes)
}
