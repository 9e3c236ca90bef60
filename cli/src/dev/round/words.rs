//! Words to the chat itself, after a colon. It refuses to know what plugins hear.

use super::{Flow, Round};
use crate::dev::chat::Speaker;
use crate::dev::lines;
use crate::dev::news::Heard;
use crate::trouble::Stop;

const HELP: &str = "\
What you type is a message; /NAME … runs a command.
  :as NAME        speak as somebody else
  :channel NAME   speak elsewhere
  :join           come into the channel, as plugins are told
  :quit           end all of it";

/// What stands before what is typed.
pub fn prompt(speaker: &Speaker) -> String {
    match speaker.channel.as_str() {
        "town-square" => format!("{}> ", speaker.name),
        channel => format!("{} #{channel}> ", speaker.name),
    }
}

/// Does what a word says.
pub fn obey(round: &mut Round<'_>, said: &str) -> Result<Flow, Stop> {
    let (word, rest) = said.split_once(char::is_whitespace).unwrap_or((said, ""));
    match (word, rest.trim()) {
        ("quit" | "q", _) => return Ok(Flow::Over),
        ("as", name) if is_name(name) => name.clone_into(&mut round.speaker.name),
        ("channel", name) if is_name(name.trim_start_matches('#')) => {
            name.trim_start_matches('#').clone_into(&mut round.speaker.channel);
        }
        ("join", _) => {
            let speaker = round.speaker.clone();
            round.talk(|chat| async move { chat.join(&speaker).await });
        }
        ("help" | "h" | "?", _) => help(round)?,
        ("as" | "channel", _) => note(round, "a name is 1 to 64 letters without blanks")?,
        _ => note(round, "no such word; :help lists them")?,
    }
    Ok(Flow::On)
}

fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.chars().count())
        && !name.chars().any(|it| it.is_whitespace() || it.is_control())
}

fn help(round: &mut Round<'_>) -> Result<(), Stop> {
    let mut text = HELP.to_owned();
    for (name, description) in round.chat.commands() {
        text.push_str(&format!("\n  /{name:<14} {description}"));
    }
    let socket = round.seen.socket.display();
    text.push_str(&format!("\nThe daemon listens to `outboard --socket {socket} …`."));
    note(round, &text)
}

fn note(round: &mut Round<'_>, text: &str) -> Result<(), Stop> {
    let note = Heard::Note { text: text.to_owned() };
    round.teller.tell(&lines::heard(&note), &note)
}
