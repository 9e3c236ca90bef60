//! The host API's Storage over the link: to the daemon, or to the harness's memory.
//!
//! It refuses to know what is kept.

use outboard_proto::plugin::{
    StorageBatchRequest, StorageBatchResponse, StorageGetRequest, StorageGetResponse,
    StorageListRequest, StorageListResponse, StorageUsage, StorageUsageRequest,
    StorageWatchRequest,
};

use super::{Cause, Link, Way};
use crate::error::HostError;
use crate::storage::Source;

/// One unary call: to the daemon, or to what stands for it in tests.
macro_rules! ask {
    ($self:ident, $cause:ident, $method:ident, $request:ident) => {
        match &$self.way {
            Way::Recorded(recorder) => recorder.storage(|shelf| shelf.$method($request)),
            Way::Wire(wire) => {
                let request = $self.request($cause, &wire.token, $request)?;
                let answer = wire.storage.clone().$method(request).await;
                answer
                    .map(tonic::Response::into_inner)
                    .map_err(|status| HostError::from_status(&status))
            }
        }
    };
}

impl Link {
    pub(crate) async fn storage_get(
        &self,
        cause: Cause,
        request: StorageGetRequest,
    ) -> Result<StorageGetResponse, HostError> {
        ask!(self, cause, get, request)
    }

    pub(crate) async fn storage_list(
        &self,
        cause: Cause,
        request: StorageListRequest,
    ) -> Result<StorageListResponse, HostError> {
        ask!(self, cause, list, request)
    }

    pub(crate) async fn storage_usage(&self, cause: Cause) -> Result<StorageUsage, HostError> {
        let request = StorageUsageRequest {};
        ask!(self, cause, usage, request)
    }

    pub(crate) async fn storage_batch(
        &self,
        cause: Cause,
        request: StorageBatchRequest,
    ) -> Result<StorageBatchResponse, HostError> {
        ask!(self, cause, batch, request)
    }

    pub(crate) async fn storage_watch(
        &self,
        cause: Cause,
        request: StorageWatchRequest,
    ) -> Result<Source, HostError> {
        match &self.way {
            Way::Recorded(recorder) => recorder.storage(|shelf| Ok(shelf.watch(request))),
            Way::Wire(wire) => {
                let request = self.request(cause, &wire.token, request)?;
                let stream = wire.storage.clone().watch(request).await;
                let stream = stream.map_err(|status| HostError::from_status(&status))?;
                Ok(Source::Wire(Box::new(stream.into_inner())))
            }
        }
    }
}
