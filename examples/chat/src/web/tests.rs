//! The HTTP side, asked without a socket.

use axum::body::{Body, to_bytes};
use axum::http::Request;
use outboard_app::test::Daemon;
use tower::ServiceExt;

use super::{Arc, Response, Room, Site, StatusCode, header, router};

async fn ask(request: Request<Body>) -> Response {
    ask_of(Daemon::new(), request).await
}

async fn ask_of(daemon: Daemon, request: Request<Body>) -> Response {
    let app = outboard_app::App::builder("chat", "1").connect_to(&daemon);
    app.connected().await;
    let site = Site::new(Arc::new(Room::new()), app, "/nonexistent/admin.sock".into());
    router(site).oneshot(request).await.unwrap()
}

async fn post(path: &str, json: &'static str) -> (StatusCode, String) {
    let request = Request::post(path).header(header::CONTENT_TYPE, "application/json");
    let answer = ask(request.body(Body::from(json)).unwrap()).await;
    let status = answer.status();
    let body = to_bytes(answer.into_body(), 65_536).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn the_page_and_its_files_are_served() {
    for path in [
        "/",
        "/style.css",
        "/page.js",
        "/posts.js",
        "/acts.js",
        "/engine.js",
        "/composer.js",
        "/dom.js",
    ] {
        let answer = ask(Request::get(path).body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn what_is_said_is_posted() {
    let said = r#"{"name":"Robin","channel":"harbour","text":"hello"}"#;
    let (status, body) = post("/api/say", said).await;
    assert_eq!(status, StatusCode::OK);
    assert!(body.contains(r#""outcome":"posted""#), "{body}");
}

#[tokio::test]
async fn nobody_speaks_without_a_name_a_channel_or_a_text() {
    for said in [
        r#"{"name":" ","channel":"harbour","text":"hello"}"#,
        r#"{"name":"Robin","channel":"attic","text":"hello"}"#,
        r#"{"name":"Robin","channel":"harbour","text":" "}"#,
    ] {
        assert_eq!(post("/api/say", said).await.0, StatusCode::BAD_REQUEST, "{said}");
    }
}

#[tokio::test]
async fn a_second_chance_without_a_daemon_says_so() {
    let (status, body) = post("/api/reset", r#"{"plugin":"dice"}"#).await;
    assert_eq!(status, StatusCode::BAD_GATEWAY);
    assert!(body.contains("the daemon is away"), "{body}");
}

#[tokio::test]
async fn a_request_for_a_plugin_reaches_it_as_it_was_sent() {
    let daemon = Daemon::new().on_http(|request| {
        assert_eq!((request.plugin.as_str(), request.method.as_str()), ("builds", "POST"));
        assert_eq!((request.path.as_str(), request.user.as_str()), ("/a%20b?c=d", "Robin"));
        assert_eq!(request.headers["content-type"], "text/plain");
        Ok(Daemon::respond(202, "taken"))
    });
    let request = Request::post("/plugins/builds/a%20b?c=d")
        .header("x-chat-name", "Robin")
        .header("content-type", "text/plain");
    let answer = ask_of(daemon, request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status(), StatusCode::ACCEPTED);
    assert_eq!(answer.headers()[header::CONTENT_SECURITY_POLICY], "sandbox");
    assert_eq!(to_bytes(answer.into_body(), 100).await.unwrap(), "taken");
}

#[tokio::test]
async fn a_plugin_that_is_not_there_is_not_found() {
    let answer = ask(Request::get("/plugins/nobody/").body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
}
