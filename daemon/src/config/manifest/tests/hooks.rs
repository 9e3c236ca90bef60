//! Claims about `[[hooks]]`: which there are, what each needs.

use super::faults_with;

#[test]
fn each_hook_needs_its_own_permission() {
    let needed = [
        ("message.before_render", "messages:intercept"),
        ("reaction.before_add", "messages:intercept"),
        ("file.before_upload", "files:intercept"),
        ("user.before_join", "users:intercept"),
        ("user.before_login", "users:intercept"),
        ("channel.before_create", "channels:intercept"),
        ("x.shop.before_order", "app:intercept"),
    ];
    for (hook, permission) in needed {
        let faults = faults_with(&format!("[[hooks]]\non = \"{hook}\"\n"));
        assert!(faults.contains(&format!("needs the permission {permission}")), "{faults}");
    }
}

#[test]
fn a_filter_looks_only_at_what_its_hook_has() {
    let faults = faults_with("[[hooks]]\non = \"user.before_login\"\nfilter.channels = [\"a\"]\n");
    assert!(faults.contains("user.before_login has no channel to look at"), "{faults}");
    let faults = faults_with("[[hooks]]\non = \"file.before_upload\"\nfilter.regex = \"a\"\n");
    assert!(faults.contains("file.before_upload has no text to look at"), "{faults}");
    let faults =
        faults_with("[[hooks]]\non = \"x.a.b\"\nfilter = { role = \"a\", prefix = \"b\" }\n");
    assert!(faults.contains("hooks[0].filter.role: x.a.b has no sender to look at"), "{faults}");
    assert!(faults.contains("hooks[0].filter.prefix: x.a.b has no text to look at"), "{faults}");
}

#[test]
fn a_hook_of_an_app_names_the_app_and_the_hook() {
    for name in ["x.shop", "x..a", "x.shop.", "x.Shop.a", "x.a.b.c"] {
        let faults = faults_with(&format!("[[hooks]]\non = \"{name}\"\n"));
        assert!(faults.contains("no such hook"), "{name}: {faults}");
    }
}
