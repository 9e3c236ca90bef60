//! Secret settings: encrypted where they are kept, told to the plugin they belong to and to nobody
//! else.
//!
//! Each is bound to its plugin, scope and key, so that one that is put elsewhere cannot be read
//! there.

use std::sync::Arc;

use outboard_proto::common::{Failure, Reason};
use tonic::Code;

use super::ledger::Ledger;
use super::overlay::Held;
use super::scope::{Place, Scope};
use crate::config::name::PluginName;
use crate::config::nearest::nearest;
use crate::secrets::{Keyring, Sealed, SecretError};

/// Encrypts one.
pub(super) fn seal(
    keys: &Keyring,
    of: (&PluginName, &Scope, &str),
    clear: &str,
) -> Result<Sealed, SecretError> {
    keys.seal(&about(of), clear.as_bytes())
}

fn about<'a>((plugin, scope, key): (&'a PluginName, &'a Scope, &'a str)) -> [&'a str; 6] {
    let (workspace, id) = scope.names();
    ["setting", plugin.as_str(), scope.kind().as_str(), workspace, id, key]
}

/// As it travels.
pub(super) fn failure(error: &SecretError) -> Failure {
    let reason = match error {
        SecretError::NoKey => Reason::NoSecretKey,
        SecretError::KeyGone(_) | SecretError::Unreadable(_) => Reason::SecretUnreadable,
    };
    Failure::new(Code::FailedPrecondition, reason, error.to_string())
}

impl Ledger {
    /// A secret that counts at a place, in clear. With the number of a change that waits for the
    /// plugin's word: as it will be then.
    ///
    /// # Errors
    /// There is no such secret, nobody has set it, it cannot be decrypted, or the change is over.
    pub fn secret(&self, key: &str, place: &Place, change: u64) -> Result<String, Failure> {
        let standing = {
            let inner = self.inner();
            match (&inner.pending, change) {
                (_, 0) => Arc::clone(&inner.standing),
                (Some(pending), change) if pending.change == change => {
                    Arc::clone(&pending.proposed)
                }
                (Some(_) | None, _) => {
                    let text = format!("change {change} does not wait for an answer");
                    let reason = Reason::SettingsChangeOver;
                    return Err(Failure::new(Code::FailedPrecondition, reason, text));
                }
            }
        };
        let fields = standing.schema().into_iter().flat_map(|schema| schema.fields());
        let secrets: Vec<&str> = fields.filter(|it| it.secret).map(|it| it.key.as_str()).collect();
        if !secrets.contains(&key) {
            let key: String = key.chars().take(64).collect();
            let hint = nearest(&key, secrets).map(|hint| format!("; {hint}")).unwrap_or_default();
            let text = format!("{} declares no secret {key}{hint}", self.plugin);
            return Err(Failure::new(Code::NotFound, Reason::UnknownSetting, text));
        }
        let Some((scope, Held::Secret(sealed))) = standing.find(place, key) else {
            let text = format!("the secret {key} is not set");
            return Err(Failure::new(Code::NotFound, Reason::SettingNotSet, text));
        };
        let clear = self.parts.keys.open(&about((&self.plugin, &scope, key)), sealed);
        let clear = clear.map_err(|error| failure(&error))?;
        // It was text when it was saved.
        String::from_utf8(clear).map_err(|_| failure(&SecretError::Unreadable(sealed.version)))
    }
}
