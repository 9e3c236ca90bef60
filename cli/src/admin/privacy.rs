//! What commands ask about people. It refuses to know what is kept of them.

use outboard_proto::admin as wire;

use super::{Admin, PATIENCE_FOR_DISKS, answer};
use crate::report::Forgotten;
use crate::trouble::Stop;

impl Admin {
    /// Forgets a user; answers what was erased and who is told.
    pub async fn forget(&mut self, user: String, workspace: String) -> Result<Forgotten, Stop> {
        let wait = self.wait(PATIENCE_FOR_DISKS);
        let request = wire::ForgetRequest { user, workspace };
        answer(wait, self.privacy.forget(request)).await.map(Forgotten::from)
    }
}
