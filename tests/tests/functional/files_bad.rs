//! Transfers that go wrong, on either side: each ends with its cause, the other side is told, and
//! nobody else is held up.

use outboard_proto::app::{FilePiece, Request, Uploaded, answer::Result as Answer};
use outboard_proto::common::FileInfo;
use outboard_tests::{App, AppDraft, Daemon, Draft, Outcome};

use crate::files::{file, give, said, show, taken, with_files};

async fn steps(app: &App, count: usize) -> anyhow::Result<Vec<String>> {
    let mut all = Vec::new();
    for _ in 0..count {
        all.push(taken(app).await?);
    }
    Ok(all)
}

/// Whether the plugin and the app go on as if nothing had happened.
async fn all_is_well(app: &App) -> Outcome {
    assert_eq!(app.tell("alpha", "say hello").await?, "hello");
    Ok(())
}

// I101
#[tokio::test]
async fn an_upload_left_unread_ends_in_its_time_and_holds_up_nothing() -> Outcome {
    let (_daemon, app) = with_files().await?;
    let pieces = "*30000 ".repeat(40);
    let told = app.order("alpha", &format!("ask-briefly put - big.bin {pieces}")).await?;
    assert_eq!(taken(&app).await?, "begin big.bin 0");
    // The app leaves the next piece lying; meanwhile the session is as quick as ever.
    let unread = app.request().await?;
    all_is_well(&app).await?;
    let said = said(told).await?;
    assert!(said.contains("DEADLINE"), "{said}");
    // What was begun is ended at the app, too.
    assert_eq!(taken(&app).await?, "end: DEADLINE");
    app.answer(unread.id, Answer::Uploaded(Uploaded::default())).await?;
    all_is_well(&app).await
}

// I101
#[tokio::test]
async fn an_app_that_hangs_mid_download_holds_up_that_one_and_no_other() -> Outcome {
    let (_daemon, app) = with_files().await?;
    let stuck = app.order("alpha", "ask-briefly fetch f-1").await?;
    show(&app, file("f-1", &[7; 70_000])).await?;
    assert_eq!(give(&app, &[7; 32_768], false).await?, 0);
    let unanswered = app.request().await?;
    // Another is fetched, and another uploaded, from beginning to end meanwhile.
    let told = app.order("alpha", "ask fetch f-2").await?;
    show(&app, file("f-2", b"two")).await?;
    give(&app, b"two", true).await?;
    assert_eq!(said(told).await?, "f-2=f-2.txt 3: two");
    let told = app.order("alpha", "ask put - notes.txt one").await?;
    assert_eq!(steps(&app, 3).await?, ["begin notes.txt 0", "0+3", "end 3"]);
    assert_eq!(said(told).await?, "f-9= 3");
    let said = said(stuck).await?;
    assert!(said.contains("DEADLINE"), "{said}");
    // Its late piece is nobody's.
    let late = FilePiece { data: vec![7; 32_768].into(), last: false };
    app.answer(unanswered.id, Answer::FilePiece(late)).await?;
    all_is_well(&app).await
}

// I114
#[tokio::test]
async fn a_grant_withdrawn_mid_transfer_ends_it_at_the_next_piece() -> Outcome {
    let daemon = Daemon::start().await?;
    let draft = Draft::obedient("alpha").may_optionally("files:read");
    daemon.run(&draft.may_optionally("files:write")).await?;
    let app = AppDraft::default().able().connect(&daemon.house().app_socket()).await?;
    let fetched = app.order("alpha", "ask fetch f-1").await?;
    show(&app, file("f-1", &[7; 70_000])).await?;
    let asked = app.request().await?;
    let put = app.order("alpha", "ask put - notes.txt one two").await?;
    assert_eq!(taken(&app).await?, "begin notes.txt 0");
    let taking = app.request().await?;
    daemon.operator().change_grants("alpha", &["-files:read", "-files:write"]).await?;
    let piece = FilePiece { data: vec![7; 32_768].into(), last: false };
    app.answer(asked.id, Answer::FilePiece(piece)).await?;
    app.answer(taking.id, Answer::Uploaded(Uploaded::default())).await?;
    let said_of = said(fetched).await?;
    assert!(said_of.contains("Permission denied: files:read"), "{said_of}");
    assert_eq!(taken(&app).await?, "end: PERMISSION_DENIED");
    let said_of = said(put).await?;
    assert!(said_of.contains("Permission denied: files:write"), "{said_of}");
    all_is_well(&app).await
}

// I101
#[tokio::test]
async fn a_plugin_killed_mid_upload_ends_it_at_the_app() -> Outcome {
    let (daemon, app) = with_files().await?;
    let _told = app.order("alpha", "ask put - notes.txt one !hang").await?;
    assert_eq!(steps(&app, 2).await?, ["begin notes.txt 0", "0+3"]);
    let _gone = app.order("alpha", "exit").await?;
    assert_eq!(taken(&app).await?, "end: BODY_ABANDONED");
    daemon.operator().wait_back("alpha", 1).await?;
    all_is_well(&app).await
}

#[tokio::test]
async fn an_upload_that_is_given_up_comes_to_nothing() -> Outcome {
    let (_daemon, app) = with_files().await?;
    let told = app.order("alpha", "ask put - notes.txt one !abort").await?;
    assert_eq!(steps(&app, 3).await?[2], "end: BODY_ABANDONED");
    let said = said(told).await?;
    assert!(said.contains("BODY_ABANDONED: changed its mind"), "{said}");
    Ok(())
}

