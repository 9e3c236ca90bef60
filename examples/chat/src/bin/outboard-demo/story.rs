//! The story of the demo, told by a script: what one would do and see in the browser.
//!
//! Each step is a claim and a look. It refuses to know how things are started and stopped.

mod polls;

use std::time::Duration;

use anyhow::{Context, ensure};
use serde_json::{Value, json};

use crate::adjust::adjust;
use crate::report::Report;
use crate::share::share;
use crate::stage::Stage;
use crate::view::View;
use crate::visitor::Visitor;

pub const SOON: Duration = Duration::from_secs(5);
/// A hung plugin is noticed 5 s after its last frame; then it is killed and started again.
const BACK_WITHIN: Duration = Duration::from_secs(20);
/// The hook's budget, 1 s, and a little for the timer of a busy machine.
const BUDGET: Duration = Duration::from_millis(1_050);
const ALL: usize = 6;

/// One person in front of the page.
struct Person {
    visitor: Visitor,
    view: View,
}

/// Plays the whole story.
pub async fn play(stage: &mut Stage, report: &mut Report) -> anyhow::Result<()> {
    let visitor = Visitor::of(&stage.url());
    let page = visitor.get("/").await?;
    report.check("the page is served", page.contains("<title>Outboard chat"), &page);
    let view = View::open(&visitor).await?;
    let mut person = Person { visitor, view };
    report.note("six plugins run and the chat is connected", person.all_running().await);
    stage.seen = person.pids();
    chat(&mut person, report).await;
    adjust(&person.visitor, &mut person.view, report).await;
    share(&person.visitor, &mut person.view, report).await;
    polls::play(&mut person, report).await;
    break_things(&mut person, report).await;
    stage.seen.extend(person.pids());
    operate(stage, &person, report).await;
    lose_the_daemon(stage, &mut person, report).await?;
    stage.seen.extend(person.pids());
    Ok(())
}

/// Chat, rewrite, reject, welcome, commands.
async fn chat(person: &mut Person, report: &mut Report) {
    report.note("somebody who comes in is welcomed", person.is_welcomed().await);
    report.note("an ordinary message arrives as it was written", person.is_heard("hello").await);
    report.note("a message is rewritten by moderator", person.is_rewritten().await);
    report.note("a message is rejected by moderator, with its reason", person.is_refused().await);
    report.note("a message is held by moderator, and posted when approved", person.waits().await);
    report.note("a command is answered by dice", person.rolls().await);
    report.note("a command with a wrong argument says what is wrong", person.rolls_badly().await);
    report.note("an answer appears as oracle writes it", person.sees_it_written().await);
    report.note("an answer that is being written can be stopped", person.stops_it().await);
    report.note("what is typed is completed by oracle", person.is_offered().await);
    report.note("what oracle works on is answered later", person.is_answered_later().await);
    report.note("what was said before is told by moderator", person.looks_back().await);
    report.note("whoever is warned is told, and what they said marked", person.is_warned().await);
    report.note("whoever is muted says nothing, until they may", person.is_muted().await);
    report.note("a topic is set by moderator", person.sets_the_topic().await);
    report.note("the commands of all plugins are listed", person.sees_commands().await);
    report.note("!ping is answered by troublemaker", person.pings().await);
    report.note("a busy channel does not wear the plugins out", person.talks_much().await);
}

/// Crash, hang, eat memory; chat goes on each time.
async fn break_things(person: &mut Person, report: &mut Report) {
    report.note("crash: chat goes on", person.breaks("crash").await);
    report.note("crash: the plugin is back, cause exited", person.is_back("exited").await);
    report.note("hang: a message waits no longer than its budget", person.hangs().await);
    report.note("hang: after three misses the plugin is cut out", person.is_cut_out().await);
    report.note("hang: it is killed as hung, and back", person.is_back("hung").await);
    report.note("eat memory: chat goes on", person.breaks("eat").await);
    report.note(
        "eat memory: it is ended at its limit, cause oom, and back",
        person.is_back("oom").await,
    );
    report.note("after all that it answers again", person.pings().await);
    report.note("the other plugins noticed nothing", person.others_untouched());
}

/// The operator's view.
async fn operate(stage: &Stage, person: &Person, report: &mut Report) {
    let listed = stage.outboard(&["list"]).await.and_then(|table| {
        let missing: Vec<_> =
            person.view.plugins.keys().filter(|it| !table.contains(*it)).collect();
        ensure!(missing.is_empty(), "{missing:?} missing in\n{table}");
        Ok(())
    });
    report.note("`outboard list` names every plugin", listed);
    let status = stage.outboard(&["status", "troublemaker"]).await.and_then(|page| {
        let causes = ["exited", "hung", "oom"];
        ensure!(causes.iter().all(|cause| page.contains(cause)), "{page}");
        Ok(())
    });
    report.note("`outboard status troublemaker` tells its three ends", status);
}

