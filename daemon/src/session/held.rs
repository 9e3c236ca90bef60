//! The host API's calls about what is held: released, dropped, listed.
//!
//! Who may is routing's to say, and which decision counts the store's; here a plugin waits for what
//! the app makes of it.

use std::time::Duration;

use outboard_proto::common::Failure;
use outboard_proto::plugin::{HeldResponse, ListHeldRequest, ListHeldResponse};

use super::listen::Entrance;
use crate::held::Told;
use crate::held::port::Wanted;
use crate::held::stage::{By, Way};
use crate::routing::item_of;

/// Items of one answer.
const MOST: u32 = 100;

/// Decides, and waits for the app as long as `patience` lasts.
///
/// # Errors
/// It may not, somebody else was first, or the app will not.
pub async fn decide(
    entrance: &Entrance,
    id: &str,
    way: Way,
    patience: Duration,
) -> Result<HeldResponse, Failure> {
    let kept = entrance.held.find(id).await?;
    entrance.switchboard.check_decider(entrance.member, &item_of(&kept))?;
    let by = By::Plugin(entrance.facts().name.to_string());
    let act = match &way {
        Way::Release => "release-held",
        Way::Drop(_) => "drop-held",
    };
    let decided = entrance.held.decide(id, (way, by), patience).await;
    entrance.record(act, |it| it.of(&kept.is.plugin).on(id).came_to(&decided));
    Ok(match decided? {
        Told::Done(message_id) => HeldResponse { message_id, told: true },
        Told::Later => HeldResponse::default(),
    })
}

/// What the plugin may decide about.
///
/// # Errors
/// The store failed.
pub async fn list(
    entrance: &Entrance,
    request: ListHeldRequest,
) -> Result<ListHeldResponse, Failure> {
    let ListHeldRequest { queue, after } = request;
    let own = (!entrance.switchboard.may_decide_all(entrance.member))
        .then(|| entrance.facts().name.to_string());
    let queue = Some(queue).filter(|queue| !queue.is_empty());
    let wanted = Wanted { plugin: own, queue, after, most: MOST };
    let found = entrance.held.list(wanted).await?;
    let items = found.iter().map(item_of).collect();
    Ok(ListHeldResponse { items: entrance.switchboard.decidable(entrance.member, items) })
}