// I100
#[tokio::test]
async fn what_is_not_what_was_announced_comes_to_nothing() -> Outcome {
    let (_daemon, app) = with_files().await?;
    for (what, count) in [("!wrong one", 3), ("!size=4 one", 3), ("!size=2 one", 2)] {
        let told = app.order("alpha", &format!("ask put - notes.txt {what}")).await?;
        let steps = steps(&app, count).await?;
        assert_eq!(steps.last().map(String::as_str), Some("end: FILE_DAMAGED"), "{what}");
        let said = said(told).await?;
        assert!(said.contains("FILE_DAMAGED"), "{what}: {said}");
    }
    all_is_well(&app).await
}

#[tokio::test]
async fn what_no_file_can_be_is_refused_before_any_app_hears_of_it() -> Outcome {
    let (_daemon, app) = with_files().await?;
    let wrong = [
        ("put - notes.txt !size=67108865 x", "FILE_TOO_LARGE"),
        ("put - ../notes.txt x", "INVALID"),
        ("put - .. x", "INVALID"),
        ("put - notes.txt !headless x", "OUT_OF_ORDER"),
        ("stat -", "INVALID: file_id is missing"),
        ("fetch *300", "INVALID: file_id has more than 255 bytes"),
        ("attach c-town -", "INVALID: an attachment is a file that the app has"),
    ];
    for (what, why) in wrong {
        let said = app.tell("alpha", &format!("ask {what}")).await?;
        assert!(said.contains(why), "{what}: {said}");
    }
    let _told = app.order("alpha", "ask put - fine.txt x").await?;
    assert_eq!(taken(&app).await?, "begin fine.txt 0", "and that was the first the app heard");
    Ok(())
}

// I100
#[tokio::test]
async fn a_file_that_is_not_what_the_app_said_is_no_file() -> Outcome {
    let (_daemon, app) = with_files().await?;
    for (content, why) in
        [("tix", "FILE_DAMAGED"), ("te", "FILE_DAMAGED"), ("text", "FILE_DAMAGED")]
    {
        let told = app.order("alpha", "ask fetch f-1").await?;
        show(&app, file("f-1", b"tex")).await?;
        give(&app, content.as_bytes(), true).await?;
        let said = said(told).await?;
        assert!(said.contains(why), "{content}: {said}");
    }
    all_is_well(&app).await
}

#[tokio::test]
async fn an_app_gone_mid_stream_ends_the_download_with_the_cause() -> Outcome {
    let daemon = Daemon::start().await?;
    daemon.run(&Draft::obedient("alpha").may("files:read")).await?;
    let socket = daemon.house().app_socket();
    // People talk through one node, the files are at another.
    let app = AppDraft::default().idle().connect(&socket).await?;
    let other = AppDraft::default().able().node("n2", 1).connect(&socket).await?;
    let told = app.order("alpha", "ask fetch f-1").await?;
    show(&other, file("f-1", &[7; 70_000])).await?;
    give(&other, &[7; 32_768], false).await?;
    other.request().await?;
    drop(other);
    let said = said(told).await?;
    assert!(said.contains("BODY_ABANDONED"), "{said}");
    all_is_well(&app).await
}

#[tokio::test]
async fn an_app_that_answers_something_else_is_told_off() -> Outcome {
    let (_daemon, app) = with_files().await?;
    let other = || Answer::File(FileInfo::default().into());
    let wrong = [
        ("stat f-1", other()),
        ("stat f-1", Answer::FilePiece(FilePiece::default())),
        ("put - notes.txt x", Answer::Uploaded(Uploaded::default())),
    ];
    for (what, answer) in wrong {
        let told = app.order("alpha", &format!("ask {what}")).await?;
        let Request { id, .. } = app.request().await?;
        app.answer(id, answer).await?;
        let said = said(told).await?;
        assert!(said.contains("BAD_ANSWER"), "{what}: {said}");
    }
    let told = app.order("alpha", "ask fetch f-1").await?;
    show(&app, file("f-1", b"text")).await?;
    give(&app, b"", false).await?;
    let said = said(told).await?;
    assert!(said.contains("BAD_ANSWER"), "{said}");
    Ok(())
}

#[tokio::test]
async fn without_the_grants_nothing_is_looked_at_or_sent() -> Outcome {
    let daemon = Daemon::start().await?;
    daemon.run(&Draft::obedient("alpha").may("messages:send")).await?;
    let app = AppDraft::default().able().connect(&daemon.house().app_socket()).await?;
    for what in ["stat f-1", "fetch f-1", "put - notes.txt x", "attach c-town f-1"] {
        let said = app.tell("alpha", &format!("ask {what}")).await?;
        assert!(said.contains("PERMISSION_DENIED"), "{what}: {said}");
    }
    Ok(())
}

#[tokio::test]
async fn too_many_transfers_at_once_are_over_the_limit() -> Outcome {
    let (_daemon, app) = with_files().await?;
    let mut under_way = Vec::new();
    for _ in 0..4 {
        under_way.push(app.order("alpha", "ask put - notes.txt one !hang").await?);
    }
    let mut begun = 0;
    while begun < 4 {
        begun += usize::from(taken(&app).await?.starts_with("begin"));
    }
    let said = app.tell("alpha", "ask fetch f-1").await?;
    assert!(said.contains("OVER_LIMIT"), "{said}");
    Ok(())
}

#[tokio::test]
async fn what_no_app_carries_out_is_unsupported_at_once() -> Outcome {
    let daemon = Daemon::start().await?;
    let may = ["files:read", "files:write"];
    daemon.run(&may.into_iter().fold(Draft::obedient("alpha"), Draft::may)).await?;
    let app = daemon.app().await?;
    for what in ["stat f-1", "fetch f-1", "put - notes.txt x"] {
        let said = app.tell("alpha", &format!("ask {what}")).await?;
        assert!(said.contains("APP_UNSUPPORTED"), "{what}: {said}");
    }
    Ok(())
}
