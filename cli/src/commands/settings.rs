//! `outboard settings NAME`: what is set for a plugin. JSON of `show`: the settings; of `get`: the
//! setting; of what saves: `{"outcome", "reason"}`; `schema` is JSON in any case.

use std::io::{self, Read as _};

use outboard_proto::admin as wire;
use outboard_proto::common::{SettingsOutcome, SettingsPlace, SettingsSaved, SettingsScope};
use serde_json::json;

use super::Desk;
use crate::admin::Admin;
use crate::arguments::{Setting, Where};
use crate::escape;
use crate::exit::Exit;
use crate::page;
use crate::report::{Fault, Settings};
use crate::trouble::{Stop, Trouble};

pub async fn run(
    desk: &Desk<'_>,
    name: &str,
    at: Where,
    what: Option<Setting>,
) -> Result<Exit, Stop> {
    let mut admin = desk.admin().await?;
    match what.unwrap_or(Setting::Show) {
        Setting::Show => {
            let settings = admin.settings(asked(name, &at)).await?;
            desk.screen.show(|| page::settings(&settings), &settings)?;
            Ok(Exit::Ok)
        }
        Setting::Get { key } => {
            let settings = admin.settings(asked(name, &at)).await?;
            get(desk, &settings, &key)
        }
        Setting::Set { key, value, stdin } => {
            let typed =
                if stdin { Typed::Stdin } else { value.map_or(Typed::Nothing, Typed::Here) };
            let settings = admin.settings(asked(name, &at)).await?;
            let value = read(desk, &settings, &key, typed)?;
            let (plugin, place) = (name.to_owned(), Some(place(at)));
            let request = wire::SettingsSetRequest { plugin, place, key, value };
            let saved = admin.set_setting(request).await?;
            tell(desk, name, saved)
        }
        Setting::Unset { key } => {
            let saved = admin.unset_setting(name, place(at), key).await?;
            tell(desk, name, saved)
        }
        Setting::Import { file } => {
            let values = match file {
                Some(file) => std::fs::read_to_string(&file).map_err(|error| {
                    Trouble::new(Exit::NotFound, format!("{}: {error}", file.display()))
                })?,
                None => io::read_to_string(io::stdin().lock())?,
            };
            let saved = admin.import_settings(name, place(at), values).await?;
            tell(desk, name, saved)
        }
        Setting::Schema => schema(desk, &mut admin, name).await,
    }
}

fn asked(name: &str, at: &Where) -> wire::SettingsShowRequest {
    let or_none = |id: &Option<String>| id.clone().unwrap_or_default();
    wire::SettingsShowRequest {
        plugin: name.to_owned(),
        workspace: or_none(&at.workspace),
        channel: or_none(&at.channel),
        user: or_none(&at.user),
    }
}

fn place(at: Where) -> SettingsPlace {
    let scope = match &at {
        Where { channel: Some(_), .. } => SettingsScope::Channel,
        Where { user: Some(_), .. } => SettingsScope::User,
        Where { workspace: Some(_), .. } => SettingsScope::Workspace,
        Where { .. } => SettingsScope::Server,
    };
    SettingsPlace {
        scope: scope.into(),
        workspace: at.workspace.unwrap_or_default(),
        channel: at.channel.unwrap_or_default(),
        user: at.user.unwrap_or_default(),
    }
}

fn get(desk: &Desk<'_>, settings: &Settings, key: &str) -> Result<Exit, Stop> {
    let Some(setting) = settings.settings.iter().find(|it| it.key == key) else {
        return Err(unknown(key));
    };
    let line = || {
        let value = page::setting_value(&setting.value);
        escape::lines(&value).map(|line| format!("{line}\n")).collect()
    };
    desk.screen.show(line, setting)?;
    if setting.secret {
        let set = if setting.is_set { "It is set" } else { "It is not set" };
        desk.screen.say(&format!("{set}; a secret is shown to nobody but the plugin."));
    }
    Ok(Exit::Ok)
}

