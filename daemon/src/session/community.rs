//! The host API's Users and Channels: each method says which request it is, and nothing else.

use std::sync::Arc;

use outboard_proto::app::request::Of;
use outboard_proto::common::{
    ChannelInfo, ChannelPage, CreateChannel, Done, FindChannel, FindUser, InviteToChannel,
    ListChannels, ModerateUser, PinMessage, SetTopic, User,
};
use outboard_proto::plugin::channels_server::Channels;
use outboard_proto::plugin::users_server::Users;
use tonic::{Request, Response, Status};

use super::asking::ask;
use super::listen::Entrance;

/// The services of one connection.
pub struct HostCommunity {
    pub entrance: Arc<Entrance>,
}

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl Users for HostCommunity {
    async fn get(&self, request: Request<FindUser>) -> Answer<User> {
        ask(&self.entrance, request, Of::FindUser).await
    }

    async fn moderate(&self, request: Request<ModerateUser>) -> Answer<Done> {
        ask(&self.entrance, request, Of::Moderate).await
    }
}

#[tonic::async_trait]
impl Channels for HostCommunity {
    async fn get(&self, request: Request<FindChannel>) -> Answer<ChannelInfo> {
        ask(&self.entrance, request, Of::FindChannel).await
    }

    async fn list(&self, request: Request<ListChannels>) -> Answer<ChannelPage> {
        ask(&self.entrance, request, Of::ListChannels).await
    }

    async fn create(&self, request: Request<CreateChannel>) -> Answer<ChannelInfo> {
        ask(&self.entrance, request, Of::CreateChannel).await
    }

    async fn invite(&self, request: Request<InviteToChannel>) -> Answer<Done> {
        ask(&self.entrance, request, Of::Invite).await
    }

    async fn set_topic(&self, request: Request<SetTopic>) -> Answer<Done> {
        ask(&self.entrance, request, Of::SetTopic).await
    }

    async fn pin(&self, request: Request<PinMessage>) -> Answer<Done> {
        ask(&self.entrance, request, Of::Pin).await
    }

    async fn unpin(&self, request: Request<PinMessage>) -> Answer<Done> {
        ask(&self.entrance, request, Of::Unpin).await
    }
}
