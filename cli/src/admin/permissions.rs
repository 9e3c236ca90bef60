//! What commands ask about grants and the audit log: a method per question.

use outboard_proto::admin as wire;

use super::{Admin, Changing, PATIENCE, answer};
use crate::report::{AuditRecord, GrantsTable};
use crate::trouble::Stop;

impl Admin {
    /// What a plugin asked for, has and uses.
    pub async fn grants(&mut self, name: &str) -> Result<GrantsTable, Stop> {
        let wait = self.wait(PATIENCE);
        let request = wire::GrantsRequest { name: name.to_owned() };
        answer(wait, self.permissions.grants(request)).await.map(GrantsTable::from)
    }

    /// Changes that; answers what it is then.
    pub async fn change_grants(
        &mut self,
        request: wire::ChangeGrantsRequest,
    ) -> Result<GrantsTable, Stop> {
        let wait = self.wait(PATIENCE);
        answer(wait, self.permissions.change_grants(request)).await.map(GrantsTable::from)
    }

    /// What was done and by whom.
    pub async fn audit(
        &mut self,
        request: wire::AuditRequest,
    ) -> Result<Changing<AuditRecord>, Stop> {
        let wait = self.wait(PATIENCE);
        answer(wait, self.permissions.audit(request)).await.map(Changing::of)
    }
}
