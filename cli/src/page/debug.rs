//! The steps of debugging, for people: what to paste, then a line for each step.

use crate::escape;
use crate::report::{DebugNews, What};

/// The step in words; of an invitation, the lines for a shell.
pub fn debug(plugin: &str, news: &DebugNews) -> String {
    let (plugin, pid) = (escape::line(plugin), news.pid.unwrap_or_default());
    let text = escape::line(news.text.as_deref().unwrap_or_default()).into_owned();
    match news.news {
        What::Invited => exports(news),
        What::Arriving => format!("process {pid} is here; {plugin}'s own process makes room"),
        What::Attached => format!("process {pid} has its session and initializes"),
        What::Ready => format!("process {pid} stands in for {plugin}"),
        What::Note => text,
        What::Over => format!("debugging of {plugin} is over: {text}"),
        What::Unknown => "something that this command does not know has happened".to_owned(),
    }
}

fn exports(news: &DebugNews) -> String {
    let variables = news.environment.iter().flatten();
    let lines: Vec<String> =
        variables.map(|(name, value)| format!("export {name}={}", quoted(value))).collect();
    lines.join("\n")
}

/// As any shell reads it back, whatever it holds.
fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use outboard_proto::admin::{DebugInvitation, DebugNews as Wire, Variable, debug_news};

    #[test]
    fn an_invitation_can_be_pasted_into_a_shell() {
        let variable =
            |name: &str, value: &str| Variable { name: name.into(), value: value.into() };
        let environment =
            vec![variable("OUTBOARD_TOKEN", "abc"), variable("OUTBOARD_SOCKET", "/it's/d/a")];
        let invitation = DebugInvitation { environment, expires_us: 1 };
        let news = DebugNews::from(Wire { of: Some(debug_news::Of::Invitation(invitation)) });
        let shown = debug("a", &news);
        assert_eq!(shown, "export OUTBOARD_SOCKET='/it'\\''s/d/a'\nexport OUTBOARD_TOKEN='abc'");
    }
}
