//! The host API's Usage over the link: to the daemon, or kept by the harness.
//!
//! It refuses to know when records are told.

use outboard_proto::plugin::{CountRequest, TrackRequest, UsageTaken};

use super::{Cause, Link, Way, inner};
use crate::error::HostError;

impl Link {
    pub(crate) async fn track(&self, request: TrackRequest) -> Result<UsageTaken, HostError> {
        match &self.way {
            Way::Recorded(_) => Ok(UsageTaken::default()),
            Way::Wire(wire) => {
                let request = self.request(Cause::Own, &wire.token, request)?;
                inner(wire.usage.clone().track(request).await)
            }
        }
    }

    pub(crate) async fn count(&self, request: CountRequest) -> Result<UsageTaken, HostError> {
        match &self.way {
            Way::Recorded(_) => Ok(UsageTaken::default()),
            Way::Wire(wire) => {
                let request = self.request(Cause::Own, &wire.token, request)?;
                inner(wire.usage.clone().count(request).await)
            }
        }
    }
}
