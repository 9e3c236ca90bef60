//! A stranger on loopback: takes what is posted to it, and fetches what others serve. HTTP/1.1 by
//! hand, as far as a test needs it.
//!
//! It refuses to know what it is told.

use anyhow::Context as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, mpsc};

use crate::PATIENCE;

/// What takes posts.
pub struct Catcher {
    address: String,
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
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        let (sender, bodies) = mpsc::channel(1024);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(take(stream, answers, sender.clone()));
            }
        });
        Ok(Self { address, bodies: Mutex::new(bodies) })
    }

    /// Where it is.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/hook", self.address)
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

async fn take(mut stream: TcpStream, answers: Answers, bodies: mpsc::Sender<String>) {
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
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
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
