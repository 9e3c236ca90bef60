//! `History`: what was said before, page by page.
//!
//! It refuses to know how the app searches.

use outboard_proto::common::{ListMessages, MessagePage, SearchMessages};

use crate::error::HostError;
use crate::host::Host;

/// Which messages are wanted; then [`History::page`]. For the next page, `before` the last of this.
#[derive(Debug, Clone)]
#[must_use]
pub struct History {
    host: Host,
    wanted: Wanted,
}

#[derive(Debug, Clone)]
enum Wanted {
    All(ListMessages),
    With(SearchMessages),
}

impl History {
    pub(super) fn of(host: Host, workspace: String, channel_id: String) -> Self {
        let list = ListMessages { workspace, channel_id, ..ListMessages::default() };
        Self { host, wanted: Wanted::All(list) }
    }

    pub(super) fn search(host: Host, workspace: String, text: String) -> Self {
        let search = SearchMessages { workspace, text, ..SearchMessages::default() };
        Self { host, wanted: Wanted::With(search) }
    }

    /// Only what belongs to this thread. A search knows no threads.
    pub fn thread(mut self, root: impl Into<String>) -> Self {
        if let Wanted::All(list) = &mut self.wanted {
            list.thread_root = root.into();
        }
        self
    }

    /// Only in this channel.
    pub fn channel(mut self, channel: impl Into<String>) -> Self {
        match &mut self.wanted {
            Wanted::All(list) => list.channel_id = channel.into(),
            Wanted::With(search) => search.channel_id = channel.into(),
        }
        self
    }

    /// Only what was posted before this message.
    pub fn before(mut self, message: impl Into<String>) -> Self {
        match &mut self.wanted {
            Wanted::All(list) => list.before = message.into(),
            Wanted::With(search) => search.before = message.into(),
        }
        self
    }

    /// At most so many, up to 100; 50 if not said.
    pub fn most(mut self, most: u32) -> Self {
        match &mut self.wanted {
            Wanted::All(list) => list.most = most,
            Wanted::With(search) => search.most = most,
        }
        self
    }

    /// These messages, the newest first, and whether there are older ones.
    ///
    /// # Errors
    /// What the daemon or the app refused, or that neither could be reached.
    pub async fn page(&self) -> Result<MessagePage, HostError> {
        let (link, cause) = (self.host.link(), self.host.cause());
        match &self.wanted {
            Wanted::All(list) => link.list_messages(cause, list.clone()).await,
            Wanted::With(search) => link.search_messages(cause, search.clone()).await,
        }
    }
}
