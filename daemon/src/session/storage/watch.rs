//! What a watch says, one thing after the other as its reader takes them: what waits, waits with
//! the watcher, which knows how to miss some.
//!
//! It refuses to know how changes come about.

use std::sync::Arc;

use outboard_proto::plugin::{
    StorageChangeKind, StorageChanged, StorageGap, StorageNews, StorageWatching, storage_news,
};
use tokio_stream::Stream;
use tonic::Status;

use super::Entrance;
use crate::config::permission::Permission;
use crate::status;
use crate::storage::port::What;
use crate::storage::{Heard, Watcher};

/// The RPC that a refusal is told of.
const RPC: &str = "/outboard.plugin.v1.Storage/Watch";

/// Where a watch stands.
enum Stand {
    /// Nothing was said yet; what is said first.
    Begun(Watcher, u64),
    /// It goes on.
    Going(Watcher),
    /// It was refused, and is over.
    Over,
}

/// The revision up to which all is known, then every change. Each is handed over only if the grant
/// is still there.
pub fn news(
    entrance: Arc<Entrance>,
    watcher: Watcher,
    revision: u64,
) -> impl Stream<Item = Result<StorageNews, Status>> + Send {
    let mut stand = Stand::Begun(watcher, revision);
    let (sender, receiver) = tokio::sync::mpsc::channel(1);
    tokio::spawn(async move {
        loop {
            let (item, next) = tokio::select! {
                said = next(&entrance, stand) => match said {
                    Some(said) => said,
                    None => return,
                },
                () = sender.closed() => return,
            };
            stand = next;
            if sender.send(item).await.is_err() {
                return;
            }
        }
    });
    tokio_stream::wrappers::ReceiverStream::new(receiver)
}

type Said = (Result<StorageNews, Status>, Stand);

async fn next(entrance: &Arc<Entrance>, stand: Stand) -> Option<Said> {
    let mut watcher = match stand {
        Stand::Begun(watcher, revision) => {
            let kind = storage_news::Kind::Watching(StorageWatching { revision });
            return Some((Ok(StorageNews { kind: Some(kind) }), Stand::Going(watcher)));
        }
        Stand::Going(watcher) => watcher,
        Stand::Over => return None,
    };
    let heard = watcher.next().await?;
    if let Err(failure) = entrance.permit(RPC, Permission::StorageRead) {
        return Some((Err(status::of(&failure)), Stand::Over));
    }
    Some((Ok(wire(heard)), Stand::Going(watcher)))
}

fn wire(heard: Heard) -> StorageNews {
    let kind = match heard {
        Heard::Changed(news) => storage_news::Kind::Changed(StorageChanged {
            key: news.key.as_str().to_owned(),
            revision: news.revision,
            kind: match news.what {
                What::Set => StorageChangeKind::Set,
                What::Deleted => StorageChangeKind::Deleted,
                What::Expired => StorageChangeKind::Expired,
            }
            .into(),
        }),
        Heard::Gap(missed) => storage_news::Kind::Gap(StorageGap { missed: missed.unwrap_or(0) }),
    };
    StorageNews { kind: Some(kind) }
}
