//! One POST of JSON to an operator's address, tried a few times. It follows no redirect and reads
//! no answer but its status.

use std::pin::pin;
use std::time::Duration;

use http::header::{CONTENT_TYPE, HOST};
use http::{Request, StatusCode};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::config::operator::Webhook;

/// How long one try may take, from the look-up of the host to the status.
const PATIENCE: Duration = Duration::from_secs(5);
/// Waits between tries.
const WAITS: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(2)];

/// Why a try failed.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("{0}")]
    Unreachable(String),
    #[error("no answer within {} s", PATIENCE.as_secs())]
    Late,
    #[error("it answered {0}")]
    Status(StatusCode),
    #[error("it answered {0}: redirects are not followed")]
    Redirect(StatusCode),
}

impl Refused {
    /// Whether the same could be taken a moment later.
    fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::Late => true,
            Self::Status(status) => {
                status.is_server_error() || *status == StatusCode::TOO_MANY_REQUESTS
            }
            Self::Redirect(_) => false,
        }
    }
}

/// Posts JSON; three tries at most.
///
/// # Errors
/// Why the last try failed, in an operator's words.
pub async fn post(to: &Webhook, json: &str) -> Result<(), String> {
    let mut waits = WAITS.into_iter();
    loop {
        let tried = tokio::time::timeout(PATIENCE, attempt(to, json)).await;
        let refused = match tried.unwrap_or(Err(Refused::Late)) {
            Ok(()) => return Ok(()),
            Err(refused) => refused,
        };
        match waits.next() {
            Some(wait) if refused.may_pass() => tokio::time::sleep(wait).await,
            Some(_) | None => return Err(refused.to_string()),
        }
    }
}

async fn attempt(to: &Webhook, json: &str) -> Result<(), Refused> {
    let stream = TcpStream::connect(&to.authority).await;
    let stream = stream.map_err(|error| Refused::Unreachable(error.to_string()))?;
    let unreachable = |error: hyper::Error| Refused::Unreachable(error.to_string());
    let (mut sender, connection) =
        http1::handshake::<_, String>(TokioIo::new(stream)).await.map_err(unreachable)?;
    let request = Request::post(&to.path)
        .header(HOST, &to.authority)
        .header(CONTENT_TYPE, "application/json")
        .body(json.to_owned())
        .map_err(|error| Refused::Unreachable(error.to_string()))?;
    // Polled beside each other: nothing of the connection outlives this try.
    let (mut answered, connection) = (pin!(sender.send_request(request)), pin!(connection));
    let answered = tokio::select! {
        answered = &mut answered => answered,
        // Whoever hangs up may have answered before.
        _ = connection => answered.await,
    };
    let status = answered.map_err(unreachable)?.status();
    match status {
        status if status.is_success() => Ok(()),
        status if status.is_redirection() => Err(Refused::Redirect(status)),
        status => Err(Refused::Status(status)),
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    /// A server that answers each request with the next of these heads, then hangs up.
    async fn server(heads: &'static [&'static str]) -> (Webhook, tokio::task::JoinHandle<usize>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let authority = listener.local_addr().unwrap().to_string();
        let serving = tokio::spawn(async move {
            let mut answered = 0;
            for head in heads {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut request = [0; 1024];
                let read = stream.read(&mut request).await.unwrap();
                assert!(read > 0);
                stream.write_all(head.as_bytes()).await.unwrap();
                answered += 1;
            }
            answered
        });
        (Webhook { authority, path: "/hook".to_owned() }, serving)
    }

    #[tokio::test]
    async fn what_fails_for_a_moment_is_tried_again() {
        let (to, serving) =
            server(&["HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n", "HTTP/1.1 204 Fine\r\n\r\n"])
                .await;
        assert_eq!(post(&to, "{}").await, Ok(()));
        assert_eq!(serving.await.unwrap(), 2);
    }

    #[tokio::test]
    async fn redirects_are_not_followed_and_refusals_not_repeated() {
        let (to, serving) = server(&[
            "HTTP/1.1 302 There\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n",
        ])
        .await;
        assert!(post(&to, "{}").await.unwrap_err().contains("not followed"));
        assert_eq!(serving.await.unwrap(), 1);
        let (to, serving) = server(&["HTTP/1.1 404 No\r\ncontent-length: 0\r\n\r\n"]).await;
        assert!(post(&to, "{}").await.unwrap_err().contains("404"));
        assert_eq!(serving.await.unwrap(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_there_is_told_after_three_tries() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let authority = listener.local_addr().unwrap().to_string();
        drop(listener);
        let to = Webhook { authority, path: "/".to_owned() };
        assert!(post(&to, "{}").await.is_err());
    }
}
