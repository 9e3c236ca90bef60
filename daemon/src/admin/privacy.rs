//! What operators owe to people: to forget one of them.
//!
//! It asks those who keep things, and refuses to know how.

use outboard_proto::admin::{ForgetRequest, ForgetResponse, privacy_server::Privacy};
use outboard_proto::common::{Event, Failure, Reason, Sender, UserChange, event::Of};
use tonic::{Code, Request, Response, Status};

use crate::delivery::journal::EventJournal as _;
use crate::fleet::Command;
use crate::held::port::Whose;
use crate::routing::FORGOTTEN;
use crate::status::{self, of_store};

/// Bytes of an id.
const ID: usize = 255;

/// The calls of one operator.
pub struct Forgetting {
    pub command: Command,
}

#[tonic::async_trait]
impl Privacy for Forgetting {
    async fn forget(
        &self,
        request: Request<ForgetRequest>,
    ) -> Result<Response<ForgetResponse>, Status> {
        let command = self.command.clone();
        let request = request.into_inner();
        // In a task of its own: an operator who hangs up does not leave it half done.
        let forgetting = tokio::spawn(async move { forget(&command, request).await });
        match forgetting.await {
            Ok(Ok(response)) => Ok(Response::new(response)),
            Ok(Err(failure)) => Err(status::of(&failure)),
            Err(_) => Err(Status::internal("forgetting failed unexpectedly")),
        }
    }
}

/// What is kept goes first; then plugins are told, and what is told of that stays.
async fn forget(command: &Command, request: ForgetRequest) -> Result<ForgetResponse, Failure> {
    let ForgetRequest { user, workspace } = request;
    if user.is_empty() || user.len() > ID || workspace.len() > ID {
        let text = format!("a user has an id of 1 to {ID} bytes");
        return Err(Failure::new(Code::InvalidArgument, Reason::Invalid, text));
    }
    let harbour = &command.harbour;
    let whose = Whose { user: user.clone(), workspace: workspace.clone() };
    let held = harbour.held.forget_user(whose.clone()).await.map_err(|error| of_store(&error))?;
    let waited = harbour.interactions.forget_user(whose).await.map_err(|error| of_store(&error))?;
    let erased = harbour.switchboard.forget_user(&user, &workspace).await?;
    let (told, not_told) =
        command.ask(|fleet| Box::pin(async move { fleet.hearers(FORGOTTEN) })).await?;
    let sender = Sender { id: user, ..Sender::default() };
    let change = UserChange { user: Some(sender), ..UserChange::default() };
    let event = Event {
        r#type: FORGOTTEN.to_owned(),
        workspace,
        of: Some(Of::User(change)),
        ..Event::default()
    };
    let published = harbour.switchboard.publish_and_tell(event).await.map_err(|_| stopping())?;
    if let Some(failure) = published.failure {
        return Err(failure);
    }
    // What was taken out is in no older page of the file either.
    harbour.journal.scrub().await.map_err(|error| of_store(&error))?;
    tracing::info!(events = erased.events, held, plugins = told.len(), "a user is forgotten");
    Ok(ForgetResponse {
        events: erased.events,
        dead_letters: erased.dead_letters,
        queued: erased.queued,
        held: held as u64,
        told,
        not_told,
        event_id: published.event_id,
        interactions: waited.interactions,
        requests: waited.requests,
        log_lines: waited.log_lines,
    })
}

fn stopping() -> Failure {
    Failure::new(Code::Unavailable, Reason::Stopping, "the daemon is stopping")
}
