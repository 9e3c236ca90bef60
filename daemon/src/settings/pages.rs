//! Settings as apps and operators are told of them: translation to and from the wire, and nothing
//! that is secret.

use outboard_proto::admin::SettingsShown;
use outboard_proto::app::SettingsPage;
use outboard_proto::common::{
    Failure, Reason, SettingsFault, SettingsField, SettingsOutcome, SettingsPlace, SettingsSaved,
    SettingsScope,
};
use serde_json::{Map, Value};
use tonic::Code;

use super::Fault;
use super::ledger::Ledger;
use super::save::Outcome;
use super::scope::{Place, Scope, ScopeKind};
use super::standing::Standing;

impl Ledger {
    /// The page of a form at a place; none where the plugin has no settings.
    #[must_use]
    pub fn page(&self, place: &Place) -> Option<SettingsPage> {
        let inner = self.inner();
        let standing = std::sync::Arc::clone(&inner.standing);
        let (about, pending) = (inner.about.clone(), inner.pending.is_some());
        drop(inner);
        let schema = standing.schema().filter(|it| !it.fields().is_empty())?;
        Some(SettingsPage {
            plugin: self.plugin.as_str().to_owned(),
            title: about.title,
            description: about.description,
            schema: schema.json().to_owned(),
            values: Value::Object(standing.effective(place)).to_string(),
            fields: fields(&standing, place),
            pending,
            missing: standing.missing.clone(),
            unfit: standing.unfit_at(place),
        })
    }

    /// What an operator is shown.
    #[must_use]
    pub fn shown(&self, place: &Place) -> SettingsShown {
        let inner = self.inner();
        let standing = std::sync::Arc::clone(&inner.standing);
        let pending = inner.pending.is_some();
        drop(inner);
        SettingsShown {
            fields: fields(&standing, place),
            pending,
            missing: standing.missing.clone(),
            unfit: standing.unfit(),
        }
    }
}

fn fields(standing: &Standing, place: &Place) -> Vec<SettingsField> {
    let Some(schema) = standing.schema() else { return Vec::new() };
    let effective = standing.effective(place);
    let field = |field: &super::Field| {
        let from = standing.find(place, &field.key).map(|(scope, _)| scope.kind());
        let value = effective.get(&field.key).filter(|_| !field.secret);
        SettingsField {
            key: field.key.clone(),
            scopes: field.scopes.iter().map(|it| SettingsScope::from(*it).into()).collect(),
            secret: field.secret,
            required: field.required,
            is_set: from.is_some(),
            origin: from.map_or(SettingsScope::Unspecified, SettingsScope::from).into(),
            value: value.map(Value::to_string).unwrap_or_default(),
        }
    };
    schema.fields().iter().map(field).collect()
}

impl From<ScopeKind> for SettingsScope {
    fn from(kind: ScopeKind) -> Self {
        match kind {
            ScopeKind::Server => Self::Server,
            ScopeKind::Workspace => Self::Workspace,
            ScopeKind::Channel => Self::Channel,
            ScopeKind::User => Self::User,
        }
    }
}

impl From<&Scope> for SettingsPlace {
    fn from(scope: &Scope) -> Self {
        let (workspace, id) = scope.names();
        let (workspace, id) = (workspace.to_owned(), id.to_owned());
        let kind = scope.kind();
        let mut place =
            Self { scope: SettingsScope::from(kind).into(), workspace, ..Self::default() };
        match kind {
            ScopeKind::Channel => place.channel = id,
            ScopeKind::User => place.user = id,
            ScopeKind::Server | ScopeKind::Workspace => {}
        }
        place
    }
}

impl Scope {
    /// What the wire names.
    ///
    /// # Errors
    /// It says no scope.
    pub fn named(place: Option<SettingsPlace>) -> Result<Self, Failure> {
        let place = place.unwrap_or_default();
        let scope = place.scope();
        let SettingsPlace { workspace, channel, user, .. } = place;
        match scope {
            SettingsScope::Server => Ok(Self::Server),
            SettingsScope::Workspace => Ok(Self::Workspace(workspace)),
            SettingsScope::Channel => Ok(Self::Channel(workspace, channel)),
            SettingsScope::User => Ok(Self::User(workspace, user)),
            SettingsScope::Unspecified => {
                let text = "the scope is server, workspace, channel or user";
                Err(Failure::new(Code::InvalidArgument, Reason::Invalid, text))
            }
        }
    }
}

/// A JSON object of values, as it was sent.
///
/// # Errors
/// It is none.
pub fn object(json: &str) -> Result<Map<String, Value>, Failure> {
    let wrong = |text: String| Failure::new(Code::InvalidArgument, Reason::Invalid, text);
    match serde_json::from_str(json) {
        Ok(Value::Object(values)) => Ok(values),
        Ok(_) => Err(wrong("the values are a JSON object".to_owned())),
        // Where it goes wrong, not what it says: it may be secret.
        Err(error) => Err(wrong(format!(
            "the values are no JSON: line {}, column {}",
            error.line(),
            error.column()
        ))),
    }
}

impl Outcome {
    /// As it travels.
    #[must_use]
    pub fn wire(self) -> SettingsSaved {
        let (outcome, reason, faults) = match self {
            Self::Acknowledged => (SettingsOutcome::Acknowledged, String::new(), Vec::new()),
            Self::Kept => (SettingsOutcome::Kept, String::new(), Vec::new()),
            Self::Unchanged => (SettingsOutcome::Unchanged, String::new(), Vec::new()),
            Self::Invalid(faults) => (SettingsOutcome::Invalid, String::new(), faults),
            Self::Refused(why) => (SettingsOutcome::Refused, why, Vec::new()),
            Self::Unanswered(why) => (SettingsOutcome::Unanswered, why, Vec::new()),
            Self::Overtaken(fate) => (SettingsOutcome::Overtaken, fate, Vec::new()),
        };
        let fault = |fault: Fault| SettingsFault {
            path: fault.path,
            message: fault.message,
            hint: fault.hint.unwrap_or_default(),
        };
        let faults = faults.into_iter().map(fault).collect();
        SettingsSaved { outcome: outcome.into(), reason, faults }
    }
}
