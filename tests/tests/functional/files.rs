//! Files of the app: looked at, fetched, uploaded and attached by plugins, piece by piece and
//! whole.

use outboard_proto::app::{
    CommandResult, FilePiece, ReadFile, Request, UploadFile, UploadFileBegin, UploadFileEnd,
    UploadFileMore, Uploaded, answer::Result as Answer, request::Of, upload_file::Step,
};
use outboard_proto::common::{Attachment, Channel, FileInfo};
use outboard_tests::app::Expected;
use outboard_tests::{App, AppDraft, Daemon, Draft, Outcome, app, values};
use sha2::{Digest as _, Sha256};

/// A daemon with an obedient plugin that may read and write files, and an app that has all of them.
pub async fn with_files() -> anyhow::Result<(Daemon, App)> {
    let daemon = Daemon::start().await?;
    let may = ["messages:send", "files:read", "files:write"];
    daemon.run(&may.into_iter().fold(Draft::obedient("alpha"), Draft::may)).await?;
    let app = AppDraft::default().able().connect(&daemon.house().app_socket()).await?;
    Ok((daemon, app))
}

/// A file of the channel `c-town`.
pub fn file(id: &str, content: &[u8]) -> FileInfo {
    let file = Attachment {
        id: id.to_owned(),
        name: format!("{id}.txt"),
        mime: "text/plain".to_owned(),
        size_bytes: content.len() as u64,
        sha256: Sha256::digest(content).to_vec().into(),
    };
    let channel = Some(values::channel("town"));
    FileInfo { file: Some(file), channel, ..FileInfo::default() }
}

/// Answers a look with this file.
pub async fn show(app: &App, info: FileInfo) -> anyhow::Result<Request> {
    let request = app.request().await?;
    anyhow::ensure!(matches!(request.of, Some(Of::StatFile(_))), "{:?}", request.of);
    app.answer(request.id, Answer::File(info.into())).await?;
    Ok(request)
}

/// Answers the next question for a piece; where it was to begin.
pub async fn give(app: &App, data: &[u8], last: bool) -> anyhow::Result<u64> {
    let request = app.request().await?;
    let Some(Of::ReadFile(ReadFile { offset, .. })) = request.of else {
        anyhow::bail!("no question for a piece: {:?}", request.of);
    };
    let piece = FilePiece { data: data.to_vec().into(), last };
    app.answer(request.id, Answer::FilePiece(piece)).await?;
    Ok(offset)
}

/// The next step of an upload, answered as an app would; `begin NAME SIZE`, `OFFSET+BYTES`,
/// `end SIZE` or `end: REASON`.
pub async fn taken(app: &App) -> anyhow::Result<String> {
    let request = app.request().await?;
    let Some(Of::UploadFile(UploadFile { step: Some(step) })) = request.of else {
        anyhow::bail!("no step of an upload: {:?}", request.of);
    };
    let (said, uploaded) = match step {
        Step::Begin(UploadFileBegin { file, .. }) => {
            let file = file.unwrap_or_default();
            let begun = Uploaded { upload_id: "u-1".to_owned(), ..Uploaded::default() };
            (format!("begin {} {}", file.name, file.size_bytes), begun)
        }
        Step::More(UploadFileMore { upload_id, offset, data }) => {
            assert_eq!(upload_id, "u-1");
            (format!("{offset}+{}", data.len()), Uploaded::default())
        }
        Step::End(UploadFileEnd { abort: Some(why), .. }) => {
            (format!("end: {}", why.reason().code()), Uploaded::default())
        }
        Step::End(UploadFileEnd { size_bytes, .. }) => {
            let file = Some(Attachment { id: "f-9".to_owned(), size_bytes, ..Default::default() });
            let file = Some(FileInfo { file, ..FileInfo::default() });
            (format!("end {size_bytes}"), Uploaded { file, ..Uploaded::default() })
        }
    };
    app.answer(request.id, Answer::Uploaded(uploaded)).await?;
    Ok(said)
}

/// What the plugin says in the end.
pub async fn said(told: Expected<CommandResult>) -> anyhow::Result<String> {
    Ok(app::reply_text(&told.answer().await?).unwrap_or_default())
}

// I100
#[tokio::test]
async fn a_file_is_fetched_piece_by_piece_and_comes_whole() -> Outcome {
    let (_daemon, app) = with_files().await?;
    let content = "x".repeat(70_000);
    let told = app.order("alpha", "ask fetch f-1").await?;
    let asked = show(&app, file("f-1", content.as_bytes())).await?;
    assert_eq!(asked.asker.unwrap_or_default().plugin, "alpha");
    let mut offsets = Vec::new();
    for (at, piece) in content.as_bytes().chunks(32_768).enumerate() {
        offsets.push(give(&app, piece, at == 2).await?);
    }
    assert_eq!(offsets, [0, 32_768, 65_536]);
    assert_eq!(said(told).await?, "f-1=f-1.txt 70000: *70000");
    Ok(())
}

#[tokio::test]
async fn an_empty_file_is_fetched_too() -> Outcome {
    let (_daemon, app) = with_files().await?;
    let told = app.order("alpha", "ask fetch f-1").await?;
    show(&app, file("f-1", b"")).await?;
    give(&app, b"", true).await?;
    assert_eq!(said(told).await?, "f-1=f-1.txt 0: ");
    Ok(())
}

// I100
#[tokio::test]
async fn a_file_is_uploaded_in_order_and_named() -> Outcome {
    let (_daemon, app) = with_files().await?;
    let told = app.order("alpha", "ask put c-town notes.txt one *40000 three").await?;
    let mut steps = Vec::new();
    for _ in 0..6 {
        steps.push(taken(&app).await?);
    }
    // A piece too large for one question is cut.
    let wanted = ["begin notes.txt 0", "0+3", "3+32768", "32771+7232", "40003+5", "end 40008"];
    assert_eq!(steps, wanted);
    assert_eq!(said(told).await?, "f-9= 40008");
    Ok(())
}

#[tokio::test]
async fn the_app_is_told_the_hash_of_what_came() -> Outcome {
    let (_daemon, app) = with_files().await?;
    let _told = app.order("alpha", "ask put - notes.txt one two").await?;
    for _ in 0..3 {
        taken(&app).await?;
    }
    let request = app.request().await?;
    let Some(Of::UploadFile(UploadFile { step: Some(Step::End(end)) })) = request.of else {
        panic!("{:?}", request.of);
    };
    assert_eq!(end.sha256, Sha256::digest(b"onetwo").to_vec());
    Ok(())
}

#[tokio::test]
async fn a_file_is_attached_to_a_message() -> Outcome {
    let (_daemon, app) = with_files().await?;
    let told = app.order("alpha", "ask attach c-town f-1").await?;
    let message = app.carry_out("m-1").await?;
    assert_eq!(message.attachments.first().map(|it| it.id.as_str()), Some("f-1"));
    assert_eq!(said(told).await?, "sent m-1");
    Ok(())
}

#[tokio::test]
async fn an_upload_into_a_channel_says_which() -> Outcome {
    let (_daemon, app) = with_files().await?;
    let _told = app.order("alpha", "ask put c-town notes.txt one").await?;
    let request = app.request().await?;
    let Some(Of::UploadFile(UploadFile { step: Some(Step::Begin(begin)) })) = request.of else {
        panic!("{:?}", request.of);
    };
    let Channel { id, .. } = begin.channel.unwrap_or_default();
    assert_eq!(id, "c-town");
    Ok(())
}
