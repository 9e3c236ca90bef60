//! Settings, played by the test: what is saved has the outcome that its key asks for.

use std::sync::{Arc, Mutex};

use outboard_proto::admin as wire;
use outboard_proto::admin::settings_server::Settings;
use outboard_proto::common::{
    SettingsFault, SettingsField, SettingsOutcome, SettingsSaved, SettingsScope,
};
use tonic::{Request, Response, Status};

pub struct Forms {
    asked: Arc<Mutex<Vec<String>>>,
}

impl Forms {
    pub fn new(asked: Arc<Mutex<Vec<String>>>) -> Forms {
        Forms { asked }
    }

    fn hear<R: std::fmt::Debug>(&self, request: Request<R>) -> R {
        let request = request.into_inner();
        self.asked.lock().unwrap().push(format!("{request:?}"));
        request
    }
}

fn field(key: &str, value: &str, from: SettingsScope) -> SettingsField {
    SettingsField {
        key: key.to_owned(),
        scopes: vec![SettingsScope::Server.into(), SettingsScope::Channel.into()],
        value: value.to_owned(),
        origin: from.into(),
        is_set: from != SettingsScope::Unspecified,
        ..SettingsField::default()
    }
}

fn saved(outcome: SettingsOutcome, reason: &str) -> SettingsSaved {
    SettingsSaved { outcome: outcome.into(), reason: reason.to_owned(), faults: Vec::new() }
}

fn said(saved: SettingsSaved) -> Result<Response<SettingsSaved>, Status> {
    Ok(Response::new(saved))
}

#[tonic::async_trait]
impl Settings for Forms {
    async fn show(
        &self,
        request: Request<wire::SettingsShowRequest>,
    ) -> Result<Response<wire::SettingsShown>, Status> {
        self.hear(request);
        let secret = SettingsField {
            secret: true,
            required: true,
            ..field("api_key", "", SettingsScope::Server)
        };
        let fields = vec![
            field("greeting", "\"Ahoy\\u001b[2J\"", SettingsScope::Channel),
            field("most", "3", SettingsScope::Unspecified),
            field("nothing", "", SettingsScope::Unspecified),
            secret,
        ];
        let unfit = vec!["least: 12 is greater than the maximum of 9".to_owned()];
        let missing = vec!["token".to_owned()];
        Ok(Response::new(wire::SettingsShown { fields, pending: true, missing, unfit }))
    }

    async fn schema(
        &self,
        request: Request<wire::SettingsSchemaRequest>,
    ) -> Result<Response<wire::SettingsSchemaResponse>, Status> {
        self.hear(request);
        let json = r#"{"type":"object"}"#.to_owned();
        Ok(Response::new(wire::SettingsSchemaResponse { json }))
    }

    async fn set(
        &self,
        request: Request<wire::SettingsSetRequest>,
    ) -> Result<Response<SettingsSaved>, Status> {
        said(match self.hear(request).key.as_str() {
            "wrong" => {
                let fault = |path: &str, message: &str, hint: &str| SettingsFault {
                    path: path.to_owned(),
                    message: message.to_owned(),
                    hint: hint.to_owned(),
                };
                let faults = vec![
                    fault("most", "12 is greater than the maximum of 9", "at most 9"),
                    fault("greting", "there is no such setting", "did you mean greeting?"),
                ];
                SettingsSaved { faults, ..saved(SettingsOutcome::Invalid, "") }
            }
            "refused" => saved(SettingsOutcome::Refused, "too nautical"),
            "newer" => saved(SettingsOutcome::Overtaken, "the plugin goes by it"),
            "hung" => saved(SettingsOutcome::Unanswered, "it did not answer within 5 s"),
            _ => saved(SettingsOutcome::Acknowledged, ""),
        })
    }

    async fn unset(
        &self,
        request: Request<wire::SettingsUnsetRequest>,
    ) -> Result<Response<SettingsSaved>, Status> {
        self.hear(request);
        said(saved(SettingsOutcome::Kept, ""))
    }

    async fn import(
        &self,
        request: Request<wire::SettingsImportRequest>,
    ) -> Result<Response<SettingsSaved>, Status> {
        self.hear(request);
        said(saved(SettingsOutcome::Unchanged, ""))
    }
}
