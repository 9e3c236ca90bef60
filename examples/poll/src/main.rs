//! Asks the channel, and shows the votes as they come in.
//!
//! What is shown is drawn anew from the poll after each change; the poll is kept in the storage, so
//! that a restart loses no vote.

mod ballot;

use std::cell::RefCell;
use std::rc::Rc;

use outboard_plugin::{Action, Command, Exit, Field, Modal, Plugin, Reply, Result, Start, Ui};

use ballot::Ballot;

const KEY: &str = "ballot";
const FORM: &str = "new-poll";

type Now = Rc<RefCell<Ballot>>;

fn main() -> Exit {
    plugin().run()
}

fn plugin() -> Plugin {
    let now = Now::default();
    let (starts, begins, votes, clicks) =
        (Rc::clone(&now), Rc::clone(&now), Rc::clone(&now), Rc::clone(&now));
    Plugin::new("poll", env!("CARGO_PKG_VERSION"))
        .on_start(async move |start: Start| -> Result {
            let kept = start.host().storage().get_json::<Ballot>(KEY).await?;
            *starts.borrow_mut() = kept.unwrap_or_default();
            show(&start.host().ui(), &starts).await
        })
        .action("new", async |_| Reply::modal(form("")))
        .command("poll-about", async |cmd: Command| {
            let said = cmd.target_message().map(text_of).unwrap_or_default();
            Reply::modal(form(&said))
        })
        .modal(FORM, async move |sent| begin(sent, &begins).await)
        .action("votes", async move |action: Action| match action.name() {
            "new" => Ok(Reply::modal(form(""))),
            "close" => close(action, &votes).await,
            _ => vote(&action, &votes, action.pressed().parse().ok()).await,
        })
        .action("chart", async move |action: Action| {
            let option = action.value::<i64>("option")?;
            vote(&action, &clicks, usize::try_from(option).ok()).await
        })
}

fn form(question: &str) -> Modal {
    let short: String = question.chars().take(120).collect();
    let question = Field::string("question", "Question").required().between(1.0, 120.0);
    let options = Field::text("options", "Answers").required().between(3.0, 300.0);
    Modal::new(FORM, "New poll")
        .text("Everyone in the channel may vote once, and change their mind.")
        .field(question.placeholder("Tea or coffee?").initial(short))
        .field(options.description("One a line, two to six.").placeholder("Tea\nCoffee"))
        .submit("Ask")
}

/// Somebody has filled in the form.
async fn begin(sent: Action, now: &Now) -> Result<Reply> {
    let (question, answers) = (sent.value::<String>("question")?, sent.value::<String>("options")?);
    let ballot = match Ballot::of(&sent.sender().name, &question, &answers) {
        Ok(ballot) => ballot,
        Err(why) => return Ok(Reply::refuse(why)),
    };
    let told = format!("{} asks: {question}", ballot.by);
    change(&sent, now, move |it| *it = ballot).await?;
    Ok(sent.reply(told))
}

async fn vote(action: &Action, now: &Now, option: Option<usize>) -> Result<Reply> {
    let who = action.sender().id.clone();
    if !now.borrow().has(option) {
        return Ok(Reply::refuse("That is none of the answers any more."));
    }
    change(action, now, move |it| it.vote(who, option.unwrap_or_default())).await?;
    Ok(Reply::nothing())
}

async fn close(action: Action, now: &Now) -> Result<Reply> {
    let told = now.borrow().outcome();
    change(&action, now, |it| *it = Ballot::default()).await?;
    Ok(action.reply(told))
}

/// Changes the poll, keeps it, shows it.
async fn change(action: &Action, now: &Now, change: impl FnOnce(&mut Ballot)) -> Result {
    change(&mut now.borrow_mut());
    let kept = now.borrow().clone();
    action.ctx().storage().set_json(KEY, &kept).await?;
    show(&action.ctx().ui(), now).await
}

async fn show(ui: &Ui, now: &Now) -> Result {
    let (blocks, chart) = (now.borrow().blocks(), now.borrow().chart());
    ui.update("votes", blocks).await?;
    ui.tell_page("chart", chart).await?;
    Ok(())
}

fn text_of(message: &outboard_plugin::proto::common::Message) -> String {
    use outboard_plugin::proto::common::body::Content;
    match message.body.as_ref().and_then(|body| body.content.as_ref()) {
        Some(Content::Plain(text) | Content::Markdown(text)) => text.replace('\n', " "),
        Some(Content::Html(_) | Content::Blocks(_) | Content::Opaque(_)) | None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use outboard_plugin::test::Harness;

    use super::*;

    fn asked() -> Harness {
        let mut daemon = Harness::new(plugin());
        let values = [("question", "Tea?"), ("options", "Yes\nNo")];
        let told = daemon.submit(FORM, "", values).unwrap();
        assert_eq!(told.text(), "ada asks: Tea?");
        daemon
    }

    #[test]
    fn a_menu_entry_opens_a_form_and_the_form_begins_a_poll() {
        let mut daemon = Harness::new(plugin());
        let opened = daemon.press("new", "new", "").unwrap().opened().unwrap();
        assert_eq!(opened.fields().collect::<Vec<_>>(), ["question", "options"]);
        assert!(asked().shown("votes").unwrap().says("Tea?"));
    }

    #[test]
    fn a_vote_counts_once_and_can_be_changed() {
        let mut daemon = asked();
        daemon.press("votes", "vote", "0").unwrap();
        daemon.press("votes", "vote", "1").unwrap();
        assert!(daemon.shown("votes").unwrap().says("1 vote so far"));
        assert!(daemon.page("chart").unwrap().contains("\"votes\":1"));
        assert!(daemon.press("votes", "vote", "7").unwrap().is_refusal());
    }

    #[test]
    fn a_poll_needs_two_answers() {
        let mut daemon = Harness::new(plugin());
        let values = [("question", "Tea?"), ("options", "Yes\n\n")];
        assert!(daemon.submit(FORM, "", values).unwrap().is_refusal());
    }

    #[test]
    fn a_poll_that_is_closed_says_how_it_went() {
        let mut daemon = asked();
        daemon.press("votes", "vote", "1").unwrap();
        let told = daemon.press("votes", "close", "").unwrap();
        assert_eq!(told.text(), "Tea? No, with 1 of 1 votes.");
        assert!(daemon.shown("votes").unwrap().says("Nobody has asked"));
    }
}
