//! What a plugin is told of itself: its welcome, and what happens once per version.
//!
//! With the argument `life` it names that feature and acknowledges at once; `life:fail` says that
//! its handler failed, `life:hang` nothing, `life:late` something a second later, `life:die` ends
//! it. It refuses to know what the daemon keeps of it.

use std::sync::Arc;
use std::time::Duration;

use outboard_proto::common::Failure;
use outboard_proto::plugin::{Lifecycle, LifecycleAck, Welcome, plugin_frame};

use crate::plugin::Plugin;

/// The optional parts of the protocol it claims to know.
pub fn features(arguments: &[String]) -> Vec<String> {
    let speaks = arguments.iter().any(|it| it == "life" || it.starts_with("life:"));
    let own = speaks.then_some("lifecycle");
    let all = ["progress", "partial", "defer", "chunks", "log", "settings", "grants"];
    let all = all.into_iter().chain(own);
    all.map(str::to_owned).collect()
}

/// Notes all that a welcome says beside grants and sessions.
pub fn note_welcome(plugin: &Plugin, welcome: &Welcome) {
    let limits = welcome.limits.unwrap_or_default();
    let bot = welcome.bot.clone().unwrap_or_default();
    let app = welcome.app.clone().unwrap_or_default();
    let end = welcome.previous_end.clone().unwrap_or_default();
    plugin.note(format!(
        "known limits={limits:?} bot={}/{} app={}/{}/{}/{} daemon={} data={} features={} end={}/{}",
        bot.username,
        bot.display_name,
        app.name,
        app.version,
        app.workspaces.join("+"),
        app.locale,
        welcome.daemon_version,
        welcome.data_dir,
        welcome.features.join("+"),
        end.cause,
        end.exit,
    ));
}

/// Acknowledges, or does not.
pub async fn take(plugin: &Arc<Plugin>, told: Lifecycle) {
    let kind = told.kind().as_str_name().trim_start_matches("LIFECYCLE_KIND_").to_lowercase();
    eprintln!("told: {kind} from={:?} to={:?}", told.from, told.to);
    // It outlives the process, and the plugin's being loaded.
    let kept = std::fs::write(plugin.surroundings.data.join("told"), &kind);
    kept.unwrap_or_else(|error| eprintln!("not kept: {error}"));
    let manner = plugin.arguments.rest.iter().find_map(|it| it.strip_prefix("life:"));
    match manner {
        Some("hang") => {}
        Some("die") => std::process::exit(9),
        Some("fail") => {
            let why = Failure { message: "no table".to_owned(), ..Failure::default() };
            acknowledge(plugin, told.id, Some(why)).await;
        }
        Some("late") => {
            let plugin = Arc::clone(plugin);
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_secs(1)).await;
                acknowledge(&plugin, told.id, None).await;
            });
        }
        Some(_) | None => acknowledge(plugin, told.id, None).await,
    }
}

async fn acknowledge(plugin: &Plugin, id: u64, failure: Option<Failure>) {
    plugin.send(plugin_frame::Kind::Lifecycle(LifecycleAck { id, failure })).await;
}
