//! What an obedient plugin keeps: `store VERB …`, in words a test can read.
//!
//! It refuses to know what the daemon allows.

use std::sync::Arc;
use std::time::Duration;

use outboard_proto::plugin::storage_client::StorageClient;
use outboard_proto::plugin::{
    StorageBatchRequest, StorageChange, StorageDelete, StorageEntry, StorageGetRequest,
    StorageIncrement, StorageListRequest, StorageNews, StorageSet, StorageUsageRequest,
    StorageWatchRequest, StorageWritten, storage_change, storage_entry, storage_news,
};
use outboard_tests::{Refusal, wire};
use tonic::transport::Channel;
use tonic::{Request, Status, Streaming};

use crate::plugin::Plugin;

type Client = StorageClient<Channel>;

/// Does one thing; what came of it, or the refusal.
pub async fn answer(plugin: &Arc<Plugin>, what: &str) -> String {
    let (verb, rest) = what.split_once(' ').unwrap_or((what, ""));
    let Some(channel) = plugin.channel() else { return "no session".to_owned() };
    let client = StorageClient::new(channel);
    let done = match verb {
        "get" => get(plugin, client, rest).await,
        "list" => list(plugin, client, rest).await,
        "usage" => usage(plugin, client).await,
        "watch" => watch(plugin, client, rest).await,
        "watch-many" => watch_many(plugin, client, rest).await,
        "watch-unread" => watch_unread(plugin, client, rest).await,
        "flood" => flood(plugin, client, rest).await,
        "pump" => return pump(plugin, &client),
        // `set KEY VALUE …`, `add KEY NUMBER …`, `delete KEY …`, several with ` + ` between them.
        _ => batch(plugin, client, what).await,
    };
    done.unwrap_or_else(|status| Refusal::from(status).to_string())
}

fn asked<T>(plugin: &Plugin, request: T) -> Result<Request<T>, Status> {
    wire::with_metadata(Request::new(request), &plugin.metadata())
}

async fn get(plugin: &Plugin, mut client: Client, key: &str) -> Result<String, Status> {
    let request = asked(plugin, StorageGetRequest { key: key.to_owned() })?;
    let found = client.get(request).await?.into_inner().entry;
    Ok(found.map_or("nothing".to_owned(), |entry| shown(&entry)))
}

fn shown(entry: &StorageEntry) -> String {
    let secret = if entry.secret { " secret" } else { "" };
    let value = match &entry.of {
        Some(storage_entry::Of::Value(value)) if value.len() > 99 => format!("{} B", value.len()),
        Some(storage_entry::Of::Value(value)) => String::from_utf8_lossy(value).into_owned(),
        Some(storage_entry::Of::Counter(number)) => number.to_string(),
        None => "left out".to_owned(),
    };
    format!("{value} rev={}{secret}", entry.revision)
}

async fn list(plugin: &Plugin, mut client: Client, prefix: &str) -> Result<String, Status> {
    let (mut all, mut after) = (Vec::new(), String::new());
    loop {
        let request = StorageListRequest { prefix: prefix.to_owned(), after, ..Default::default() };
        let page = client.list(asked(plugin, request)?).await?.into_inner();
        all.extend(page.entries.iter().map(|entry| format!("{}={}", entry.key, shown(entry))));
        if page.next.is_empty() {
            return Ok(all.join("\n"));
        }
        after = page.next;
    }
}

async fn usage(plugin: &Plugin, mut client: Client) -> Result<String, Status> {
    let usage = client.usage(asked(plugin, StorageUsageRequest {})?).await?.into_inner();
    Ok(format!(
        "keys={} quota={} damaged={} secrets={}",
        usage.keys,
        usage.quota_bytes,
        usage.damaged_at_us > 0,
        usage.secrets
    ))
}

async fn batch(plugin: &Plugin, mut client: Client, what: &str) -> Result<String, Status> {
    let changes = what.split(" + ").filter_map(change).collect();
    let durable = what.split(' ').any(|word| word == "durable");
    let request = asked(plugin, StorageBatchRequest { changes, durable })?;
    let written = client.batch(request).await?.into_inner().written;
    let word = |it: &StorageWritten| {
        format!("rev={} existed={} counter={}", it.revision, it.existed, it.counter)
    };
    Ok(written.iter().map(word).collect::<Vec<_>>().join("\n"))
}

/// `set KEY VALUE`, with `ttl=MS`, `if=REVISION`, `secret`; `VALUE` may be `*BYTES`.
fn change(text: &str) -> Option<StorageChange> {
    let mut words = text.split(' ');
    let (verb, key) = (words.next()?, words.next()?.to_owned());
    // `*600` stands for a key of so many bytes.
    let key = key.strip_prefix('*').and_then(|it| it.parse().ok()).map_or(key.clone(), long);
    let rest: Vec<&str> = words.collect();
    let option = |name: &str| rest.iter().find_map(|word| word.strip_prefix(name)?.parse().ok());
    let ttl_us = option("ttl=").map_or(0, |ms: u64| ms * 1000);
    let if_revision = option("if=");
    let of = match verb {
        "set" => {
            let value = rest.first().copied().unwrap_or_default();
            let large = value.strip_prefix('*').and_then(|bytes| bytes.parse().ok());
            let value = large.map_or(value.to_owned(), long).into();
            let secret = rest.contains(&"secret");
            storage_change::Of::Set(StorageSet { key, value, ttl_us, if_revision, secret })
        }
        "add" => {
            let by = rest.first().and_then(|by| by.parse().ok()).unwrap_or(0);
            storage_change::Of::Increment(StorageIncrement { key, by, ttl_us })
        }
        "delete" => storage_change::Of::Delete(StorageDelete { key, if_revision }),
        _ => return None,
    };
    Some(StorageChange { of: Some(of) })
}

