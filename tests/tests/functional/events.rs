//! Events: who is told of what, and that nobody waits for anybody.

use outboard_proto::common::{Event, Membership, event};
use outboard_tests::{App, Daemon, Draft, Outcome, values};

use crate::SLOW;

#[tokio::test]
async fn a_subscriber_is_told_of_an_event() -> Outcome {
    let (_daemon, app) = with(&[Draft::listener("alpha", "")]).await?;
    let published = app.publish_post("town", "hello all:reply").await?;
    assert_eq!(published.subscriptions, 1);
    assert!(!published.event_id.is_empty(), "the daemon gives it an id");
    let message = app.carry_out("m-2").await?;
    assert_eq!(values::text_of(message.body.as_ref()), "alpha saw hello all:reply");
    assert!(app.tell("alpha", "seen").await?.contains("event message.posted attempt=1 hello"));
    Ok(())
}

#[tokio::test]
async fn every_subscriber_is_told() -> Outcome {
    let all = ["alpha", "beta", "gamma"].map(|name| Draft::listener(name, ""));
    let (_daemon, app) = with(&all).await?;
    assert_eq!(app.publish_post("town", "all:reply").await?.subscriptions, 3);
    let mut said = Vec::new();
    for number in 0..3 {
        let message = app.carry_out(&format!("m-{number}")).await?;
        said.push(values::text_of(message.body.as_ref()).to_owned());
    }
    said.sort();
    assert_eq!(said, ["alpha saw all:reply", "beta saw all:reply", "gamma saw all:reply"]);
    Ok(())
}

#[tokio::test]
async fn a_plugin_is_told_of_the_types_it_subscribed_to_only() -> Outcome {
    let (_daemon, app) = with(&[Draft::listener("alpha", "")]).await?;
    let joined = Membership {
        channel: Some(values::channel("town")),
        user: Some(values::person("bob")),
        ..Membership::default()
    };
    let event = Event {
        r#type: "member.joined".to_owned(),
        of: Some(event::Of::Member(joined)),
        ..Event::default()
    };
    assert_eq!(app.publish(event).await?.subscriptions, 0);
    app.publish_post("town", "all:reply").await?;
    app.carry_out("m-2").await?;
    assert!(!app.tell("alpha", "seen").await?.contains("member.joined"));
    Ok(())
}

#[tokio::test]
async fn a_channel_filter_spares_the_plugin_events_of_other_channels() -> Outcome {
    let keys = "filter = { channels = [\"town-*\", \"id:c-exact\"] }";
    let (_daemon, app) = with(&[Draft::listener("alpha", keys)]).await?;
    assert_eq!(app.publish_post("country", "outside").await?.subscriptions, 0);
    assert_eq!(app.publish_post("exact", "by id").await?.subscriptions, 1);
    assert_eq!(app.publish_post("town-hall", "by name all:reply").await?.subscriptions, 1);
    app.carry_out("m-2").await?;
    let seen = app.tell("alpha", "seen").await?;
    assert!(seen.contains("by id") && seen.contains("by name"), "{seen}");
    assert!(!seen.contains("outside"), "{seen}");
    Ok(())
}

#[tokio::test]
async fn an_id_published_twice_counts_once() -> Outcome {
    let (_daemon, app) = with(&[Draft::listener("alpha", "")]).await?;
    let id = "01890a5d-ac96-774b-bcce-b302099a8057".to_owned();
    let event = Event { id: id.clone(), ..values::posted("town", "once all:reply") };
    let first = app.publish(event.clone()).await?;
    let second = app.publish(event).await?;
    assert_eq!((first.duplicate, second.duplicate), (false, true));
    assert_eq!(second.event_id, id);
    app.carry_out("m-2").await?;
    let seen = app.tell("alpha", "seen").await?;
    assert_eq!(seen.matches("event message.posted").count(), 1, "{seen}");
    Ok(())
}

// I33
#[tokio::test]
async fn a_slow_plugin_delays_nobody_elses_events() -> Outcome {
    let all = [Draft::listener("alpha", ""), Draft::listener("beta", "")];
    let (_daemon, app) = with(&all).await?;
    app.publish_post("town", "alpha:sleep=30000").await?;
    app.publish_post("town", "beta:reply").await?;
    let message = app.carry_out("m-2").await?;
    assert_eq!(values::text_of(message.body.as_ref()), "beta saw beta:reply");
    Ok(())
}

