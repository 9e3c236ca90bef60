//! Scopes as they are written, and which places they cover.

use super::*;

fn scope(text: &str) -> Scope {
    parse_scoped(text).unwrap().1
}

fn within(text: &str, workspace: &str, id: &str, name: Option<&str>) -> Within {
    scope(text).covers(&Place { workspace, channel_id: id, channel_name: name })
}

#[test]
fn a_scope_reads_back_as_it_is_shown() {
    for text in [
        "messages:send",
        "messages:history@channels=town-*|id:C1",
        "messages:send@workspaces=acme|zeta@channels=id:C1@operations=reply|send",
        "plugins:call@plugins=dictionary",
    ] {
        let (permission, scope) = parse_scoped(text).unwrap();
        assert_eq!(format!("{permission}{scope}"), text);
    }
}

// I77
#[test]
fn a_place_lies_within_a_scope_by_id_or_by_a_name_that_is_known() {
    let limited = "messages:history@channels=town-*|id:C1";
    assert_eq!(within(limited, "", "C1", None), Within::Yes);
    assert_eq!(within(limited, "", "C9", Some("town-hall")), Within::Yes);
    assert_eq!(within(limited, "", "C9", Some("staff")), Within::No);
    assert_eq!(within(limited, "", "C9", None), Within::NameUnknown);
    assert_eq!(within(limited, "", "", None), Within::No);
    assert_eq!(within("messages:history@channels=id:C1", "", "C9", None), Within::No);
    let both = "messages:history@workspaces=acme@channels=id:C1";
    assert_eq!(within(both, "acme", "C1", None), Within::Yes);
    assert_eq!(within(both, "other", "C1", None), Within::No);
    assert_eq!(within("messages:history", "any", "C9", None), Within::Yes);
}

#[test]
fn what_is_wrong_with_a_scope_is_said_in_its_words() {
    let problem = |text: &str| parse_scoped(text).unwrap_err().to_string();
    for (text, said) in [
        ("storage:read@channels=a", "storage:read cannot be limited to channels"),
        ("mesages:send@channels=a", "no such permission: mesages:send"),
        ("messages:send@chanels=a", "did you mean channels?"),
        ("messages:send@channels", "no = in the scope"),
        ("messages:send@channels=", "names no channel"),
        ("messages:send@channels=*", "matches every channel"),
        ("messages:send@channels=?*", "matches every channel"),
        ("messages:send@channels=id:", "no id after id:"),
        ("messages:send@operations=repy", "did you mean reply?"),
        ("messages:history@operations=x", "it allows get, list, search"),
    ] {
        assert!(problem(text).contains(said), "{text}: {}", problem(text));
    }
}

#[test]
fn an_operation_is_named_after_its_rpc() {
    assert_eq!(word_of("/outboard.plugin.v1.Messages/ReleaseHeld"), "release-held");
}
