//! Settings: what those who run a plugin, and those who use it, have set; read as the author's own
//! type.
//!
//! It refuses to validate: the daemon has held everything against the plugin's schema.

pub(crate) mod at;
pub(crate) mod changing;
pub(crate) mod known;

use outboard_proto::common::{SettingsPlace, SettingsScope};
use outboard_proto::plugin::{SettingsChanged, SettingsGetSecretRequest};
use serde::de::DeserializeOwned;

use crate::error::HostError;
use crate::host::Host;

/// Why settings could not be read.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SettingsError {
    /// They are not what the type wants: type and schema differ.
    #[error("the settings are not as the code wants them: {0}")]
    Shape(String),
    /// The daemon refused, or could not be reached.
    #[error(transparent)]
    Host(#[from] HostError),
}

/// What registering settings came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SettingsRegistered {
    /// Required settings that nobody has set.
    pub missing: Vec<String>,
    /// Why values that were saved once do not fit now: they are kept, and count for nothing.
    pub unfit: Vec<String>,
}

/// Somebody has saved settings. A handler that returns goes by them; one that fails refuses them,
/// and what was before goes on counting.
#[derive(Debug)]
pub struct SettingsChange {
    changed: SettingsChanged,
    host: Host,
}

impl SettingsChange {
    pub(crate) fn new(changed: SettingsChanged, host: Host) -> Self {
        Self { changed, host }
    }

    /// What counted at that place until now, with defaults, without secrets.
    ///
    /// # Errors
    /// The type wants something else.
    pub fn before<T: DeserializeOwned>(&self) -> Result<T, SettingsError> {
        read(&self.changed.before)
    }

    /// What is to count there.
    ///
    /// # Errors
    /// The type wants something else.
    pub fn after<T: DeserializeOwned>(&self) -> Result<T, SettingsError> {
        read(&self.changed.after)
    }

    /// How far the change reaches; [`SettingsChange::wire`] says whose it is.
    #[must_use]
    pub fn scope(&self) -> SettingsScope {
        self.changed.place.as_ref().map_or(SettingsScope::Server, SettingsPlace::scope)
    }

    /// Secrets that change, by key. [`SettingsChange::secret`] tells the new ones.
    #[must_use]
    pub fn secrets(&self) -> &[String] {
        &self.changed.secrets
    }

    /// A secret as it is to count where the change was saved.
    ///
    /// # Errors
    /// It is not declared, not set, or the daemon cannot be reached.
    pub async fn secret(&self, key: &str) -> Result<String, HostError> {
        let place = self.changed.place.clone().unwrap_or_default();
        let request = SettingsGetSecretRequest {
            key: key.to_owned(),
            workspace: place.workspace,
            channel: place.channel,
            user: place.user,
            change: self.changed.change,
        };
        self.host.secret_of(request).await
    }

    /// Everything the daemon said of it.
    #[must_use]
    pub fn wire(&self) -> &SettingsChanged {
        &self.changed
    }

    /// The host API, for tasks that outlive the handler.
    #[must_use]
    pub fn host(&self) -> Host {
        self.host.clone()
    }
}

pub(crate) fn read<T: DeserializeOwned>(json: &str) -> Result<T, SettingsError> {
    let json = if json.is_empty() { "{}" } else { json };
    serde_json::from_str(json).map_err(|error| SettingsError::Shape(error.to_string()))
}
