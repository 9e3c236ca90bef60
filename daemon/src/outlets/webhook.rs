//! One POST of JSON to an operator's address, over HTTP or HTTPS, tried a few times. It follows no
//! redirect and reads no answer but its status.

use std::fmt;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::header::{CONTENT_TYPE, HOST};
use http::{Request, StatusCode};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio_rustls::TlsConnector;

use super::tls;
use crate::config::operator::{Post, Scheme};

/// How long one try may take, from the look-up of the host to the status.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long each of a host's addresses may take to answer: one that swallows everything leaves time
/// for the next.
const EACH: Duration = Duration::from_secs(2);
/// Waits between tries of what is one of many.
pub const OF_MANY: &[Duration] = &[Duration::from_millis(500), Duration::from_secs(2)];
/// Waits between tries of what is not said twice: whoever is started again may miss nothing.
pub const OF_FEW: &[Duration] = &[
    Duration::from_millis(500),
    Duration::from_secs(2),
    Duration::from_secs(10),
    Duration::from_secs(30),
    Duration::from_secs(60),
];

/// The way to one address; cheap to clone.
#[derive(Clone)]
pub struct Poster(Arc<Inner>);

struct Inner {
    post: Post,
    /// Read when it is first needed, and again after something went wrong: a file of certificates
    /// is renewed without a word.
    tls: Mutex<Option<TlsConnector>>,
    /// A look-up that hangs holds a thread, and cannot be taken back: no second one beside it.
    look_up: Arc<Semaphore>,
}

/// A connection, whatever it is made of.
trait Line: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Line for T {}

/// Why a try failed.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("{0}")]
    Unreachable(String),
    #[error("no answer within {} s", PATIENCE.as_secs())]
    Late,
    #[error("{0}")]
    Disbelieved(String),
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
            Self::Redirect(_) | Self::Disbelieved(_) => false,
        }
    }
}

impl fmt::Debug for Poster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Poster({:?})", self.0.post)
    }
}

impl PartialEq for Poster {
    /// Whether they lead to the same address in the same way.
    fn eq(&self, other: &Self) -> bool {
        self.0.post == other.0.post
    }
}

impl Poster {
    /// A way there. It costs nothing until it is used.
    #[must_use]
    pub fn new(post: Post) -> Self {
        let (tls, look_up) = (Mutex::default(), Arc::new(Semaphore::new(1)));
        Self(Arc::new(Inner { post, tls, look_up }))
    }

    /// Where it leads, as it may be shown.
    #[must_use]
    pub fn place(&self) -> String {
        self.0.post.to.place()
    }

    /// Reads what is needed before anything can be posted.
    ///
    /// # Errors
    /// The certificates that are to be believed cannot be read.
    pub async fn prepare(&self) -> Result<(), String> {
        match self.0.post.to.scheme {
            Scheme::Http => Ok(()),
            Scheme::Https(_) => self.tls().await.map(|_| ()),
        }
    }

    /// Posts JSON; tries again after each of `waits`, where that may help. `failing` is told of
    /// every try that failed and is not the last.
    ///
    /// # Errors
    /// Why the last try failed, in an operator's words.
    pub async fn post(
        &self,
        json: &str,
        waits: &[Duration],
        failing: impl Fn(&str),
    ) -> Result<(), String> {
        let mut waits = waits.iter();
        loop {
            let tried = tokio::time::timeout(PATIENCE, self.attempt(json)).await;
            let refused = match tried.unwrap_or(Err(Refused::Late)) {
                Ok(()) => return Ok(()),
                Err(refused) => refused,
            };
            *self.0.tls.lock().unwrap_or_else(PoisonError::into_inner) = None;
            match waits.next().filter(|_| refused.may_pass()) {
                Some(wait) => {
                    failing(&refused.to_string());
                    tokio::time::sleep(*wait).await;
                }
                None => return Err(refused.to_string()),
            }
        }
    }

    async fn attempt(&self, json: &str) -> Result<(), Refused> {
        let tls = match &self.0.post.to.scheme {
            Scheme::Http => None,
            Scheme::Https(name) => {
                Some((self.tls().await.map_err(Refused::Disbelieved)?, name.clone()))
            }
        };
        let stream = self.connect().await?;
        let line: Box<dyn Line> = match tls {
            None => Box::new(stream),
            Some((tls, name)) => Box::new(tls.connect(name, stream).await.map_err(handshake)?),
        };
        self.say(line, json).await
    }

    async fn connect(&self) -> Result<TcpStream, Refused> {
        let mut last = Refused::Unreachable("its name has no address".to_owned());
        for address in self.addresses().await? {
            last = match tokio::time::timeout(EACH, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(error)) => unreachable(error),
                Err(_) => Refused::Unreachable(format!("nobody answers at {address}")),
            };
        }
        Err(last)
    }

    async fn tls(&self) -> Result<TlsConnector, String> {
        let kept = || self.0.tls.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tls) = kept().clone() {
            return Ok(tls);
        }
        let tls = tls::connector(self.0.post.ca.clone()).await?;
        *kept() = Some(tls.clone());
        Ok(tls)
    }

    async fn addresses(&self) -> Result<Vec<SocketAddr>, Refused> {
        let place = Arc::clone(&self.0.look_up).acquire_owned().await.map_err(unreachable)?;
        let (host, port) = (self.0.post.to.host.clone(), self.0.post.to.port);
        let looking = tokio::spawn(async move {
            let found = tokio::net::lookup_host((host, port)).await.map(Iterator::collect);
            drop(place);
            found
        });
        looking.await.map_err(unreachable)?.map_err(unreachable)
    }

    async fn say(&self, line: Box<dyn Line>, json: &str) -> Result<(), Refused> {
        let to = &self.0.post.to;
        let (mut sender, connection) =
            http1::handshake::<_, String>(TokioIo::new(line)).await.map_err(unreachable)?;
        let request = Request::post(&to.path)
            .header(HOST, &to.authority)
            .header(CONTENT_TYPE, "application/json")
            .body(json.to_owned())
            .map_err(unreachable)?;
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
}

fn unreachable(error: impl fmt::Display) -> Refused {
    Refused::Unreachable(error.to_string())
}

fn handshake(error: std::io::Error) -> Refused {
    tls::refused(&error).map_or_else(|| unreachable(error), Refused::Disbelieved)
}

#[cfg(test)]
mod tests;
