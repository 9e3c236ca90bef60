//! oracle: `/ask` is answered word by word, as a model would; `/fortune` later, when the stars have
//! been read. It knows nothing.

mod wisdom;

use std::time::Duration;

use outboard_plugin::{Command, Exit, Later, Plugin, Reply, Result};

/// How long a word takes.
const WORD: Duration = Duration::from_millis(90);
/// How long the stars take.
const STARS: Duration = Duration::from_millis(1_500);

fn main() -> Exit {
    plugin(WORD, STARS).run()
}

fn plugin(word: Duration, stars: Duration) -> Plugin {
    Plugin::new("oracle", env!("CARGO_PKG_VERSION"))
        .command("ask", async move |cmd| answer(&cmd, word).await)
        .command("fortune", async move |cmd| read_stars(&cmd, stars))
        .autocomplete("fortune", "about", async |typing| wisdom::subjects(typing.prefix()))
}

/// Says an answer as it comes to mind.
async fn answer(cmd: &Command, word: Duration) -> Result<Reply> {
    let question: String = cmd.arg("question")?;
    let mut said = cmd.stream();
    for piece in wisdom::answer(&question, fastrand::usize).split_inclusive(' ') {
        tokio::time::sleep(word).await;
        said.push(piece).await?;
    }
    Ok(said.finish())
}

/// Promises an answer, and gives it later.
fn read_stars(cmd: &Command, stars: Duration) -> Result<Reply> {
    let about = cmd.arg::<Option<String>>("about")?;
    let who = cmd.sender().name.clone();
    Ok(cmd.defer(async move |_: &mut Later| {
        tokio::time::sleep(stars).await;
        wisdom::fortune(&who, about.as_deref())
    }))
}

#[cfg(test)]
mod tests {
    use outboard_plugin::test::{Harness, Said};

    use super::*;

    fn hasty() -> Harness {
        Harness::new(plugin(Duration::ZERO, Duration::ZERO))
    }

    #[test]
    fn an_answer_comes_word_by_word_and_whole_at_the_end() {
        let mut daemon = hasty();
        let reply = daemon.command("ask").arg("question", "will it rain?").run().unwrap();
        let pieces = daemon.said().iter().map(|said| match said {
            Said::Piece(piece) => piece.clone(),
            Said::Progress(..) => panic!("{said:?}"),
        });
        assert_eq!(pieces.collect::<String>(), reply.text());
        assert!(daemon.said().len() > 3 && reply.text().contains("will it rain?"));
    }

    #[test]
    fn a_fortune_follows_later() {
        let mut daemon = hasty();
        let promised = daemon.command("fortune").arg("about", "love").by("ada").run().unwrap();
        assert!(promised.is_deferred());
        let told = daemon.follow_ups(1).remove(0);
        assert!(told.last && told.reply.text().starts_with("ada, about love: "), "{told:?}");
    }

    #[test]
    fn what_the_stars_know_of_is_offered() {
        assert_eq!(hasty().autocomplete("fortune", "about", "Wea").unwrap(), ["weather"]);
    }
}
