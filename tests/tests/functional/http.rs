//! Requests from outside: who reaches which route, with which headers, and bodies of any size.

use std::collections::BTreeMap;

use outboard_proto::admin::PluginStatus;
use outboard_proto::app::app_client::AppClient;
use outboard_proto::app::{HttpRequest, HttpResponse};
use outboard_proto::common::Chunk;
use outboard_tests::app::http::request;
use outboard_tests::{App, AppDraft, Daemon, Draft, Outcome, wire};

use crate::SLOW;

#[tokio::test]
async fn a_request_reaches_its_route_and_the_answer_comes_back() -> Outcome {
    let (_daemon, app) = with(web()).await?;
    let answer = app.http(request("GET", "web", "/open/look?a=1&b")).await?;
    let told = String::from_utf8(answer.content.to_vec())?;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(told.contains("user anonymous\nroute /open/*\nquery a=1&b"), "{told}");
    assert_eq!(answer.headers.get("content-type").map(String::as_str), Some("text/plain"));
    assert!(!answer.headers.contains_key("set-cookie"), "{answer:?}");
    Ok(())
}

// I52
#[tokio::test]
async fn headers_that_claim_an_identity_do_not_arrive() -> Outcome {
    let (_daemon, app) = with(web()).await?;
    let spoofed = [
        ("X-Outboard-User", "root"),
        ("X-Forwarded-User", "root"),
        ("Remote_User", "root"),
        ("Cookie", "session=secret"),
        ("Authorization", "Bearer secret"),
        ("X-Hub-Signature-256", "sha256=00"),
    ];
    let headers: BTreeMap<String, String> =
        spoofed.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let signed_in =
        HttpRequest { headers, user: "u-ann".to_owned(), ..request("GET", "web", "/mine/look") };
    let told = String::from_utf8(app.http(signed_in).await?.content.to_vec())?;
    assert!(told.contains("user u-ann") && told.contains("x-hub-signature-256"), "{told}");
    assert!(!told.contains("root") && !told.contains("secret"), "{told}");
    Ok(())
}

// I52
#[tokio::test]
async fn what_is_not_declared_or_not_for_everyone_is_refused() -> Outcome {
    let (_daemon, app) = with(web()).await?;
    for (method, plugin, path, reason) in [
        ("GET", "web", "/elsewhere", "UNKNOWN_ROUTE"),
        ("GET", "nobody", "/open/look", "UNKNOWN_PLUGIN"),
        ("DELETE", "web", "/open/look", "HTTP_METHOD"),
        ("GET", "web", "/open/../mine/look", "INVALID"),
        ("GET", "web", "/mine/look", "SIGN_IN_NEEDED"),
    ] {
        assert_eq!(refused(app.http(request(method, plugin, path)).await?), reason, "{path}");
    }
    let nobody = HttpRequest { user: String::new(), ..request("GET", "web", "/mine/look") };
    assert_eq!(refused(app.http(nobody).await?), "SIGN_IN_NEEDED");
    assert_eq!(app.tell("web", "count http GET").await?, "0");
    Ok(())
}

// I53
#[tokio::test]
async fn a_body_of_many_frames_goes_there_and_back() -> Outcome {
    let (_daemon, app) = with(web()).await?;
    let body: Vec<u8> = (0..2_000_000_u32).map(|at| (at % 251) as u8).collect();
    let answer = app.upload(request("POST", "web", "/open/echo"), &body).await?;
    let back = app.body_that(answer.body, |it| it.ended || !it.abort.is_empty()).await?;
    assert_eq!(back.abort, "");
    assert!(back.data == body, "{} bytes came back", back.data.len());
    Ok(())
}

// I53
#[tokio::test]
async fn bodies_over_the_limit_are_refused_in_either_direction() -> Outcome {
    let (daemon, app) = with(web()).await?;
    let answer = app.upload(request("POST", "web", "/open/echo"), &vec![0; 5 << 20]).await?;
    assert_eq!(refused(answer), "PAYLOAD_TOO_LARGE");
    let answer = app.http(request("GET", "web", "/open/flood")).await?;
    let back = app.body_that(answer.body, |it| !it.abort.is_empty()).await?;
    assert!(back.abort.contains("PAYLOAD_TOO_LARGE"), "{}", back.abort);
    assert_eq!(app.tell("web", "say still here").await?, "still here");
    assert_eq!(daemon.operator().status("web").await?.generation, 1);
    Ok(())
}

// I53
#[tokio::test]
async fn a_plugin_killed_amid_its_answer_breaks_the_body_off() -> Outcome {
    let (daemon, app) = with(web()).await?;
    let answer = app.http(request("GET", "web", "/open/half")).await?;
    app.body_that(answer.body, |it| it.data == b"half").await?;
    app.order("web", "exit 3").await?;
    daemon.operator().wait_end("web", 1).await?;
    let back = app.body_that(answer.body, |it| !it.abort.is_empty()).await?;
    assert!(back.abort.contains("PLUGIN_UNAVAILABLE"), "{}", back.abort);
    let down = app.http(request("GET", "web", "/open/look")).await?;
    assert_eq!(refused(down), "PLUGIN_UNAVAILABLE");
    Ok(())
}

