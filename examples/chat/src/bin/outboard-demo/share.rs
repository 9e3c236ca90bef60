//! The part of the story in which somebody shares a file.
//!
//! It refuses to know what plugins say to it.

use anyhow::ensure;

use crate::report::Report;
use crate::view::View;
use crate::visitor::Visitor;

/// Shares a file, sees it beside the message, and fetches it.
pub async fn share(visitor: &Visitor, view: &mut View, report: &mut Report) {
    let claim = "a shared file stands beside its message, and is what was shared";
    report.note(claim, shares(visitor, view).await);
}

async fn shares(visitor: &Visitor, view: &mut View) -> anyhow::Result<()> {
    let (content, said) = ("High water at 14:20", "The tide today");
    let path = "/api/share?name=Robin&channel=harbour&file=tide.txt&text=The+tide+today";
    let told = visitor.send(path, content).await?;
    ensure!(told["outcome"] == "posted", "{told}");
    let beside = |view: &View| {
        let post = view.posts.iter().find(|post| post["text"] == said)?;
        post["files"].get(0).cloned()
    };
    let file = view.until("a file beside it", crate::story::SOON, beside).await?;
    ensure!(file["name"] == "tide.txt" && file["image"] == false, "{file}");
    let id = file["id"].as_str().unwrap_or_default();
    let fetched = visitor.get(&format!("/files/{id}")).await?;
    ensure!(fetched == content, "{fetched}");
    Ok(())
}
