//! Settings through the app's handle, with the double on the other side.
#![allow(clippy::unwrap_used)]

use outboard_app::common::{SettingsFault, SettingsOutcome, SettingsSaved};
use outboard_app::test::Daemon;
use outboard_app::{App, SaveSettingsRequest, SettingsError, SettingsPage, SettingsPagesRequest};

#[tokio::test]
async fn pages_are_given_and_what_is_saved_has_an_outcome() {
    let page = SettingsPage { plugin: "welcome".to_owned(), ..SettingsPage::default() };
    let fault = |path: &str| SettingsFault { path: path.to_owned(), ..SettingsFault::default() };
    let daemon = Daemon::new().settings_pages([page]).on_save_settings(move |save| SettingsSaved {
        outcome: SettingsOutcome::Invalid.into(),
        faults: vec![fault(&save.plugin)],
        ..SettingsSaved::default()
    });
    let app = App::builder("chat", "1").connect_to(&daemon);
    let pages = app.settings_pages(SettingsPagesRequest::default()).await.unwrap();
    assert_eq!(pages[0].plugin, "welcome");
    let save = SaveSettingsRequest { plugin: "welcome".to_owned(), ..Default::default() };
    let saved = app.save_settings(save).await.unwrap();
    assert_eq!(
        (saved.outcome(), saved.faults[0].path.as_str()),
        (SettingsOutcome::Invalid, "welcome")
    );
}

#[tokio::test]
async fn without_a_daemon_nobody_waits() {
    let app = App::builder("chat", "1").connect("/nowhere/app.sock");
    let pages = app.settings_pages(SettingsPagesRequest::default()).await;
    assert!(matches!(pages, Err(SettingsError::Away(_))), "{pages:?}");
}
