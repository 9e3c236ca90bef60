//! The HTTP side, asked without a socket.

use axum::body::{Body, to_bytes};
use axum::http::Request;
use outboard_app::test::Daemon;
use tower::ServiceExt;

use super::{Arc, Response, Room, Site, StatusCode, header, kind, router};

async fn ask(request: Request<Body>) -> Response {
    ask_of(Daemon::new(), request).await
}

async fn ask_of(daemon: Daemon, request: Request<Body>) -> Response {
    router(site(&daemon).await).oneshot(request).await.unwrap()
}

async fn site(daemon: &Daemon) -> Site {
    let hooks = ["message.before_post", "file.before_upload"];
    let app = outboard_app::App::builder("chat", "1").hooks(hooks).connect_to(daemon);
    app.connected().await;
    Site::new(Arc::new(Room::new()), app, "/nonexistent/admin.sock".into())
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

fn sharing(file: &str, content: Vec<u8>) -> Request<Body> {
    let path = format!("/api/share?name=Robin&channel=harbour&text=look&file={file}");
    let request = Request::post(path).header(header::CONTENT_TYPE, "application/octet-stream");
    request.body(Body::from(content)).unwrap()
}

#[tokio::test]
async fn a_file_is_shared_and_an_image_seen_and_anything_else_only_had() {
    let site = site(&Daemon::new()).await;
    let page = b"<script>alert(1)</script>".to_vec();
    for (name, content) in [("a.png", b"\x89PNG\r\n\x1a\n....".to_vec()), ("b.png", page)] {
        let answer = router(site.clone()).oneshot(sharing(name, content)).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
    }
    let posts = site.room().posts();
    let shown: Vec<_> = posts.iter().map(|it| (&it.text[..], it.files[0].image)).collect();
    assert_eq!(shown, [("look", true), ("look", false)]);
    let mut told = Vec::new();
    for post in &posts {
        let path = format!("/files/{}", post.files[0].id);
        let request = Request::get(path).body(Body::empty()).unwrap();
        let answer = router(site.clone()).oneshot(request).await.unwrap();
        let of = |name: header::HeaderName| answer.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(of(header::X_CONTENT_TYPE_OPTIONS), "nosniff");
        told.push((of(header::CONTENT_TYPE), of(header::CONTENT_DISPOSITION)));
    }
    let had = "attachment; filename*=UTF-8''b.png".to_owned();
    assert_eq!(told[0], ("image/png".to_owned(), "inline".to_owned()));
    assert_eq!(told[1], ("application/octet-stream".to_owned(), had));
}

#[tokio::test]
async fn a_file_that_a_plugin_refuses_is_kept_nowhere() {
    for of_file in [true, false] {
        let daemon = Daemon::new().on_hook(move |payload| {
            use outboard_app::common::hook_payload::Of;
            match (of_file, &payload.of) {
                (true, Some(Of::BeforeUpload(it))) => {
                    let file = it.file.clone().unwrap_or_default();
                    assert_eq!((file.size_bytes, file.sha256.len()), (4, 32));
                    Daemon::reject("no such files")
                }
                (false, Some(Of::BeforePost(it))) => {
                    assert_eq!(it.attachments[0].name, "a.txt");
                    Daemon::reject("no such files")
                }
                _ => Daemon::pass(),
            }
        });
        let site = site(&daemon).await;
        let answer =
            router(site.clone()).oneshot(sharing("..%2Fa.txt", b"text".to_vec())).await.unwrap();
        let body = to_bytes(answer.into_body(), 65_536).await.unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        assert!(body.contains("refused") && body.contains("no such files"), "{body}");
        assert!(site.room().posts().is_empty());
        assert_eq!(site.room().files().bytes(), 0);
    }
}

#[tokio::test]
async fn what_is_too_large_or_sent_from_elsewhere_is_not_taken() {
    let large = ask(sharing("a", vec![0; kind::LARGEST + 1])).await;
    assert_eq!(large.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let mut form = sharing("a", b"x".to_vec());
    form.headers_mut().insert(header::CONTENT_TYPE, "text/plain".parse().unwrap());
    assert_eq!(ask(form).await.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let unknown = ask(Request::get("/files/file-1").body(Body::empty()).unwrap()).await;
    assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
}
