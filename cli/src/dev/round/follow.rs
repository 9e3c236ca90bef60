//! What feeds the loop: the daemon's streams and signals. It refuses to look into them.

use outboard_proto::admin::{LogsRequest, TraceRequest};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use crate::admin::{Admin, Changing};
use crate::dev::news::News;
use crate::report::LogLine;
use crate::trouble::Stop;

/// Ctrl-C, a polite kill, a terminal that closes.
///
/// # Errors
/// The system does not let anybody listen.
pub fn signals(tell: &mpsc::Sender<News>) -> Result<(), Stop> {
    for kind in [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()] {
        let (mut signal, tell) = (signal(kind)?, tell.clone());
        tokio::spawn(async move {
            while signal.recv().await.is_some() {
                let _ = tell.send(News::Stop).await;
            }
        });
    }
    Ok(())
}

/// Every plugin's state, lines and calls, from now on.
///
/// # Errors
/// The daemon's.
pub async fn all(mut admin: Admin, tell: &mpsc::Sender<News>) -> Result<(), Stop> {
    let trace = TraceRequest { content: true, ..TraceRequest::default() };
    forward(admin.trace(trace).await?, tell, |record| News::Trace(Box::new(record)));
    let logs = LogsRequest { follow: true, ..LogsRequest::default() };
    forward(admin.logs(logs).await?, tell, News::Log);
    forward(admin.watch("").await?, tell, |plugin| News::Status(Box::new(plugin)));
    Ok(())
}

fn forward<T: Send + 'static>(
    mut from: Changing<T>,
    tell: &mpsc::Sender<News>,
    news: impl Fn(T) -> News + Send + 'static,
) {
    let tell = tell.clone();
    tokio::spawn(async move {
        // Where a stream breaks, the daemon is ending; that is told by its own process.
        while let Ok(Some(next)) = from.next().await {
            if tell.send(news(next)).await.is_err() {
                return;
            }
        }
    });
}

/// The lines that a plugin wrote beyond the first `told`.
pub async fn late_lines(admin: &mut Admin, name: &str, told: usize) -> Vec<LogLine> {
    let request = LogsRequest { name: name.to_owned(), ..LogsRequest::default() };
    let mut lines = Vec::new();
    if let Ok(mut kept) = admin.logs(request).await {
        while let Ok(Some(line)) = kept.next().await {
            lines.push(line);
        }
    }
    lines.into_iter().skip(told).collect()
}
