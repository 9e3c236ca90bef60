//! The metrics port: `GET /metrics` on loopback, for whoever scrapes. A port that is taken is told
//! and tried again.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};

use super::Outlets;
use crate::config::operator::Reporting;
use crate::fleet::Command;
use crate::statistics::metrics::{MEDIA_TYPE, text};

/// As doctor names it.
pub const NAME: &str = "metrics port";
/// Connections at once: scrapers, not the public.
const CONNECTIONS: usize = 16;
/// How long a connection may take over its requests.
const PATIENCE: Duration = Duration::from_secs(30);
/// When a port that was taken is tried again.
const AGAIN: Duration = Duration::from_secs(10);

/// Serves wherever the configuration says, for ever.
pub async fn run(command: Command, outlets: Outlets, mut config: watch::Receiver<Reporting>) {
    let address_of = |it: &Reporting| it.metrics.as_ref().map(|it| it.value);
    loop {
        let address = address_of(&config.borrow());
        let serving = async {
            match address {
                None => {
                    outlets.close(NAME);
                    std::future::pending::<()>().await;
                }
                Some(address) => serve(&command, &outlets, address).await,
            }
        };
        tokio::select! {
            () = serving => {}
            // Whatever else is told elsewhere closes no port.
            changed = config.wait_for(|it| address_of(it) != address) => {
                if changed.is_err() {
                    return;
                }
            }
        }
    }
}

async fn serve(command: &Command, outlets: &Outlets, address: SocketAddr) {
    outlets.open(NAME, &address.to_string());
    let listener = loop {
        match TcpListener::bind(address).await {
            Ok(listener) => break listener,
            Err(error) => outlets.failing(NAME, &format!("cannot listen: {error}")),
        }
        tokio::time::sleep(AGAIN).await;
    };
    outlets.told(NAME, 0);
    let at_once = std::sync::Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        // The semaphore is never closed.
        let Ok(place) = std::sync::Arc::clone(&at_once).acquire_owned().await else { return };
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(AGAIN).await;
            continue;
        };
        let (command, outlets) = (command.clone(), outlets.clone());
        tokio::spawn(async move {
            let _ = tokio::time::timeout(PATIENCE, converse(stream, command, outlets)).await;
            drop(place);
        });
    }
}

async fn converse(stream: TcpStream, command: Command, outlets: Outlets) {
    let service = hyper::service::service_fn(move |request: Request<Incoming>| {
        let (command, outlets) = (command.clone(), outlets.clone());
        async move {
            outlets.told(NAME, 1);
            Ok::<_, Infallible>(answer(&command, request.method(), request.uri().path()).await)
        }
    });
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(PATIENCE).max_buf_size(16 * 1024);
    // How a scraper hangs up is its own affair.
    let _ = server.serve_connection(TokioIo::new(stream), service).await;
}

/// What `GET /metrics` answers, here and on the admin socket.
pub async fn answer(command: &Command, method: &Method, path: &str) -> Response<String> {
    if path != "/metrics" {
        return words(StatusCode::NOT_FOUND, "there is only /metrics here\n");
    }
    if method != Method::GET {
        return words(StatusCode::METHOD_NOT_ALLOWED, "only GET is taken here\n");
    }
    match text(command).await {
        Ok(text) => {
            let mut response = Response::new(text);
            let media_type = HeaderValue::from_static(MEDIA_TYPE);
            response.headers_mut().insert(CONTENT_TYPE, media_type);
            response
        }
        Err(failure) => words(StatusCode::SERVICE_UNAVAILABLE, &failure.message),
    }
}

fn words(status: StatusCode, text: &str) -> Response<String> {
    let mut response = Response::new(text.to_owned());
    *response.status_mut() = status;
    response
}
