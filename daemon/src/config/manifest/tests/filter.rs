//! Claims about `filter`; what it lets through is routing's to show.

use super::*;

#[test]
fn a_filter_takes_lists_and_single_entries_and_refuses_what_it_does_not_know() {
    let filter = |keys: &str| {
        faults_with(&format!("[[events]]\non = [\"message.posted\"]\nfilter = {{ {keys} }}\n"))
    };
    let good = "workspaces = \"acme\", prefix = [\"!\"], regex = \"a\", mentions = true, sender = \
                [\"user\", \"bot\"], role = \"admin\"";
    assert!(!filter(good).contains("filter"), "{}", filter(good));
    assert!(filter("sender = \"robot\"").contains("user, bot, plugin, system"));
    assert!(filter("prefix = \"\"").contains("filter.prefix"));
    assert!(filter("roles = \"admin\"").contains("unknown key"));
    assert!(filter("regex = \"(\"").contains("events[0].filter.regex"));
}
