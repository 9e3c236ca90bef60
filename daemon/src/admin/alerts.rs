//! What is wrong and who is told, for operators: decodes, asks, encodes.
//!
//! It refuses to judge what is wrong.

use outboard_proto::admin::alerts_server::Alerts;
use outboard_proto::admin::{
    Alarm, Outlet, ShowAlertsRequest, ShowAlertsResponse, TestAlertsRequest,
};
use outboard_proto::common::{Failure, Reason};
use tokio::sync::Semaphore;
use tonic::{Code, Request, Response, Status};

use crate::fleet::Command;
use crate::outlets::Standing;
use crate::outlets::alerts::{Kind, Notice, Turn, tell_all};
use crate::status;

/// A test at a time: a program that hangs holds one of the few threads for files.
static TESTS: Semaphore = Semaphore::const_new(1);

/// The service of one connection.
pub struct Bell {
    pub command: Command,
}

#[tonic::async_trait]
impl Alerts for Bell {
    async fn show(
        &self,
        _: Request<ShowAlertsRequest>,
    ) -> Result<Response<ShowAlertsResponse>, Status> {
        answer(self.look().await)
    }

    async fn test(
        &self,
        _: Request<TestAlertsRequest>,
    ) -> Result<Response<ShowAlertsResponse>, Status> {
        answer(self.ring().await)
    }
}

impl Bell {
    async fn look(&self) -> Result<ShowAlertsResponse, Failure> {
        let found = self.command.ask(|fleet| Box::pin(async move { fleet.alarms() })).await?;
        let alarm = |((kind, plugin), detail): ((Kind, String), String)| Alarm {
            kind: kind.as_str().to_owned(),
            plugin,
            detail,
        };
        let outlets = self.command.harbour.outlets.all().into_iter().map(outlet);
        Ok(ShowAlertsResponse {
            alarms: found.into_iter().map(alarm).collect(),
            outlets: outlets.collect(),
        })
    }

    async fn ring(&self) -> Result<ShowAlertsResponse, Failure> {
        let alerts = self.command.harbour.reporting.borrow().alerts.clone();
        if alerts.is_silent() {
            let text = "nobody is told: [alerts] names no command, webhook or channel";
            return Err(Failure::new(Code::FailedPrecondition, Reason::Invalid, text));
        }
        let busy = |_| {
            let text = "such a test is under way already";
            Failure::new(Code::ResourceExhausted, Reason::OverLimit, text)
        };
        let _one = TESTS.try_acquire().map_err(busy)?;
        let notice = Notice {
            kind: Kind::Failed,
            plugin: "test".to_owned(),
            detail: "this is a test; nothing is wrong".to_owned(),
            turn: Turn::Raised,
            times: 1,
        };
        let told = tell_all(&self.command, &alerts, &notice).await;
        let all = self.command.harbour.outlets.all();
        let outlet = |(name, came): (&'static str, Result<(), String>)| {
            let standing = all.get(name).cloned().unwrap_or_default();
            outlet((name, Standing { failing: came.err(), ..standing }))
        };
        Ok(ShowAlertsResponse {
            alarms: Vec::new(),
            outlets: told.into_iter().map(outlet).collect(),
        })
    }
}

fn outlet((name, standing): (&'static str, Standing)) -> Outlet {
    Outlet {
        name: name.to_owned(),
        to: standing.to,
        told: standing.told,
        dropped: standing.dropped,
        failing: standing.failing.unwrap_or_default(),
    }
}

fn answer<T>(result: Result<T, Failure>) -> Result<Response<T>, Status> {
    result.map(Response::new).map_err(|failure| status::of(&failure))
}
