//! Connects a chat server to Outboard: hooks are asked, events published, commands run, and what
//! plugins say is posted.
//!
//! It keeps one session with the daemon and knows what to do while there is none: each hook's last
//! policy applies, nothing waits longer than its budget, and no plugin or daemon can turn a
//! message into an error. It refuses to know what a chat server stores and how it shows it.
//!
//! ```no_run
//! use outboard_app::{App, Decision, message};
//!
//! #[tokio::main]
//! async fn main() {
//!     let app = App::builder("town-chat", "1.0.0")
//!         .hooks(["message.before_post"])
//!         .events(["message.posted"])
//!         .on_send(async |send| {
//!             let text = message::text(send.message.body.as_ref());
//!             println!("{} says {text}", send.asker.plugin);
//!             Ok("message-2".to_owned())
//!         })
//!         .connect("/run/outboard/app.sock");
//!
//!     let draft = message::message("lobby", "ada", "good morning");
//!     match app.before_post(draft).await.decision {
//!         Decision::Continued(mut message) | Decision::Replaced(mut message) => {
//!             message.id = "message-1".into();
//!             println!("{}", message::text(message.body.as_ref()));
//!             let _ = app.publish(message::posted(message)).await;
//!         }
//!         Decision::Rejected(rejected) => println!("refused: {:?}", rejected.reason),
//!         Decision::Held(_) | Decision::Handled => {}
//!     }
//! }
//! ```

mod app;
mod asked;
mod backoff;
mod builder;
mod calls;
mod dedupe;
mod dial;
mod egress;
mod error;
mod exchange;
mod frame;
mod growing;
mod held;
mod hook;
mod http;
mod link;
pub mod message;
mod outcome;
mod policy;
mod requests;
mod send;
mod session;
mod shown;
mod signs;
mod silence;
pub mod test;
mod told;

pub use app::{App, Ask, Asset, AssetError, CommandReply, Publication, Running, SettingsError};
pub use asked::{Answers, Asked};
pub use builder::Builder;
pub use error::{CommandError, PublishError};
pub use held::{Decided, Fate};
pub use hook::Subject;
pub use http::{HttpBody, HttpError, HttpRequest, HttpResponse};
pub use link::Link;
pub use outcome::{By, Decision, Outcome, Policy, Why};
pub use policy::HookPolicy;
pub use send::{FollowUp, Refusal, SendRequest};
pub use shown::Shown;
pub use signs::Sign;

pub use outboard_proto::app::{
    Asker, Autocomplete, Catalogue, DirectMessage, EphemeralMessage, FilePiece, GrowEnd,
    GrowMessage, GrowMore, ReadFile, RunCommand, SaveSettingsRequest, SendMessage, SettingsPage,
    SettingsPagesRequest, UiAction, UploadFile, UploadFileBegin, UploadFileEnd, UploadFileMore,
    Uploaded, grow_message::Step as GrowStep, upload_file::Step as UploadStep,
};
pub use outboard_proto::common;
