//! What plugins show: a component, an entry of a menu, a form, a message's menu, a page.
//!
//! It does what a finger would, over the page's own requests.

use anyhow::{Context, ensure};
use serde_json::{Value, json};

use super::{Person, SOON};
use crate::report::Report;

/// A poll from the first click to the last.
pub async fn play(person: &mut Person, report: &mut Report) {
    report.note("a sidebar component is shown by poll", person.sees("votes").await);
    report.note("a menu entry opens a form, and bad values are named", person.asks_badly().await);
    report.note("a form that is filled in begins a poll, and a vote shows", person.polls().await);
    report.note("a message's menu begins a poll about it", person.polls_about_a_message().await);
    report.note("a plugin's page is served locked in", person.sees_a_page().await);
}

impl Person {
    async fn sees(&mut self, id: &str) -> anyhow::Result<()> {
        let find = |view: &crate::view::View| view.shown("poll", id).map(drop);
        self.view.until("the component is shown", SOON, find).await
    }

    async fn act(&self, what: Value) -> anyhow::Result<Value> {
        let mut doing = json!({ "name": "Robin", "channel": "harbour", "plugin": "poll" });
        if let (Some(doing), Value::Object(what)) = (doing.as_object_mut(), what) {
            doing.extend(what);
        }
        self.visitor.post("/api/act", &doing).await
    }

    async fn opens(&self, what: Value) -> anyhow::Result<Value> {
        let told = self.act(what).await?;
        ensure!(told["outcome"] == "asks" && told["form"]["title"] == "New poll", "{told}");
        Ok(told["form"].clone())
    }

    async fn asks_badly(&mut self) -> anyhow::Result<()> {
        let form = self.opens(json!({ "component": "new", "action": "new" })).await?;
        let values = json!({ "question": { "string": "" } });
        let told = self.act(json!({ "modal": form["token"], "values": values })).await?;
        let faults = &told["fields"];
        ensure!(faults["question"] == "is missing" && faults["options"] == "is missing", "{told}");
        Ok(())
    }

    async fn polls(&mut self) -> anyhow::Result<()> {
        let form = self.opens(json!({ "component": "new", "action": "new" })).await?;
        let values = json!({
            "question": { "string": "Tea or coffee?" }, "options": { "text": "Tea\nCoffee" },
        });
        let told = self.act(json!({ "modal": form["token"], "values": values })).await?;
        ensure!(told["outcome"] == "done", "{told}");
        let asked = |view: &crate::view::View| {
            (view.shown("poll", "votes")?["says"][0]["text"] == "Tea or coffee?").then_some(())
        };
        self.view.until("the question is shown", SOON, asked).await?;
        let vote = json!({ "component": "votes", "action": "vote", "value": "1" });
        let told = self.act(vote).await?;
        ensure!(told["outcome"] == "done", "{told}");
        let counted = |view: &crate::view::View| {
            let coffee = &view.shown("poll", "votes")?["says"][2];
            (coffee["label"] == "Coffee" && coffee["note"] == "1").then_some(())
        };
        self.view.until("the vote is counted", SOON, counted).await
    }

    async fn polls_about_a_message(&mut self) -> anyhow::Result<()> {
        let told = self.is_heard("shall we sail at dawn?").await?;
        let about = json!({ "command": "poll-about", "post": told["id"] });
        let form = self.opens(about).await?;
        ensure!(form["fields"][0]["initial"] == "shall we sail at dawn?", "{form}");
        Ok(())
    }

    async fn sees_a_page(&mut self) -> anyhow::Result<()> {
        let page = self.visitor.get("/ui/frame/poll/chart").await?;
        ensure!(page.contains("window.outboard") && page.contains("onUpdate"), "{page}");
        let told = |view: &crate::view::View| {
            let options = view.shown("poll", "chart")?["says"]["options"].as_array()?.clone();
            options.iter().any(|it| it["votes"] == 1).then_some(())
        };
        self.view.until("the page is told of the vote", SOON, told).await.context("the chart")
    }
}