/// Where a value is.
enum Typed {
    Here(String),
    Stdin,
    Nothing,
}

/// The value. A secret that stands among the arguments is in a history already, and in the list of
/// processes: it is not taken.
fn read(desk: &Desk<'_>, settings: &Settings, key: &str, typed: Typed) -> Result<String, Stop> {
    let is_secret = settings.settings.iter().any(|it| it.key == key && it.secret);
    match typed {
        Typed::Here(_) if is_secret => {
            let message = format!("{key} is secret: do not write it on the command line");
            let told = Trouble::new(Exit::Refused, message);
            Err(told.hint("leave the value out and be asked, or use --stdin").into())
        }
        Typed::Here(value) => Ok(value),
        Typed::Stdin => {
            let mut value = String::new();
            io::stdin().lock().read_to_string(&mut value)?;
            let line = value.strip_suffix('\n').unwrap_or(&value);
            Ok(line.strip_suffix('\r').unwrap_or(line).to_owned())
        }
        Typed::Nothing if is_secret && desk.screen.can_ask() => {
            desk.screen.prompt(&format!("{} (not shown):", escape::line(key)));
            let value = rpassword::read_password()?;
            desk.screen.say("");
            Ok(value)
        }
        Typed::Nothing => {
            let told = Trouble::new(Exit::Usage, "there is no value");
            Err(told.hint("give it as an argument, or use --stdin").into())
        }
    }
}

async fn schema(desk: &Desk<'_>, admin: &mut Admin, name: &str) -> Result<Exit, Stop> {
    let json = admin.settings_schema(name).await?;
    let document: serde_json::Value = serde_json::from_str(&json).map_err(io::Error::other)?;
    let text = serde_json::to_string_pretty(&document).map_err(io::Error::other)?;
    desk.screen.show(|| format!("{}\n", escape::json(&text)), &document)?;
    Ok(Exit::Ok)
}

/// What became of what was saved.
fn tell(desk: &Desk<'_>, name: &str, saved: SettingsSaved) -> Result<Exit, Stop> {
    let outcome = saved.outcome();
    let name = escape::line(name);
    let done = match outcome {
        SettingsOutcome::Acknowledged => format!("saved; {name} goes by it"),
        SettingsOutcome::Kept => format!("saved; {name} goes by it from its next start"),
        SettingsOutcome::Unchanged => "nothing to change".to_owned(),
        SettingsOutcome::Invalid => return Err(invalid(saved)),
        SettingsOutcome::Refused => {
            let message = format!("{name} refuses it: {}", saved.reason);
            return Err(Trouble::new(Exit::Refused, message).hint("nothing was changed").into());
        }
        SettingsOutcome::Unanswered => {
            let message = format!("{name} did not agree: {}; nothing was changed", saved.reason);
            let hint = format!("`outboard logs {name}` may say more");
            return Err(Trouble::new(Exit::Timeout, message).hint(hint).into());
        }
        SettingsOutcome::Overtaken => {
            format!(
                "a newer change of the same settings took its place: {}",
                escape::line(&saved.reason)
            )
        }
        SettingsOutcome::Unspecified => "done".to_owned(),
    };
    let word = outcome.as_str_name().trim_start_matches("SETTINGS_OUTCOME_").to_lowercase();
    desk.screen.show(String::new, &json!({ "outcome": word, "reason": saved.reason }))?;
    desk.screen.say(&done);
    Ok(Exit::Ok)
}

fn invalid(saved: SettingsSaved) -> Stop {
    let mut told = Trouble::new(Exit::Refused, "does not fit the schema; nothing was changed");
    let fault = |fault: outboard_proto::common::SettingsFault| Fault {
        key: fault.path,
        message: fault.message,
        hint: fault.hint,
        ..Fault::default()
    };
    told.faults = saved.faults.into_iter().map(fault).collect();
    told.into()
}

fn unknown(key: &str) -> Stop {
    let told = Trouble::new(Exit::NotFound, format!("there is no setting {}", escape::line(key)));
    told.hint("`outboard settings NAME` shows what there is").into()
}
