//! What an operator does about grants, and reads in the audit log.
//!
//! It refuses to know what a grant allows.

use outboard_proto::admin::permissions_client::PermissionsClient;
use outboard_proto::admin::{
    AuditRecord, AuditRequest, ChangeGrantsRequest, GrantRow, GrantsRequest, GrantsTable,
};

use super::{Answer, Operator, inner};
use crate::Refusal;

impl Operator {
    /// What a plugin asked for, has and uses.
    ///
    /// # Errors
    /// The daemon's refusal.
    pub async fn grants(&self, name: &str) -> Answer<GrantsTable> {
        let request = GrantsRequest { name: name.to_owned() };
        inner(PermissionsClient::new(self.channel.clone()).grants(request).await)
    }

    /// One row of that.
    ///
    /// # Errors
    /// The daemon's refusal.
    pub async fn grant_row(&self, name: &str, permission: &str) -> Answer<GrantRow> {
        let rows = self.grants(name).await?.rows;
        Ok(rows.into_iter().find(|it| it.permission == permission).unwrap_or_default())
    }

    /// Changes it: `+permission@scope` grants, `-permission` revokes, `<permission@scope` narrows.
    ///
    /// # Errors
    /// The daemon's refusal.
    pub async fn change_grants(&self, name: &str, changes: &[&str]) -> Answer<GrantsTable> {
        let of = |sign: char| {
            let found = changes.iter().filter_map(|it| it.strip_prefix(sign));
            found.map(str::to_owned).collect()
        };
        let (grant, revoke, narrow) = (of('+'), of('-'), of('<'));
        let (name, why) = (name.to_owned(), "a test".to_owned());
        let request = ChangeGrantsRequest { name, grant, revoke, narrow, why };
        inner(PermissionsClient::new(self.channel.clone()).change_grants(request).await)
    }

    /// What is recorded of an act; of all where it is empty.
    ///
    /// # Errors
    /// The daemon's refusal.
    pub async fn audited(&self, act: &str) -> Answer<Vec<AuditRecord>> {
        let request = AuditRequest { act: act.to_owned(), ..AuditRequest::default() };
        let mut records = inner(PermissionsClient::new(self.channel.clone()).audit(request).await)?;
        let mut found = Vec::new();
        while let Some(record) = records.message().await.map_err(Refusal::from)? {
            found.push(record);
        }
        Ok(found)
    }
}
