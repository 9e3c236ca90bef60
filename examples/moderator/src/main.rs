//! moderator: softens words and refuses what is forbidden. It refuses to know who wrote it.

use outboard_plugin::{BeforePost, Exit, Plugin, Rejection, Verdict};

fn main() -> Exit {
    plugin().run()
}

fn plugin() -> Plugin {
    Plugin::new("moderator", env!("CARGO_PKG_VERSION")).before_post(async |message| judge(&message))
}

fn judge(message: &BeforePost) -> Verdict {
    if message.text().contains("forbidden") {
        return message.reject(Rejection::new("that is forbidden here").code("forbidden"));
    }
    message.rewrite(message.text().replace("darn", "d*rn"))
}

#[cfg(test)]
mod tests {
    use super::plugin;
    use outboard_plugin::Verdict;
    use outboard_plugin::test::Harness;

    fn verdict(text: &str) -> Verdict {
        Harness::new(plugin()).before_post(text).unwrap()
    }

    #[test]
    fn an_insult_is_softened() {
        assert_eq!(verdict("oh darn it, darn").text(), Some("oh d*rn it, d*rn"));
    }

    #[test]
    fn what_is_forbidden_is_rejected_with_a_reason() {
        assert_eq!(verdict("a forbidden word").rejection(), Some("that is forbidden here"));
    }

    #[test]
    fn anything_else_passes_unchanged() {
        assert_eq!(verdict("hello"), Verdict::pass());
    }
}
