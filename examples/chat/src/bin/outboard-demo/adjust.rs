//! The part of the story that changes plugins' settings, as the page's forms do.
//!
//! It refuses to know how a form looks.

use anyhow::ensure;
use serde_json::{Value, json};

use crate::report::Report;
use crate::view::View;
use crate::visitor::Visitor;

/// Reads the forms, saves, is refused, sees the difference.
pub async fn adjust(visitor: &Visitor, view: &mut View, report: &mut Report) {
    report.note("welcome has a settings form, made of its schema", has_form(visitor).await);
    report
        .note("a setting for one channel changes what is said there", greets(visitor, view).await);
    report.note(
        "what does not fit or is refused is said, and changes nothing",
        refused(visitor).await,
    );
}

async fn page(visitor: &Visitor, channel: &str) -> anyhow::Result<Value> {
    let looking = json!({ "name": "Robin", "channel": channel });
    let told = visitor.post("/api/settings/pages", &looking).await?;
    let pages = told["pages"].as_array().cloned().unwrap_or_default();
    let found = pages.into_iter().find(|page| page["plugin"] == "welcome");
    found.ok_or_else(|| anyhow::anyhow!("no page of welcome: {told}"))
}

async fn save(visitor: &Visitor, scope: &str, values: Value) -> anyhow::Result<Value> {
    let saving = json!({
        "name": "Robin", "channel": "quiet-bay", "plugin": "welcome", "scope": scope,
        "values": values,
    });
    visitor.post("/api/settings/save", &saving).await
}

async fn has_form(visitor: &Visitor) -> anyhow::Result<()> {
    let page = page(visitor, "quiet-bay").await?;
    ensure!(page["schema"]["properties"]["greet"]["type"] == "boolean", "{page}");
    ensure!(page["values"]["greeting"] == "Welcome to {channel}, {name}!", "{page}");
    Ok(())
}

async fn greets(visitor: &Visitor, view: &mut View) -> anyhow::Result<()> {
    let saved = save(visitor, "channel", json!({ "greeting": "Ahoy {name}!" })).await?;
    ensure!(saved["outcome"] == "acknowledged", "{saved}");
    visitor.post("/api/enter", &json!({ "name": "Sailor", "channel": "quiet-bay" })).await?;
    let ahoy = |view: &View| {
        let said = view.posts.iter().any(|post| post["text"] == "Ahoy Sailor!");
        said.then_some(())
    };
    view.until("greeted in the new words", crate::story::SOON, ahoy).await
}

async fn refused(visitor: &Visitor) -> anyhow::Result<()> {
    let saved = save(visitor, "server", json!({ "greet": "perhaps" })).await?;
    let fault = &saved["faults"][0];
    ensure!(saved["outcome"] == "invalid" && fault["path"] == "greet", "{saved}");
    let saved = save(visitor, "server", json!({ "greeting": "Hello" })).await?;
    ensure!(saved["outcome"] == "refused", "{saved}");
    let reason = saved["reason"].as_str().unwrap_or_default();
    ensure!(reason.contains("greets nobody"), "{saved}");
    has_form_of(visitor, "Ahoy {name}!").await
}

async fn has_form_of(visitor: &Visitor, greeting: &str) -> anyhow::Result<()> {
    let page = page(visitor, "quiet-bay").await?;
    ensure!(page["values"]["greeting"] == greeting, "{page}");
    Ok(())
}
