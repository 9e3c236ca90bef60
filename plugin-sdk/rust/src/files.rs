//! `Files`: what the chat server keeps, looked at, downloaded and uploaded.
//!
//! It refuses to know where a file lies, and never has more than a piece of one in hand.

pub(crate) mod transfer;

use outboard_proto::common::{Attachment, FileInfo, StatFile, UploadBegin};
use sha2::{Digest as _, Sha256};

use crate::body::Body;
use crate::error::HostError;
use crate::host::{Host, MessageId};

pub use transfer::{Download, Uploading};

/// Files of the chat server. Looking and downloading needs `files:read`, uploading and attaching
/// `files:write`. Cheap to clone.
///
/// ```
/// use outboard_plugin::{Command, Plugin, Reply, Result, Upload, test::Harness};
///
/// async fn shout(cmd: Command) -> Result<Reply> {
///     let files = cmd.ctx().files();
///     let text = files.download(cmd.text()).await?.whole().await?;
///     let loud = String::from_utf8_lossy(&text).to_uppercase();
///     let stored = files.upload(Upload::new("loud.txt").mime("text/plain"), loud).await?;
///     Ok(cmd.reply(stored.file.unwrap_or_default().id))
/// }
///
/// let mut daemon = Harness::new(Plugin::new("shout", "1.0.0").command("shout", shout));
/// let file = daemon.has_file("quiet.txt", "hello");
/// let id = daemon.command("shout").text(&file).run().unwrap().text().to_owned();
/// assert_eq!(daemon.file(&id).unwrap(), b"HELLO");
/// ```
#[derive(Debug, Clone)]
pub struct Files {
    host: Host,
    workspace: String,
}

/// What a file is to be called and where it belongs.
#[derive(Debug, Clone, PartialEq)]
pub struct Upload(pub(crate) UploadBegin);

impl Upload {
    /// A file of this name, at most 255 bytes without a slash.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self(UploadBegin { name: name.into(), ..UploadBegin::default() })
    }

    /// What kind of file it is, such as `image/png`.
    #[must_use]
    pub fn mime(mut self, mime: impl Into<String>) -> Self {
        self.0.mime = mime.into();
        self
    }

    /// In which channel it will be shared.
    #[must_use]
    pub fn for_channel(mut self, channel: impl Into<String>) -> Self {
        self.0.channel_id = channel.into();
        self
    }
}

impl Files {
    pub(crate) fn new(host: Host, workspace: String) -> Self {
        Self { host, workspace }
    }

    /// What is known of a file.
    ///
    /// # Errors
    /// `NOT_FOUND`, or what else the daemon or the app refused.
    pub async fn stat(&self, id: impl Into<String>) -> Result<FileInfo, HostError> {
        self.host.link().stat_file(self.host.cause(), self.of(id)).await
    }

    /// Begins to download a file. It has come whole, and is what the app said, when there is no
    /// next piece, and not before.
    ///
    /// # Errors
    /// As [`Files::stat`].
    pub async fn download(&self, id: impl Into<String>) -> Result<Download, HostError> {
        self.host.link().download(self.host.cause(), self.of(id)).await
    }

    /// Uploads a file.
    ///
    /// # Errors
    /// `FILE_TOO_LARGE`, or what else the daemon or the app refused.
    pub async fn upload(
        &self,
        file: Upload,
        content: impl Into<Vec<u8>>,
    ) -> Result<FileInfo, HostError> {
        let content = content.into();
        let (size_bytes, sha256) = (content.len() as u64, Sha256::digest(&content).to_vec().into());
        let begin = UploadBegin { size_bytes, sha256, ..file.0 };
        let mut uploading = self.begin_upload(Upload(begin));
        uploading.push(content).await?;
        uploading.finish().await
    }

    /// Begins to upload a file piece by piece.
    #[must_use]
    pub fn begin_upload(&self, file: Upload) -> Uploading {
        let begin = UploadBegin { workspace: self.workspace.clone(), ..file.0 };
        self.host.link().upload(self.host.cause(), begin)
    }

    /// Says `body` in a channel, with files attached. Needs `messages:send` besides.
    ///
    /// # Errors
    /// What the daemon or the app refused, or that neither could be reached.
    pub async fn send(
        &self,
        channel: impl Into<String>,
        body: impl Into<Body>,
        files: impl IntoIterator<Item = FileInfo>,
    ) -> Result<MessageId, HostError> {
        let attachments: Vec<Attachment> = files.into_iter().filter_map(|it| it.file).collect();
        let request = outboard_proto::plugin::SendRequest {
            workspace: self.workspace.clone(),
            channel_id: channel.into(),
            body: Some(body.into().0),
            attachments,
            ..Default::default()
        };
        self.host.send_message(request).await
    }

    fn of(&self, id: impl Into<String>) -> StatFile {
        StatFile { workspace: self.workspace.clone(), file_id: id.into() }
    }
}
