//! The host API's Settings over the link: to the daemon, or to what a test has set.
//!
//! It refuses to read what is set.

use std::sync::Arc;

use outboard_proto::plugin::{
    SettingsGetRequest, SettingsGetSecretRequest, SettingsRegisterRequest, SettingsRegisterResponse,
};

use super::{Cause, Link, Way, inner};
use crate::error::HostError;
use crate::settings::at::At;

impl Link {
    /// What counts at a place, as JSON: as the session was told, unless something is narrowed.
    pub(crate) async fn settings_at(&self, at: Option<&At>) -> Result<Arc<str>, HostError> {
        let at = at.filter(|_| self.known.is_narrowed());
        let Some(at) = at else { return Ok(self.welcome().settings.as_str().into()) };
        let age = match self.known.at(at) {
            Ok(json) => return Ok(json),
            Err(age) => age,
        };
        let json: Arc<str> = match &self.way {
            Way::Recorded(recorder) => match recorder.settings_at(at)? {
                Some(json) => json.into(),
                None => self.welcome().settings.as_str().into(),
            },
            Way::Wire(wire) => {
                let At { workspace, channel, user } = at.clone();
                let request = SettingsGetRequest { workspace, channel, user };
                // What counts there is not the call's; the next one finds it here.
                let request = self.request(Cause::Own, &wire.token, request)?;
                inner(wire.settings.clone().get(request).await)?.json.into()
            }
        };
        self.known.learn(age, at.clone(), Arc::clone(&json));
        Ok(json)
    }

    pub(crate) async fn secret(
        &self,
        request: SettingsGetSecretRequest,
    ) -> Result<String, HostError> {
        match &self.way {
            Way::Recorded(recorder) => recorder.secret(&request.key),
            Way::Wire(wire) => {
                let request = self.request(Cause::Own, &wire.token, request)?;
                Ok(inner(wire.settings.clone().get_secret(request).await)?.value)
            }
        }
    }

    /// Registers settings, and goes by what counts from now on, unless something newer is known.
    pub(crate) async fn register_settings(
        &self,
        schema: String,
    ) -> Result<SettingsRegisterResponse, HostError> {
        let registered = match &self.way {
            Way::Recorded(recorder) => {
                recorder.register_settings(&schema, &self.welcome().settings)?
            }
            Way::Wire(wire) => {
                let request = SettingsRegisterRequest { schema };
                let request = self.request(Cause::Own, &wire.token, request)?;
                inner(wire.settings.clone().register(request).await)?
            }
        };
        // A harness counts no changes.
        if registered.change == 0 || self.known.is_newest(registered.change) {
            self.update(|welcome| welcome.settings.clone_from(&registered.settings));
            self.update(|welcome| welcome.settings_narrowed = registered.narrowed);
        }
        self.known.forget(registered.narrowed || self.known.is_narrowed());
        Ok(registered)
    }
}
