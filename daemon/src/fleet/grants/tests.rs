//! What an operator's words make of what is granted.

use super::*;
use crate::config::manifest::asks::Ask;

fn asks() -> Asks {
    let ask = |text: &str| {
        let (permission, scope) = parse_scoped(text).unwrap();
        (permission, Ask { need: Need::Optional, reason: String::new(), scope })
    };
    let asked =
        ["messages:send", "messages:read", "storage:write", "messages:history@channels=town-*"];
    Asks(asked.map(ask).into())
}

fn changed(before: &str, request: &ChangeGrantsRequest) -> Result<String, String> {
    let Grants::List(mut list) = before.parse().unwrap() else { panic!("no list: {before}") };
    match change(&asks(), &mut list, request) {
        Ok(_) => Ok(Grants::List(list).to_string()),
        Err(failure) => Err(failure.to_string()),
    }
}

fn grant(text: &str) -> ChangeGrantsRequest {
    ChangeGrantsRequest { grant: vec![text.to_owned()], ..Default::default() }
}

fn narrowed(text: &str) -> ChangeGrantsRequest {
    ChangeGrantsRequest { narrow: vec![text.to_owned()], ..Default::default() }
}

fn revoke(text: &str) -> ChangeGrantsRequest {
    ChangeGrantsRequest { revoke: vec![text.to_owned()], ..Default::default() }
}

#[test]
fn a_grant_sets_a_revocation_takes_and_narrowing_leaves_less() {
    let before = "messages:read,messages:send@channels=town-*";
    assert_eq!(changed(before, &grant("messages:send")).unwrap(), "messages:read,messages:send");
    assert_eq!(changed(before, &revoke("messages:send")).unwrap(), "messages:read");
    let to = "messages:send@channels=town-hall|id:C1";
    let less = changed("messages:send@channels=town-*|id:C1", &narrowed(to)).unwrap();
    assert_eq!(less, to);
    let both = changed(before, &narrowed("messages:send@workspaces=acme")).unwrap();
    assert_eq!(both, "messages:read,messages:send@workspaces=acme@channels=town-*");
}

// I114
#[test]
fn a_narrower_pattern_is_taken_and_one_that_may_be_wider_is_refused_with_what_is_there() {
    let narrow = |before: &str, to: &str| changed(before, &narrowed(to));
    let within = "messages:send@channels=town-hall-*|town-?";
    assert_eq!(narrow("messages:send@channels=town-*", within).unwrap(), within);
    // What the author asked for is asked, too; a channel by id may be one of those.
    for to in ["messages:history@channels=town-hall*", "messages:history@channels=id:C1"] {
        assert_eq!(narrow("messages:history", to).unwrap(), to);
    }
    for (before, to, said) in [
        (
            "messages:send@channels=town-*",
            "messages:send@channels=town*",
            "channels=town* is not within messages:send@channels=town-*, as far as two patterns",
        ),
        (
            "messages:history",
            "messages:history@channels=staff",
            "channels=staff is not within what it asks for, messages:history@channels=town-* (what",
        ),
    ] {
        let failure = narrow(before, to).unwrap_err();
        assert!(failure.contains(said), "{failure}");
    }
}

#[test]
fn narrowing_to_more_or_to_what_is_not_there_is_refused_with_what_to_do() {
    let before = "messages:send@channels=town-*";
    for (request, said) in [
        (narrowed("messages:send@channels=staff"), "channels=staff is not within"),
        (narrowed("messages:send@channels=id:C1"), "channels=id:C1 is not within"),
        (narrowed("messages:send"), "narrow messages:send to what?"),
        (narrowed("messages:read@channels=a"), "messages:read is not granted"),
        (narrowed("users:moderate@channels=a"), "NOT_ASKED: it does not ask for users:moderate"),
        (narrowed("storage:write@channels=a"), "storage:write cannot be limited to channels"),
        (grant("messages:sned"), "did you mean messages:send?"),
        (revoke("messages:send@channels=a"), "is revoked whole"),
        (ChangeGrantsRequest::default(), "name at least one permission"),
    ] {
        let failure = changed(before, &request).unwrap_err();
        assert!(failure.contains(said), "{request:?}: {failure}");
    }
}