/// The daemon is killed; the chat goes on by policy until it is back.
async fn lose_the_daemon(
    stage: &mut Stage,
    person: &mut Person,
    report: &mut Report,
) -> anyhow::Result<()> {
    stage.kill_daemon().await?;
    report.note("the daemon is killed: chat goes on by policy", person.goes_on_alone().await);
    stage.restart_daemon().await?;
    report.note("the daemon is back, and so are its plugins", person.all_running().await);
    report.note("a message is rewritten again", person.is_rewritten().await);
    Ok(())
}

impl Person {
    async fn say(&self, text: &str) -> anyhow::Result<Value> {
        let said = json!({ "name": "Robin", "channel": "harbour", "text": text });
        self.visitor.post("/api/say", &said).await
    }

    /// Says something and sees it in the channel; gives what only the speaker was told.
    async fn is_heard(&mut self, text: &str) -> anyhow::Result<Value> {
        let told = self.say(text).await?;
        ensure!(told["outcome"] == "posted", "{told}");
        let shown = self.shown(&told["id"]).await?;
        ensure!(shown["text"] == text, "{shown}");
        Ok(told)
    }

    async fn shown(&mut self, id: &Value) -> anyhow::Result<Value> {
        let find = |view: &View| view.posts.iter().find(|post| post["id"] == *id).cloned();
        self.view.until("the post is shown", SOON, find).await
    }

    async fn all_running(&mut self) -> anyhow::Result<()> {
        let all = |view: &View| {
            let running = view.plugins.values().filter(|it| it["state"] == "running").count();
            (view.connected && running == ALL).then_some(())
        };
        self.view.until("all run", BACK_WITHIN, all).await
    }

    fn pids(&self) -> Vec<u32> {
        let pids = self.view.plugins.values().filter_map(|plugin| plugin["pid"].as_u64());
        pids.filter_map(|pid| u32::try_from(pid).ok()).filter(|pid| *pid > 0).collect()
    }

    async fn is_welcomed(&mut self) -> anyhow::Result<()> {
        let enters = json!({ "name": "Robin", "channel": "harbour" });
        self.visitor.post("/api/enter", &enters).await?;
        let greeted = |view: &View| {
            let text = view.said("welcome")?["text"].as_str()?.to_owned();
            text.contains("Robin").then_some(())
        };
        self.view.until("a greeting with the name in it", SOON, greeted).await
    }

    async fn is_rewritten(&mut self) -> anyhow::Result<()> {
        let told = self.say("darn, what a fine day").await?;
        let shown = self.shown(&told["id"]).await?;
        ensure!(shown["text"] == "d*rn, what a fine day", "{shown}");
        let steps = told["passage"]["steps"].as_array().context("no steps")?;
        let did = |step: &Value| step["plugin"] == "moderator" && step["did"] == "replaced";
        ensure!(steps.iter().any(did), "{told}");
        Ok(())
    }

