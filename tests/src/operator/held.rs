//! What an operator does about things that plugins hold.
//!
//! It refuses to know what becomes of them.

use outboard_proto::admin::{
    DropHeldRequest, Held, ListHeldRequest, ReleaseHeldRequest, ShowHeldRequest,
};
use outboard_proto::common::HeldItem;

use super::{Answer, Operator, inner};

impl Operator {
    /// What is held in a queue, or in all where the name is empty.
    ///
    /// # Errors
    /// The daemon's refusal.
    pub async fn held(&self, queue: &str) -> Answer<Vec<HeldItem>> {
        let request = ListHeldRequest { queue: queue.to_owned(), ..ListHeldRequest::default() };
        Ok(inner(self.client.clone().list_held(request).await)?.items)
    }

    /// One of them, with or without what it says.
    ///
    /// # Errors
    /// The daemon's refusal.
    pub async fn show_held(&self, id: &str, content: bool) -> Answer<Held> {
        let request = ShowHeldRequest { id: id.to_owned(), content };
        inner(self.client.clone().show_held(request).await)
    }

    /// Has the app go on with it.
    ///
    /// # Errors
    /// The daemon's refusal.
    pub async fn release_held(&self, id: &str) -> Answer<String> {
        let request = ReleaseHeldRequest { id: id.to_owned() };
        Ok(inner(self.client.clone().release_held(request).await)?.message)
    }

    /// Has the app drop it.
    ///
    /// # Errors
    /// The daemon's refusal.
    pub async fn drop_held(&self, id: &str, reason: &str) -> Answer<String> {
        let request = DropHeldRequest { id: id.to_owned(), reason: reason.to_owned() };
        Ok(inner(self.client.clone().drop_held(request).await)?.message)
    }
}
