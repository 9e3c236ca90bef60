//! Plugins' settings: the pages to show, and saving what people enter.
//!
//! A call of its own beside the session, for it may wait for a plugin's word. Who may save what is
//! the app's to decide; it refuses to draw.

use outboard_proto::app::settings_client::SettingsClient;
use outboard_proto::app::{SaveSettingsRequest, SettingsPage, SettingsPagesRequest};
use outboard_proto::common::SettingsSaved;
use tonic::transport::Channel;
use tonic::{Code, Request, Status};

use crate::app::App;
use crate::dial::{Dial, channel};

/// How long pages may take.
const PAGES: std::time::Duration = std::time::Duration::from_secs(5);

/// How long saving may take: what a plugin may take over a change, for a few that wait before it.
const SAVE: std::time::Duration = std::time::Duration::from_secs(30);

/// Why there are no pages, or nothing was saved.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SettingsError {
    /// The daemon says no: an unknown plugin, a secret without a key, a full disk.
    #[error("{0}")]
    Refused(String),
    /// The daemon is not there, or did not answer. Saving may have happened.
    #[error("no answer from the daemon: {0}")]
    Away(String),
}

impl SettingsError {
    fn from_status(status: &Status) -> Self {
        let words = status.message().to_owned();
        match status.code() {
            Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled | Code::Unknown => {
                Self::Away(words)
            }
            _ => Self::Refused(words),
        }
    }
}

impl App {
    /// A page for each plugin that has settings, as they are at one place.
    ///
    /// # Errors
    /// The daemon is away.
    pub async fn settings_pages(
        &self,
        place: SettingsPagesRequest,
    ) -> Result<Vec<SettingsPage>, SettingsError> {
        match self.dial() {
            Dial::Double(double) => Ok(double.settings_pages()),
            Dial::Socket(_) => {
                let mut request = Request::new(place);
                request.set_timeout(PAGES);
                let answer = self.settings_client().await?.settings_pages(request).await;
                let pages = answer.map_err(|status| SettingsError::from_status(&status))?;
                Ok(pages.into_inner().pages)
            }
        }
    }

    /// Saves values of one plugin at one place: all of them or none. Waits for what the plugin says
    /// of them; the outcome tells it, faults included.
    ///
    /// # Errors
    /// The daemon refused, or is away.
    pub async fn save_settings(
        &self,
        save: SaveSettingsRequest,
    ) -> Result<SettingsSaved, SettingsError> {
        match self.dial() {
            Dial::Double(double) => Ok(double.save_settings(&save)),
            Dial::Socket(_) => {
                let mut request = Request::new(save);
                request.set_timeout(SAVE);
                let answer = self.settings_client().await?.save_settings(request).await;
                answer
                    .map(tonic::Response::into_inner)
                    .map_err(|status| SettingsError::from_status(&status))
            }
        }
    }

    async fn settings_client(&self) -> Result<SettingsClient<Channel>, SettingsError> {
        let Dial::Socket(path) = self.dial() else {
            return Err(SettingsError::Away("there is no socket".to_owned()));
        };
        // People open forms rarely: a connection each time is one less to keep alive.
        let channel = channel(path).await.map_err(|status| SettingsError::from_status(&status))?;
        // Pages of many plugins are larger than a frame.
        Ok(SettingsClient::new(channel).max_decoding_message_size(PAGES_BYTES))
    }
}

/// Bytes that all pages together may have.
const PAGES_BYTES: usize = 16 * 1024 * 1024;
