//! Takes interceptors off the path for a time, or puts them back. JSON: `{"message"}`.

use outboard_proto::admin::BypassRequest;

use super::{Desk, configure};
use crate::arguments::Bypass;
use crate::exit::Exit;
use crate::trouble::Stop;

/// Begins or ends a bypass.
pub async fn bypass(desk: &Desk<'_>, bypass: Bypass) -> Result<Exit, Stop> {
    let Bypass { target, period, end } = bypass;
    let (target, period) = (target.unwrap_or_default(), period.unwrap_or_default());
    let done = desk.admin().await?.bypass(BypassRequest { target, period, end }).await?;
    configure::told(desk, &done)
}
