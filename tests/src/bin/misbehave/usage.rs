//! What an obedient plugin notes of its own use: `usage VERB …`, in words a test can read.
//!
//! It refuses to know what the daemon takes.

use std::collections::BTreeMap;
use std::sync::Arc;

use outboard_proto::plugin::usage_client::UsageClient;
use outboard_proto::plugin::{CountRequest, Counted, TrackRequest, TrackedUse, UsageTaken};
use outboard_tests::{Refusal, wire};
use tonic::transport::Channel;
use tonic::{Request, Status};

use crate::plugin::Plugin;

type Client = UsageClient<Channel>;

/// Notes something; how much was taken, or the refusal.
pub async fn answer(plugin: &Arc<Plugin>, what: &str) -> String {
    let (verb, rest) = what.split_once(' ').unwrap_or((what, ""));
    let Some(channel) = plugin.channel() else { return "no session".to_owned() };
    let client = UsageClient::new(channel);
    let taken = match verb {
        // `track ACTION key=value …`
        "track" => track(plugin, client, vec![used(rest)]).await,
        "worth-nothing" => {
            let nothing = TrackedUse { value: Some(f64::NAN), ..used("open") };
            track(plugin, client, vec![nothing]).await
        }
        "large" => {
            let metadata =
                BTreeMap::from([("k".to_owned(), "x".repeat(rest.parse().unwrap_or(0)))]);
            track(plugin, client, vec![TrackedUse { metadata, ..used("open") }]).await
        }
        "many" => many(plugin, client, rest.parse().unwrap_or(0)).await,
        // `count NAME BY`
        _ => count(plugin, client, rest).await,
    };
    match taken {
        Ok(UsageTaken { taken, dropped, .. }) => format!("taken={taken} dropped={dropped}"),
        Err(status) => Refusal::from(status).to_string(),
    }
}

fn used(words: &str) -> TrackedUse {
    let (action, pairs) = words.split_once(' ').unwrap_or((words, ""));
    let pairs = pairs.split_whitespace().filter_map(|pair| pair.split_once('='));
    let metadata = pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    TrackedUse { action: action.to_owned(), metadata, ..TrackedUse::default() }
}

fn asked<T>(plugin: &Plugin, request: T) -> Result<Request<T>, Status> {
    wire::with_metadata(Request::new(request), &plugin.metadata())
}

async fn track(
    plugin: &Plugin,
    mut client: Client,
    uses: Vec<TrackedUse>,
) -> Result<UsageTaken, Status> {
    Ok(client.track(asked(plugin, TrackRequest { uses })?).await?.into_inner())
}

/// So many different actions, as fast as they are taken.
async fn many(plugin: &Plugin, client: Client, count: usize) -> Result<UsageTaken, Status> {
    let mut all = UsageTaken::default();
    let names: Vec<String> = (0..count).map(|number| format!("action-{number}")).collect();
    for some in names.chunks(200) {
        let uses = some.iter().map(|name| used(name)).collect();
        let UsageTaken { taken, dropped, .. } = track(plugin, client.clone(), uses).await?;
        (all.taken, all.dropped) = (all.taken + taken, all.dropped + dropped);
    }
    Ok(all)
}

async fn count(plugin: &Plugin, mut client: Client, words: &str) -> Result<UsageTaken, Status> {
    let (name, by) = words.split_once(' ').unwrap_or((words, "1"));
    let (name, by) = (name.to_owned(), by.parse().unwrap_or(1));
    let counts = vec![Counted { name, by, ..Counted::default() }];
    Ok(client.count(asked(plugin, CountRequest { counts })?).await?.into_inner())
}