    async fn is_refused(&mut self) -> anyhow::Result<()> {
        let text = "this is forbidden";
        let told = self.say(text).await?;
        ensure!(told["outcome"] == "refused" && told["by"] == "moderator", "{told}");
        ensure!(told["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{told}");
        // A later post is there: so an earlier one would be.
        self.is_heard("never mind").await?;
        ensure!(self.view.posts.iter().all(|post| post["text"] != text), "it was posted");
        Ok(())
    }

    /// Only the writer sees it until somebody has decided.
    async fn waits(&mut self) -> anyhow::Result<()> {
        let text = "a suspicious link";
        let told = self.say(text).await?;
        ensure!(told["outcome"] == "held" && told["by"] == "moderator", "{told}");
        let stage = |view: &View, stage: &str| {
            let post = view.posts.iter().find(|post| post["text"] == text)?;
            (post["stage"]["is"] == stage).then(|| post["only"].clone())
        };
        let held = self.view.until("it waits", SOON, |view| stage(view, "held")).await?;
        ensure!(held == "Robin", "{held}");
        let approved = self.say("/approve").await?;
        ensure!(approved["text"] == "It is posted.", "{approved}");
        let posted = self.view.until("it is posted", SOON, |view| stage(view, "said")).await?;
        ensure!(posted.is_null(), "{posted}");
        Ok(())
    }

    async fn rolls(&mut self) -> anyhow::Result<()> {
        let told = self.say("/roll 2d6").await?;
        ensure!(told["by"] == "dice", "{told}");
        let rolled = |view: &View| view.said("dice").map(|_| ());
        match told["outcome"].as_str() {
            Some("answered") => self.view.until("the roll is shown", SOON, rolled).await,
            _ => Err(anyhow::anyhow!("{told}")),
        }
    }

    async fn rolls_badly(&mut self) -> anyhow::Result<()> {
        let told = self.say("/roll a big one").await?;
        ensure!(told["outcome"] == "failed" || told["outcome"] == "whispered", "{told}");
        Ok(())
    }

    /// The answer is seen half written, then whole.
    async fn sees_it_written(&mut self) -> anyhow::Result<()> {
        let seen = |view: &View| {
            let stages = view.stages("oracle");
            let half = stages.iter().any(|(stage, _)| *stage == "typing");
            let whole = stages
                .last()
                .is_some_and(|(stage, text)| *stage == "said" && text.contains("will it rain?"));
            (half && whole).then_some(())
        };
        let visitor = self.visitor.clone();
        let said = json!({ "name": "Robin", "channel": "harbour", "text": "/ask will it rain?" });
        let told = tokio::spawn(async move { visitor.post("/api/say", &said).await });
        self.view.until("an answer half written, then whole", SOON, seen).await?;
        let told = told.await??;
        ensure!(told["outcome"] == "answered" && told["by"] == "oracle", "{told}");
        Ok(())
    }

    async fn is_offered(&self) -> anyhow::Result<()> {
        let typed = json!({
            "name": "Robin", "channel": "harbour",
            "command": "fortune", "argument": "about", "prefix": "w",
        });
        let offered = self.visitor.post("/api/offer", &typed).await?;
        ensure!(offered["choices"] == json!(["weather", "work"]), "{offered}");
        Ok(())
    }

    /// Has enough of an answer half written.
    async fn stops_it(&mut self) -> anyhow::Result<()> {
        let visitor = self.visitor.clone();
        let said = json!({ "name": "Robin", "channel": "harbour", "text": "/ask and the tide?" });
        let told = tokio::spawn(async move { visitor.post("/api/say", &said).await });
        let writing = |view: &View| {
            let post = view.said("oracle")?;
            (post["stage"]["is"] == "typing").then(|| post["id"].clone())
        };
        let id = self.view.until("an answer half written", SOON, writing).await?;
        self.visitor.post("/api/stop", &json!({ "id": id })).await?;
        let told = told.await??;
        ensure!(told["outcome"] == "failed", "{told}");
        let broken = |view: &View| (view.said("oracle")?["stage"]["is"] == "broken").then_some(());
        self.view.until("the answer broken off", SOON, broken).await
    }

    /// "Working…" stands there first, then what the plugin says.
    async fn is_answered_later(&mut self) -> anyhow::Result<()> {
        let told = self.say("/fortune weather").await?;
        ensure!(told["outcome"] == "answered" && told["by"] == "oracle", "{told}");
        let seen = |view: &View| {
            let stages = view.stages("oracle");
            let working = stages.iter().any(|(stage, _)| *stage == "working");
            let told = stages.last().is_some_and(|(stage, text)| {
                *stage == "said" && text.starts_with("Robin, about weather:")
            });
            (working && told).then_some(())
        };
        self.view.until("working, then the fortune", SOON, seen).await
    }

    async fn looks_back(&mut self) -> anyhow::Result<()> {
        let said = self.is_heard("remember the lighthouse").await?;
        let told = self.say("/history 3").await?;
        ensure!(told["outcome"] == "whispered" && told["by"] == "moderator", "{told}");
        let found = told["text"].as_str().is_some_and(|it| it.contains("Robin: remember the"));
        ensure!(found, "{told} after {said}");
        Ok(())
    }

    async fn is_warned(&mut self) -> anyhow::Result<()> {
        let said = self.is_heard("HELLO HELLO").await?;
        let told = self.say("/warn Robin no shouting").await?;
        ensure!(told["text"] == "Robin is warned.", "{told}");
        let warned = |view: &View| {
            let told = view.posts.iter().any(|it| it["text"] == "A warning: no shouting");
            let marked = view.posts.iter().find(|it| it["id"] == said["id"])?;
            (told && marked["reactions"]["⚠️"].is_array()).then_some(())
        };
        self.view.until("the warning, and the mark", SOON, warned).await
    }

    async fn is_muted(&mut self) -> anyhow::Result<()> {
        let told = self.say("/mute Robin still shouting").await?;
        ensure!(told["text"] == "Robin is muted.", "{told}");
        let told = self.say("am I heard?").await?;
        ensure!(told["reason"] == "You are muted.", "{told}");
        let other = json!({ "name": "Kim", "channel": "harbour", "text": "/unmute Robin" });
        let told = self.visitor.post("/api/say", &other).await?;
        ensure!(told["text"] == "Robin may speak.", "{told}");
        self.is_heard("now I am").await.map(drop)
    }

    async fn sets_the_topic(&mut self) -> anyhow::Result<()> {
        let told = self.say("/topic Calm seas today").await?;
        ensure!(told["text"] == "It is the topic now.", "{told}");
        let set = |view: &View| {
            let harbour = view.channels.iter().find(|it| it["name"] == "harbour")?;
            (harbour["topic"] == "Calm seas today").then_some(())
        };
        self.view.until("the topic", SOON, set).await
    }

    async fn sees_commands(&mut self) -> anyhow::Result<()> {
        let all = |view: &View| {
            let listed = |name: &&str| view.commands.iter().any(|it| it["name"] == *name);
            ["roll", "ask", "fortune", "crash", "hang", "eat"].iter().all(listed).then_some(())
        };
        self.view.until("the commands", SOON, all).await
    }

    async fn pings(&mut self) -> anyhow::Result<()> {
        let before = self.view.posts.len();
        self.is_heard("!ping").await?;
        let pong = |view: &View| {
            let new = view.posts.iter().skip(before);
            new.filter(|post| post["author"]["plugin"] == "troublemaker")
                .any(|post| post["text"] == "pong")
                .then_some(())
        };
        self.view.until("a pong", SOON, pong).await
    }

    /// Says more than may be under way at once, and is still heard.
    async fn talks_much(&mut self) -> anyhow::Result<()> {
        let much = "and so on ".repeat(200);
        for n in 0..180 {
            self.within_budget(&format!("{n} {}", much.trim_end())).await?;
        }
        self.pings().await
    }

    async fn press(&self, button: &str) -> anyhow::Result<()> {
        let pressed = json!({ "name": "Robin", "button": button });
        self.visitor.post("/api/trouble", &pressed).await?;
        Ok(())
    }

    /// Presses a button and keeps talking.
    async fn breaks(&mut self, button: &str) -> anyhow::Result<()> {
        self.press(button).await?;
        for n in 0..20 {
            self.within_budget(&format!("still here {n}")).await?;
        }
        Ok(())
    }

    async fn within_budget(&mut self, text: &str) -> anyhow::Result<Value> {
        let told = self.is_heard(text).await?;
        let took = told["passage"]["took_us"].as_u64().map(Duration::from_micros);
        ensure!(took.is_some_and(|took| took < BUDGET), "it took {took:?}");
        Ok(told)
    }

    /// Presses *hang* and talks until a message meets it.
    async fn hangs(&mut self) -> anyhow::Result<()> {
        self.press("hang").await?;
        for _ in 0..200 {
            let told = self.within_budget("is anybody in the way?").await?;
            if skipped(&told).as_deref() == Some("timeout") {
                return Ok(());
            }
        }
        anyhow::bail!("troublemaker was never skipped for being late")
    }

    async fn is_cut_out(&mut self) -> anyhow::Result<()> {
        for _ in 0..5 {
            let told = self.within_budget("and now?").await?;
            if skipped(&told).as_deref() == Some("breaker") {
                return Ok(());
            }
        }
        anyhow::bail!("it still costs every message its timeout")
    }

    async fn is_back(&mut self, cause: &str) -> anyhow::Result<()> {
        let back = |view: &View| {
            let plugin = view.of("troublemaker").ok()?;
            let ended = plugin["last_end"]["cause"] == cause;
            (ended && plugin["state"] == "running").then_some(())
        };
        self.view.until(&format!("back after {cause}"), BACK_WITHIN, back).await
    }

    fn others_untouched(&self) -> anyhow::Result<()> {
        for (name, plugin) in &self.view.plugins {
            ensure!(name == "troublemaker" || plugin["restarts"] == 0, "{plugin}");
        }
        Ok(())
    }

    async fn goes_on_alone(&mut self) -> anyhow::Result<()> {
        let away = |view: &View| (!view.connected).then_some(());
        self.view.until("the chat notices", SOON, away).await?;
        let told = self.within_budget("darn, we are alone").await?;
        ensure!(told["passage"]["by"]["who"] == "policy", "{told}");
        Ok(())
    }
}

/// Why troublemaker was skipped on a message's way, if it was.
fn skipped(told: &Value) -> Option<String> {
    let steps = told["passage"]["steps"].as_array()?;
    let step = steps.iter().find(|step| step["plugin"] == "troublemaker")?;
    step["why"].as_str().map(str::to_owned)
}