fn long(bytes: usize) -> String {
    "v".repeat(bytes)
}

async fn begin(plugin: &Plugin, client: &Client, prefix: &str) -> Result<Watch, Status> {
    let request = asked(plugin, StorageWatchRequest { prefix: prefix.to_owned() })?;
    let mut stream = client.clone().watch(request).await?.into_inner();
    // Until then nothing is promised.
    stream.message().await?;
    Ok(stream)
}

type Watch = Streaming<StorageNews>;

/// Notes what it hears.
async fn watch(plugin: &Arc<Plugin>, client: Client, prefix: &str) -> Result<String, Status> {
    let stream = begin(plugin, &client, prefix).await?;
    tokio::spawn(follow(plugin.clone(), stream));
    Ok("watching".to_owned())
}

async fn follow(plugin: Arc<Plugin>, mut stream: Watch) {
    loop {
        match stream.message().await {
            Ok(Some(news)) => plugin.note(format!("watch {}", heard(&news))),
            Ok(None) => return plugin.note("watch ended".to_owned()),
            Err(status) => return plugin.note(format!("watch {}", Refusal::from(status))),
        }
    }
}

fn heard(news: &StorageNews) -> String {
    match &news.kind {
        Some(storage_news::Kind::Changed(changed)) => {
            format!("{} {}", changed.kind().as_str_name(), changed.key)
        }
        Some(storage_news::Kind::Gap(gap)) => format!("gap {}", gap.missed),
        Some(storage_news::Kind::Watching(_)) | None => "begins".to_owned(),
    }
}

/// Opens so many, each on a connection of its own so that HTTP/2 is no limit; `OPEN open`.
async fn watch_many(plugin: &Arc<Plugin>, _: Client, count: &str) -> Result<String, Status> {
    let (mut open, mut refused) = (Vec::new(), std::collections::BTreeMap::new());
    let mut client = None;
    for at in 0..count.parse().unwrap_or(0) {
        if at % 16 == 0 {
            let channel = wire::dial(&plugin.surroundings.socket).await;
            client = channel.ok().map(StorageClient::new);
        }
        let Some(client) = &client else { break };
        match begin(plugin, client, "").await {
            Ok(stream) => open.push(stream),
            Err(status) => *refused.entry(Refusal::from(status).reason).or_insert(0) += 1,
        }
    }
    Ok(format!("{} open, refused: {refused:?}", open.len()))
}

/// Opens one and reads nothing of it until all was written that `flood` writes; then notes a gap.
async fn watch_unread(plugin: &Arc<Plugin>, client: Client, count: &str) -> Result<String, Status> {
    let channel = wire::dial(&plugin.surroundings.socket).await;
    let channel = channel.map_err(|error| Status::unavailable(error.to_string()))?;
    let mut stream = begin(plugin, &StorageClient::new(channel), "").await?;
    flood(plugin, client, count).await?;
    let mut before = 0;
    loop {
        match stream.message().await? {
            Some(news) if heard(&news).starts_with("gap") => {
                return Ok(format!("{before} then {}", heard(&news)));
            }
            Some(_) => before += 1,
            None => return Ok("it ended".to_owned()),
        }
    }
}

/// Writes so many long keys.
async fn flood(plugin: &Plugin, mut client: Client, count: &str) -> Result<String, Status> {
    let count: usize = count.parse().unwrap_or(0);
    let numbers: Vec<usize> = (0..count).collect();
    for some in numbers.chunks(64) {
        let set = |at: &usize| {
            let key = format!("flood/{at:06}/{}", "k".repeat(480));
            let set = StorageSet { key, value: "x".into(), ..StorageSet::default() };
            StorageChange { of: Some(storage_change::Of::Set(set)) }
        };
        let changes = some.iter().map(set).collect();
        let request = StorageBatchRequest { changes, durable: false };
        client.batch(asked(plugin, request)?).await?;
    }
    Ok(format!("{count} written"))
}

/// Eight writers, each with batches of two keys that belong together, as long as the process lives.
/// What was acknowledged stands in its data folder.
fn pump(plugin: &Arc<Plugin>, client: &Client) -> String {
    for writer in 0..8 {
        tokio::spawn(write_on(plugin.clone(), client.clone(), writer));
    }
    "pumping".to_owned()
}

async fn write_on(plugin: Arc<Plugin>, mut client: Client, writer: usize) {
    let file = plugin.surroundings.data.join(format!("acked-{writer}"));
    for number in 0_u64.. {
        let pair = ["left", "right"].map(|side| {
            let key = format!("{side}/{writer}/{number:06}");
            let set = StorageSet { key, value: "x".into(), ..StorageSet::default() };
            StorageChange { of: Some(storage_change::Of::Set(set)) }
        });
        let request = StorageBatchRequest { changes: pair.to_vec(), durable: true };
        let Ok(request) = asked(&plugin, request) else { return };
        match client.batch(request).await {
            Ok(_) => {
                // Whoever reads it finds one number or the next, never a half.
                let next = file.with_extension("next");
                let written = std::fs::write(&next, number.to_string());
                written.and_then(|()| std::fs::rename(next, &file)).expect("its folder is its own");
            }
            // The daemon is gone, or this process soon will be.
            Err(_) => tokio::time::sleep(Duration::from_millis(1)).await,
        }
    }
}
