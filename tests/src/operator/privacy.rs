//! What the person behind the admin socket owes to people.

use outboard_proto::admin::privacy_client::PrivacyClient;
use outboard_proto::admin::{ForgetRequest, ForgetResponse};

use super::{Answer, Operator, inner};

impl Operator {
    /// Has the daemon forget a user everywhere.
    ///
    /// # Errors
    /// The daemon's refusal.
    pub async fn forget(&self, user: &str) -> Answer<ForgetResponse> {
        let mut client = PrivacyClient::new(self.channel.clone());
        let request = ForgetRequest { user: user.to_owned(), workspace: String::new() };
        inner(client.forget(request).await)
    }
}