#[tokio::test]
async fn events_of_one_channel_come_in_the_order_they_were_published() -> Outcome {
    let (_daemon, app) = with(&[Draft::listener("alpha", "")]).await?;
    for number in 0..50 {
        app.publish_post("town", &format!("number {number};")).await?;
    }
    app.publish_post("town", "all:reply").await?;
    app.carry_out("m-2").await?;
    let seen = app.tell("alpha", "seen").await?;
    let places: Vec<_> = (0..50).map(|number| seen.find(&format!("number {number};"))).collect();
    assert!(places.iter().all(Option::is_some), "{seen}");
    assert!(places.is_sorted(), "{seen}");
    Ok(())
}

// I32
#[tokio::test]
async fn publishing_faster_than_a_plugin_reads_drops_the_oldest_and_counts_them() -> Outcome {
    let (daemon, app) = with(&[Draft::listener("alpha", ""), Draft::obedient("beta")]).await?;
    app.order("alpha", "stop").await?;
    let text = "e".repeat(2048);
    for _ in 0..5000 {
        let published = app.publish_post("town", &text).await?;
        assert!(published.failure.is_none(), "a publish is never refused because of a plugin");
    }
    assert_eq!(app.tell("beta", "say well").await?, "well");
    let traffic = daemon.operator().status("alpha").await?.traffic.unwrap_or_default();
    assert!(traffic.events_dropped > 0, "{traffic:?}");
    Ok(())
}

#[tokio::test]
async fn a_handler_that_fails_is_counted_and_the_next_event_comes() -> Outcome {
    let (daemon, app) = with(&[Draft::listener("alpha", "")]).await?;
    app.publish_post("town", "alpha:fail").await?;
    app.publish_post("town", "alpha:reply").await?;
    app.carry_out("m-2").await?;
    let traffic = daemon.operator().status("alpha").await?.traffic.unwrap_or_default();
    assert_eq!(traffic.errors, 1);
    Ok(())
}

#[tokio::test]
async fn a_plugin_never_receives_its_own_messages() -> Outcome {
    let (_daemon, app) = with(&[Draft::listener("alpha", ""), Draft::listener("beta", "")]).await?;
    app.publish_post("town", "alpha:reply").await?;
    let sent = app.carry_out("m-2").await?;
    let mut event = values::posted("town", "");
    event.of = Some(event::Of::Message(Box::new(outboard_proto::common::Message {
        id: "m-2".to_owned(),
        ..sent
    })));
    assert_eq!(app.publish(event).await?.subscriptions, 1, "beta's, not alpha's");
    app.publish_post("town", "alpha:reply the end").await?;
    app.carry_out("m-3").await?;
    let seen = app.tell("alpha", "seen").await?;
    assert!(!seen.contains("attempt=1 alpha saw"), "{seen}");
    Ok(())
}

// I28
#[tokio::test]
async fn a_plugin_without_the_grant_is_told_nothing_and_that_is_counted() -> Outcome {
    let daemon = Daemon::configured("[plugins.alpha]\ngrants = [\"commands:own\"]\n").await?;
    let draft = Draft::obedient("alpha").may_optionally("messages:read");
    let folder = draft.events(&["message.posted"], "").write(&daemon.house().folders())?;
    let unspecified = outboard_proto::admin::GrantChoice::Unspecified;
    daemon.operator().load_as(&folder, unspecified).await?;
    daemon.operator().enable("alpha").await?;
    daemon.operator().wait_running("alpha").await?;
    let app = daemon.app().await?;
    app.publish_post("town", "secret").await?;
    assert!(!app.tell("alpha", "seen").await?.contains("secret"));
    let traffic = daemon.operator().status("alpha").await?.traffic.unwrap_or_default();
    assert_eq!(traffic.denied, 1);
    Ok(())
}

async fn with(drafts: &[Draft]) -> anyhow::Result<(Daemon, App)> {
    let daemon = Daemon::configured(SLOW).await?;
    for draft in drafts {
        daemon.run(draft).await?;
    }
    let app = daemon.app().await?;
    Ok((daemon, app))
}
