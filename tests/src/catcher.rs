//! A stranger on loopback: takes what is posted to it, and fetches what others serve. HTTP/1.1 by
//! hand, as far as a test needs it.
//!
//! It refuses to know what it is told.

use std::path::Path;

use anyhow::Context as _;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::{Mutex, mpsc};
use tokio_rustls::TlsAcceptor;

use crate::PATIENCE;

/// What takes posts.
pub struct Catcher {
    url: String,
    bodies: Mutex<mpsc::Receiver<String>>,
}

/// How it answers.
#[derive(Debug, Clone, Copy)]
pub enum Answers {
    /// With this status, such as "204 No Content".
    With(&'static str),
    /// Never.
    Not,
}

impl Catcher {
    /// One that answers like that.
    ///
    /// # Errors
    /// There is no port to have.
    pub async fn start(answers: Answers) -> anyhow::Result<Self> {
        Self::listen("http", answers, |stream| async { Ok(stream) }).await
    }

    /// The same over HTTPS.
    ///
    /// # Errors
    /// As [`Catcher::start`].
    pub async fn secure(answers: Answers, acceptor: TlsAcceptor) -> anyhow::Result<Self> {
        Self::listen("https", answers, move |stream| acceptor.accept(stream)).await
    }

    async fn listen<S, F>(
        scheme: &str,
        answers: Answers,
        shake_hands: impl Fn(TcpStream) -> F + Send + Sync + 'static,
    ) -> anyhow::Result<Self>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        F: Future<Output = std::io::Result<S>> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("{scheme}://{}/hook", listener.local_addr()?);
        let (sender, bodies) = mpsc::channel(1024);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (shaken, sender) = (shake_hands(stream), sender.clone());
                tokio::spawn(async move {
                    if let Ok(stream) = shaken.await {
                        take(stream, answers, sender).await;
                    }
                });
            }
        });
        Ok(Self { url, bodies: Mutex::new(bodies) })
    }

    /// Where it is.
    #[must_use]
    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// The next thing that is posted.
    ///
    /// # Errors
    /// Nothing came within the patience of a test.
    pub async fn next(&self) -> anyhow::Result<String> {
        let mut bodies = self.bodies.lock().await;
        let next = tokio::time::timeout(PATIENCE, bodies.recv()).await;
        next.context("nothing was posted")?.context("nobody listens any more")
    }
}

async fn take(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    answers: Answers,
    bodies: mpsc::Sender<String>,
) {
    let (mut read, mut piece) = (Vec::new(), [0_u8; 4096]);
    let body = loop {
        match stream.read(&mut piece).await {
            Ok(count) if count > 0 => read.extend_from_slice(&piece[..count]),
            Ok(_) | Err(_) => return,
        }
        if let Some(body) = body_of(&String::from_utf8_lossy(&read)) {
            break body;
        }
    };
    let _ = bodies.send(body).await;
    match answers {
        Answers::With(status) => {
            let head =
                format!("HTTP/1.1 {status}\r\nlocation: /there\r\ncontent-length: 0\r\n\r\n");
            let _ = stream.write_all(head.as_bytes()).await;
        }
        Answers::Not => std::future::pending().await,
    }
}

/// The body of a request, if all of it is there.
fn body_of(request: &str) -> Option<String> {
    let (head, body) = request.split_once("\r\n\r\n")?;
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    (body.len() >= length.unwrap_or(0)).then(|| body.to_owned())
}

/// The whole answer to `GET path`.
///
/// # Errors
/// Nobody serves there.
pub async fn fetch(address: &str, path: &str) -> anyhow::Result<String> {
    get(TcpStream::connect(address).await?, path).await
}

/// The same at a Unix socket, as `curl --unix-socket` asks.
///
/// # Errors
/// Nobody serves there.
pub async fn fetch_at(socket: &Path, path: &str) -> anyhow::Result<String> {
    get(UnixStream::connect(socket).await?, path).await
}

async fn get(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    path: &str,
) -> anyhow::Result<String> {
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    tokio::time::timeout(PATIENCE, stream.read_to_string(&mut answer)).await??;
    Ok(answer)
}

/// A port on loopback that was free a moment ago.
///
/// # Errors
/// There is none.
pub async fn free_port() -> anyhow::Result<String> {
    Ok(TcpListener::bind("127.0.0.1:0").await?.local_addr()?.to_string())
}