// I53
#[tokio::test]
async fn whoever_gives_a_body_up_leaves_nothing_behind() -> Outcome {
    let (daemon, app) = with(web().limit("call_timeout = \"2s\"")).await?;
    let begun = HttpRequest { body: 77, ..request("POST", "web", "/open/echo") };
    let given_up = app.start_http(begun.clone()).await?;
    let abort = Chunk { stream: 77, abort: "changed my mind".to_owned(), ..Chunk::default() };
    app.piece(abort).await?;
    assert_eq!(refused(given_up.answer().await?), "BODY_ABANDONED");
    let forgotten = app.start_http(begun).await?;
    assert_eq!(refused(forgotten.answer().await?), "DEADLINE");
    let answer = app.http(request("GET", "web", "/open/give-up")).await?;
    let back = app.body_that(answer.body, |it| !it.abort.is_empty()).await?;
    assert!(back.abort.contains("BODY_ABANDONED"), "{}", back.abort);
    let idle = |status: &PluginStatus| status.traffic.unwrap_or_default().in_flight == 0;
    daemon.operator().wait_until("web", "nothing in hand", idle).await?;
    Ok(())
}

// I53
#[tokio::test]
async fn bodies_under_way_hold_up_no_call() -> Outcome {
    let (_daemon, app) = with(web()).await?;
    let begun = HttpRequest { body: 78, ..request("POST", "web", "/open/echo") };
    let upload = app.start_http(begun).await?;
    for _ in 0..60 {
        let data = vec![0; 50_000].into();
        app.piece(Chunk { stream: 78, data, ..Chunk::default() }).await?;
        assert_eq!(app.tell("web", "say quick").await?, "quick");
    }
    app.piece(Chunk { stream: 78, last: true, ..Chunk::default() }).await?;
    let answer = upload.answer().await?;
    let back = app.body_that(answer.body, |it| it.ended || !it.abort.is_empty()).await?;
    assert_eq!(back.data.len(), 3_000_000, "{}", back.abort);
    Ok(())
}

#[tokio::test]
async fn the_unary_twin_carries_small_bodies_and_says_so_of_large_ones() -> Outcome {
    let daemon = Daemon::configured(SLOW).await?;
    daemon.run(&web()).await?;
    let mut client = AppClient::new(wire::dial(&daemon.house().app_socket()).await?);
    let small = HttpRequest { content: "hello".into(), ..request("POST", "web", "/open/echo") };
    let answer = client.http(small).await?.into_inner();
    assert_eq!((answer.status, &answer.content[..]), (200, &b"hello"[..]));
    let large = client.http(request("GET", "web", "/open/flood")).await?.into_inner();
    assert_eq!(refused(large), "PAYLOAD_TOO_LARGE");
    let odd = client.http(request("GET", "web", "/open/odd")).await?.into_inner();
    assert_eq!(refused(odd), "PROTOCOL_VIOLATION");
    Ok(())
}

#[tokio::test]
async fn plugins_are_told_the_public_address() -> Outcome {
    let (daemon, app) = with(web()).await?;
    assert_eq!(app.tell("web", "count public https://chat.example").await?, "0");
    let mut other = AppDraft::default().node("n2", 1);
    "https://chat.example".clone_into(&mut other.hello.public_url);
    let _other = other.connect(&daemon.house().app_socket()).await?;
    assert_eq!(app.tell("web", "count public https://chat.example").await?, "1");
    daemon.operator().restart("web").await?;
    daemon.operator().wait_back("web", 1).await?;
    assert_eq!(app.tell("web", "count public https://chat.example").await?, "1");
    Ok(())
}

#[tokio::test]
async fn a_request_that_is_never_answered_ends_at_its_routes_time() -> Outcome {
    let (_daemon, app) = with(web()).await?;
    let brief = HttpRequest { budget_us: 200_000, ..request("GET", "web", "/open/silent") };
    assert_eq!(refused(app.http(brief).await?), "DEADLINE");
    Ok(())
}

/// A plugin with an open and a closed part.
fn web() -> Draft {
    Draft::obedient("web")
        .route("/open/*", "methods = [\"GET\", \"POST\"]\naccess = \"public\"\ntimeout = \"20s\"\n")
        .route("/mine/*", "methods = [\"GET\"]\naccess = \"signed-in\"\n")
}

async fn with(draft: Draft) -> anyhow::Result<(Daemon, App)> {
    let daemon = Daemon::configured(SLOW).await?;
    daemon.run(&draft).await?;
    let app = daemon.app().await?;
    Ok((daemon, app))
}

fn refused(answer: HttpResponse) -> &'static str {
    answer.failure.map_or("NOT REFUSED", |failure| failure.reason().code())
}
