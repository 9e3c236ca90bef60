//! The host API's Ui over the link: to the daemon, or to what a test looks at.
//!
//! It refuses to know what is shown.

use outboard_proto::plugin::{UiRegisterRequest, UiRemoveRequest, UiUpdateRequest};

use super::{Cause, Link, Way, inner};
use crate::error::HostError;

impl Link {
    pub(crate) async fn ui_register(
        &self,
        cause: Cause,
        request: UiRegisterRequest,
    ) -> Result<(), HostError> {
        match &self.way {
            Way::Recorded(recorder) => recorder.ui(|shown| shown.register(request)),
            Way::Wire(wire) => {
                let request = self.request(cause, &wire.token, request)?;
                inner(wire.ui.clone().register(request).await).map(drop)
            }
        }
    }

    pub(crate) async fn ui_update(
        &self,
        cause: Cause,
        request: UiUpdateRequest,
    ) -> Result<u64, HostError> {
        match &self.way {
            Way::Recorded(recorder) => recorder.ui(|shown| shown.update(request)),
            Way::Wire(wire) => {
                let request = self.request(cause, &wire.token, request)?;
                inner(wire.ui.clone().update(request).await).map(|updated| updated.revision)
            }
        }
    }

    pub(crate) async fn ui_remove(
        &self,
        cause: Cause,
        request: UiRemoveRequest,
    ) -> Result<(), HostError> {
        match &self.way {
            Way::Recorded(recorder) => recorder.ui(|shown| shown.remove(&request.id)),
            Way::Wire(wire) => {
                let request = self.request(cause, &wire.token, request)?;
                inner(wire.ui.clone().remove(request).await).map(drop)
            }
        }
    }
}
