//! A browser's bare minimum: get a page, post JSON, listen to server-sent events.
//!
//! HTTP/1.0, so that answers end where the connection does. It refuses to know the chat.

use anyhow::{Context, bail};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::TcpStream;

/// Somebody at the chat's address.
#[derive(Debug, Clone)]
pub struct Visitor {
    host: String,
}

impl Visitor {
    /// A visitor of `http://HOST:PORT`.
    pub fn of(url: &str) -> Self {
        Self { host: url.trim_start_matches("http://").trim_end_matches('/').to_owned() }
    }

    /// Gets a page.
    pub async fn get(&self, path: &str) -> anyhow::Result<String> {
        self.ask(&format!("GET {path} HTTP/1.0\r\nHost: {}\r\n\r\n", self.host)).await
    }

    /// Posts JSON and reads JSON.
    pub async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.put(path, "application/json", &body.to_string()).await
    }

    /// Sends a file and reads JSON.
    pub async fn send(&self, path: &str, content: &str) -> anyhow::Result<Value> {
        self.put(path, "application/octet-stream", content).await
    }

    async fn put(&self, path: &str, kind: &str, body: &str) -> anyhow::Result<Value> {
        let host = &self.host;
        let answer = self
            .ask(&format!(
                "POST {path} HTTP/1.0\r\nHost: {host}\r\nContent-Type: {kind}\r\n\
                 Content-Length: {}\r\n\r\n{body}",
                body.len()
            ))
            .await?;
        serde_json::from_str(&answer).with_context(|| format!("{path} answered {answer:?}"))
    }

    async fn ask(&self, request: &str) -> anyhow::Result<String> {
        let mut stream = TcpStream::connect(&self.host).await?;
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        let (head, body) = answer.split_once("\r\n\r\n").context("not an HTTP answer")?;
        let status = head.lines().next().unwrap_or_default();
        if !status.contains(" 200 ") {
            bail!("{status}: {body}");
        }
        Ok(body.to_owned())
    }

    /// Listens to the live stream.
    pub async fn listen(&self, path: &str) -> anyhow::Result<Ear> {
        let mut stream = TcpStream::connect(&self.host).await?;
        let request = format!("GET {path} HTTP/1.0\r\nHost: {}\r\n\r\n", self.host);
        stream.write_all(request.as_bytes()).await?;
        Ok(Ear { lines: BufReader::new(stream).lines() })
    }
}

/// A live stream.
#[derive(Debug)]
pub struct Ear {
    lines: Lines<BufReader<TcpStream>>,
}

impl Ear {
    /// The next event: its name and its data.
    pub async fn next(&mut self) -> anyhow::Result<(String, Value)> {
        let mut name = String::new();
        loop {
            let line = self.lines.next_line().await?.context("the chat ended its stream")?;
            if let Some(event) = line.strip_prefix("event: ") {
                event.clone_into(&mut name);
            } else if let Some(data) = line.strip_prefix("data: ") {
                return Ok((name, serde_json::from_str(data)?));
            }
        }
    }
}
