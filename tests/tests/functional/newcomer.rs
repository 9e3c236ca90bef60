//! docs/writing-a-plugin.md is followed to the letter by somebody who has nothing yet. What the
//! page shows is what must come.

use std::process::Stdio;

use anyhow::Context as _;
use outboard_tests::Outcome;
use outboard_tests::author::Desk;
use outboard_tests::daemon::skipped;
use tokio::io::AsyncWriteExt as _;

const PAGE: &str = include_str!("../../../docs/writing-a-plugin.md");

/// The part that goes from nothing to an answer.
const PART: &str = "## From nothing to an answer";

/// The console blocks of that part, line by line.
fn console() -> anyhow::Result<Vec<&'static str>> {
    let (_, part) = PAGE.split_once(PART).context("the page begins with it")?;
    let part = part.split("\n## ").next().unwrap_or(part);
    let blocks = part.split("```console\n").skip(1);
    Ok(blocks.flat_map(|block| block.split("```").next().unwrap_or(block).lines()).collect())
}

#[tokio::test]
async fn the_page_goes_from_nothing_to_an_answering_plugin() -> Outcome {
    let desk = Desk::new()?;
    if !desk.has_cargo() {
        skipped("the newcomer", "this user cannot run cargo, or not write beside the tests");
        return Ok(());
    }
    let lines = console()?;
    let commands: Vec<&str> = lines.iter().filter_map(|line| line.strip_prefix("$ ")).collect();
    let typed: Vec<&str> = lines.iter().filter_map(|line| line.strip_prefix("you> ")).collect();
    assert!(!commands.is_empty() && !typed.is_empty(), "{lines:?}");
    let mut shell = desk.command("bash");
    // What one types is typed into the last command, which is the chat.
    shell.args(["-e", "-c", &commands.join("\n")]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut shell = shell.spawn()?;
    let mut input = shell.stdin.take().context("it is piped")?;
    input.write_all(format!("{}\n", typed.join("\n")).as_bytes()).await?;
    drop(input);
    let output = shell.wait_with_output().await?;
    let said = String::from_utf8_lossy(&output.stdout);
    let said = strip(&said);
    assert!(output.status.success(), "{said}");
    let shown = lines.iter().filter(|line| !line.starts_with("$ ") && **line != "…");
    let mut rest = said.as_str();
    for line in shown {
        let at = rest.find(line).with_context(|| format!("{line:?} does not come in:\n{said}"))?;
        rest = &rest[at + line.len()..];
    }
    Ok(())
}

/// Times and colours are none of the page's business.
fn strip(said: &str) -> String {
    let mut plain = String::new();
    let mut parts = said.split('\u{1b}');
    plain.push_str(parts.next().unwrap_or_default());
    for part in parts {
        plain.push_str(part.split_once('m').map_or(part, |(_, rest)| rest));
    }
    plain
}
