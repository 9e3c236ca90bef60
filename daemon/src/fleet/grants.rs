//! `outboard grants`: what a plugin asked for, has and uses; and changing that while it runs.
//!
//! A change is an override like any other that a command sets: it is kept, shown and reverted as
//! they are. What it means for what is under way is routing's.

use std::collections::BTreeMap;

use outboard_proto::admin::{ChangeGrantsRequest, GrantRow, GrantsTable};
use outboard_proto::common::{Failure, Reason};
use tonic::Code;

use super::Fleet;
use super::aboard::Aboard;
use crate::clock::micros;
use crate::config::fault::Problem;
use crate::config::manifest::{Asks, Need};
use crate::config::nearest::nearest;
use crate::config::permission::{Grants, Permission};
use crate::config::scope::{Scope, parse_scoped};

impl Fleet {
    /// What a plugin asked for, has of that, and made of it.
    ///
    /// # Errors
    /// It is not loaded.
    pub fn grants(&self, name: &str) -> Result<GrantsTable, Failure> {
        self.find(name).map(|aboard| self.table(aboard))
    }

    /// Grants, revokes and narrows, all of it or nothing.
    ///
    /// # Errors
    /// It is not loaded, does not ask for one of them, or the limits are wider than those it has.
    pub async fn change_grants(
        &mut self,
        request: &ChangeGrantsRequest,
    ) -> Result<GrantsTable, Failure> {
        let spec = &self.find(&request.name)?.spec;
        let mut list = match spec.grants.granted.as_grants() {
            Grants::List(list) => list,
            Grants::Asked | Grants::None => BTreeMap::new(),
        };
        let changed = change(&spec.grants.asked, &mut list, request)?;
        let text = Grants::List(list).to_string();
        self.set(&request.name, "grants", &text).await?;
        let table = self.grants(&request.name)?;
        Ok(GrantsTable { message: format!("{}: {changed}", request.name), ..table })
    }

    fn table(&self, aboard: &Aboard) -> GrantsTable {
        let grants = &aboard.spec.grants;
        let uses = self.harbour.switchboard.view(aboard.entrance.member).uses;
        let row = |(permission, ask): (&Permission, &crate::config::manifest::asks::Ask)| {
            let used = uses.of(*permission);
            let since = |moment| self.harbour.clock.now().since(moment);
            let limit = grants.granted.limit_of(*permission).cloned().unwrap_or_default();
            GrantRow {
                permission: permission.to_string(),
                optional: ask.need == Need::Optional,
                reason: ask.reason.clone(),
                asked: ask.scope.to_string(),
                granted: grants.granted.holds(*permission),
                narrowed: limit.narrowed.to_string(),
                used: used.count,
                last_used_us: used.last.map_or(0, |at| {
                    self.harbour.clock.wall_us().saturating_sub_unsigned(micros(since(at)))
                }),
                refused: used.refused,
            }
        };
        GrantsTable {
            name: aboard.loaded.manifest.name.as_str().to_owned(),
            rows: grants.asked.0.iter().map(row).collect(),
            source: grants.source.to_string(),
            since_us: self.harbour.started_us,
            message: String::new(),
        }
    }
}

/// Changes what is granted; says what was.
fn change(
    asks: &Asks,
    list: &mut BTreeMap<Permission, Scope>,
    request: &ChangeGrantsRequest,
) -> Result<String, Failure> {
    let mut said = Vec::new();
    for text in &request.grant {
        let (permission, scope) = asked(asks, text)?;
        said.push(format!("granted {permission}{scope}"));
        list.insert(permission, scope);
    }
    for text in &request.narrow {
        let (permission, scope) = asked(asks, text)?;
        let Some(has) = list.get_mut(&permission) else {
            let hint = format!("--grant {permission}{scope} grants it so");
            return Err(wrong(Reason::Invalid, format!("{permission} is not granted ({hint})")));
        };
        let asked = asks.0.get(&permission).map(|ask| &ask.scope);
        narrow(permission, (has, asked), scope)?;
        said.push(format!("narrowed to {permission}{has}"));
    }
    for text in &request.revoke {
        let (permission, scope) = asked(asks, text)?;
        if !scope.is_whole() {
            let hint = "--narrow leaves the limits that it names";
            let text = format!("{permission} is revoked whole, without {scope} ({hint})");
            return Err(wrong(Reason::Invalid, text));
        }
        list.remove(&permission);
        said.push(format!("revoked {permission}"));
    }
    match said[..] {
        [] => Err(wrong(Reason::Invalid, "name at least one permission to change".to_owned())),
        [..] => Ok(said.join(", ")),
    }
}

/// One that the plugin asks for.
fn asked(asks: &Asks, text: &str) -> Result<(Permission, Scope), Failure> {
    let unreadable = |problem: Problem| wrong(Reason::Invalid, problem.to_string());
    let (permission, scope) = parse_scoped(text).map_err(unreadable)?;
    if asks.0.contains_key(&permission) {
        return Ok((permission, scope));
    }
    let asked: Vec<&str> = asks.0.keys().map(|it| it.as_str()).collect();
    let hint =
        nearest(permission.as_str(), asked.iter().copied()).unwrap_or_else(|| match asked[..] {
            [] => "it asks for nothing".to_owned(),
            [..] => format!("it asks for {}", asked.join(", ")),
        });
    let text = format!("it does not ask for {permission}, so nothing can be granted ({hint})");
    Err(wrong(Reason::NotAsked, text).detail("permission", permission.as_str()))
}

/// Puts new limits in the place of those of their kind, where they leave less: of what the operator
/// left, and of what the author asked for.
fn narrow(
    permission: Permission,
    (has, asked): (&mut Scope, Option<&Scope>),
    to: Scope,
) -> Result<(), Failure> {
    if to.is_whole() {
        let text = format!("narrow {permission} to what? ({permission}@channels=town-*)");
        return Err(wrong(Reason::Invalid, text));
    }
    if let Some(wider) = to.beyond(has) {
        let hint = format!("--grant {permission}{to} sets it anew");
        let text = format!("{wider} is not within {permission}{has}{} ({hint})", told(&wider));
        return Err(wrong(Reason::Invalid, text));
    }
    if let Some(asked) = asked
        && let Some(wider) = to.surely_beyond(asked)
    {
        let told = told(&wider);
        let hint = "what it did not ask for cannot be granted";
        let asks = format!("what it asks for, {permission}{asked}");
        let text = format!("{wider} is not within {asks}{told} ({hint})");
        return Err(wrong(Reason::Invalid, text));
    }
    has.replace(to);
    Ok(())
}

/// Of patterns it is said that they were compared as they are written.
fn told(word: &str) -> &'static str {
    match word.contains(['*', '?', '[', '{']) {
        true => ", as far as two patterns can be compared",
        false => "",
    }
}

fn wrong(reason: Reason, text: String) -> Failure {
    Failure::new(Code::InvalidArgument, reason, text)
}

#[cfg(test)]
mod tests;
