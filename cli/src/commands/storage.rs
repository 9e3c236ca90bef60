//! `outboard storage NAME`: what a plugin keeps. JSON of `ls`: `{"entries": [...]}`; of `get`: the
//! entry; of `usage`: the facts; of `import`, `snapshot` and `restore`: `{"message"}`. `export`
//! always writes one document a line, which `import` reads.

use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use outboard_proto::admin as wire;
use serde_json::json;

use super::{Desk, absolute};
use crate::admin::Admin;
use crate::arguments::Shelf;
use crate::consent;
use crate::escape;
use crate::exit::Exit;
use crate::measure;
use crate::page;
use crate::report::StorageEntry;
use crate::trouble::{Stop, Trouble};

/// Entries that are written together.
const TOGETHER: usize = 128;
/// Bytes of entries that are written together: with the largest value below what a daemon takes.
const TOGETHER_BYTES: usize = 48 * 1024;

pub async fn run(desk: &Desk<'_>, name: &str, what: Shelf) -> Result<Exit, Stop> {
    let mut admin = desk.admin().await?;
    match what {
        Shelf::Ls { prefix } => list(desk, &mut admin, (name, prefix)).await,
        Shelf::Get { key, with_secrets } => {
            let name = name.to_owned();
            let request = wire::StorageGetRequest { name, key, with_secrets };
            get(desk, &mut admin, request).await
        }
        Shelf::Export { prefix, with_secrets } => {
            export(desk, &mut admin, request(name, prefix, with_secrets)).await
        }
        Shelf::Import { file } => import(desk, &mut admin, (name, file)).await,
        Shelf::Usage => {
            let usage = admin.storage_usage(name).await?;
            desk.screen.show(|| page::storage_usage(&usage, measure::now()), &usage)?;
            Ok(Exit::Ok)
        }
        Shelf::Snapshot { file, with_secrets } => {
            let (name, file) = (name.to_owned(), absolute(&file)?);
            let request = wire::StorageSnapshotRequest { name, file, with_secrets };
            let done = admin.storage_snapshot(request).await?;
            told(desk, &done)
        }
        Shelf::Restore { file, yes } => restore(desk, &mut admin, (name, &file, yes)).await,
    }
}

fn request(name: &str, prefix: Option<String>, with_secrets: bool) -> wire::StorageListRequest {
    let (name, prefix) = (name.to_owned(), prefix.unwrap_or_default());
    wire::StorageListRequest { name, prefix, with_secrets, ..Default::default() }
}

async fn list(
    desk: &Desk<'_>,
    admin: &mut Admin,
    (name, prefix): (&str, Option<String>),
) -> Result<Exit, Stop> {
    let mut request = request(name, prefix, false);
    let mut all = Vec::new();
    loop {
        let (mut entries, next) = admin.storage_page(request.clone()).await?;
        all.append(&mut entries);
        if next.is_empty() {
            break;
        }
        request.after = next;
    }
    let document = json!({ "entries": all });
    if all.is_empty() {
        desk.screen.show(String::new, &document)?;
        desk.screen.say("Nothing is kept there.");
        return Ok(Exit::Ok);
    }
    desk.screen.show(|| page::stored(&all, measure::now()), &document)?;
    Ok(Exit::Ok)
}

async fn get(
    desk: &Desk<'_>,
    admin: &mut Admin,
    request: wire::StorageGetRequest,
) -> Result<Exit, Stop> {
    let asked_for_secrets = request.with_secrets;
    let entry = admin.storage_get(request).await?;
    desk.screen.show(|| page::stored_value(&entry), &entry)?;
    if entry.secret && !asked_for_secrets {
        desk.screen.say("It is secret.");
        desk.screen.hint("--with-secrets shows it");
    } else if entry.base64.is_some() {
        desk.screen.say("It is no text: this is base64.");
    }
    Ok(Exit::Ok)
}

/// Page by page, so that nothing has to fit into memory.
async fn export(
    desk: &Desk<'_>,
    admin: &mut Admin,
    mut request: wire::StorageListRequest,
) -> Result<Exit, Stop> {
    let (mut count, mut left_out) = (0_usize, 0_usize);
    loop {
        let (entries, next) = admin.storage_page(request.clone()).await?;
        for entry in entries {
            if entry.size().is_none() {
                left_out += 1;
                continue;
            }
            count += 1;
            let line = serde_json::to_string(&entry).map_err(io::Error::other)?;
            desk.screen.print(&format!("{}\n", escape::json(&line)))?;
        }
        if next.is_empty() {
            break;
        }
        request.after = next;
    }
    desk.screen.say(&format!("{} exported.", measure::plural(count, "key")));
    if left_out > 0 {
        desk.screen.warn(&format!("{} left out", measure::plural(left_out, "secret key")));
        desk.screen.hint("--with-secrets exports them, in clear");
    }
    Ok(Exit::Ok)
}

async fn import(
    desk: &Desk<'_>,
    admin: &mut Admin,
    (name, file): (&str, Option<PathBuf>),
) -> Result<Exit, Stop> {
    let lines: Box<dyn BufRead> = match &file {
        None => Box::new(io::stdin().lock()),
        Some(file) => Box::new(BufReader::new(open(file)?)),
    };
    let (mut together, mut bytes, mut count) = (Vec::new(), 0, 0_usize);
    for (at, line) in lines.lines().enumerate() {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        let wrong = |what: String| {
            let written = measure::plural(count, "key");
            let message = format!("line {}: {what}; {written} written before it", at + 1);
            Trouble::new(Exit::Refused, message)
        };
        let read: Result<StorageEntry, _> = serde_json::from_str(&line);
        let entry = read.map_err(|error| error.to_string()).and_then(StorageEntry::into_wire);
        together.push(entry.map_err(wrong)?);
        bytes += line.len();
        if together.len() == TOGETHER || bytes > TOGETHER_BYTES {
            count += together.len();
            admin.storage_import(name, std::mem::take(&mut together)).await?;
            bytes = 0;
        }
    }
    if !together.is_empty() {
        count += together.len();
        admin.storage_import(name, together).await?;
    }
    told(desk, &format!("{} written", measure::plural(count, "key")))
}

fn open(file: &Path) -> Result<std::fs::File, Stop> {
    let failed =
        |error: io::Error| Trouble::new(Exit::NotFound, format!("{}: {error}", file.display()));
    Ok(std::fs::File::open(file).map_err(failed)?)
}

/// On a terminal it asks first: what is there now is set aside.
async fn restore(
    desk: &Desk<'_>,
    admin: &mut Admin,
    (name, file, yes): (&str, &Path, bool),
) -> Result<Exit, Stop> {
    let file = absolute(file)?;
    if !yes && desk.screen.can_ask() {
        let question =
            format!("Replace all that {} keeps by {}?", escape::line(name), escape::line(&file));
        if !consent::confirm(desk.screen, &question, &mut io::stdin().lock()) {
            return Err(Trouble::new(Exit::Refused, "nothing was restored").into());
        }
    }
    let done = admin.storage_restore(name, file).await?;
    told(desk, &done)
}

fn told(desk: &Desk<'_>, done: &str) -> Result<Exit, Stop> {
    desk.screen.show(String::new, &json!({ "message": done }))?;
    desk.screen.say(&escape::line(done));
    Ok(Exit::Ok)
}
