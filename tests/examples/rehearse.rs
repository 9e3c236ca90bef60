//! scratch
#![allow(clippy::unwrap_used, missing_docs)]
use outboard_proto::common::*;
use outboard_proto::plugin::plugin_server::{Plugin, PluginServer};
use outboard_proto::plugin::*;
use tokio_stream::wrappers::{ReceiverStream, UnixListenerStream};
use tonic::{Request, Response, Status, Streaming};
struct P;
#[tonic::async_trait]
impl Plugin for P {
    type SessionStream = ReceiverStream<Result<DaemonFrame, Status>>;
    async fn session(&self, r: Request<Streaming<PluginFrame>>) -> Result<Response<Self::SessionStream>, Status> {
        println!("session token={:?}", r.metadata().get("outboard-token"));
        let (tx, rx) = tokio::sync::mpsc::channel(16);
        let mut s = r.into_inner();
        tokio::spawn(async move {
            let send = |k| { let tx = tx.clone(); async move { let _ = tx.send(Ok(DaemonFrame { kind: Some(k) })).await; } };
            loop {
                let f = s.message().await;
                println!("<- {:?}", f);
                let Ok(Some(f)) = f else { break };
                match f.kind {
                    Some(plugin_frame::Kind::Hello(_)) => send(daemon_frame::Kind::Welcome(Welcome { generation: 1, session: 1, ..Default::default() })).await,
                    Some(plugin_frame::Kind::Ready(_)) => {
                        for (i, w) in std::env::args().skip(1).collect::<Vec<_>>().into_iter().enumerate() {
                            let of = if let Some(t) = w.strip_prefix("post ") {
                                call::Of::Intercept(Intercept { payload: Some(outboard_tests::values::before_post("town", t)), phase: 1 })
                            } else {
                                call::Of::Command(RunCommand { name: "alpha".into(), args: [("what".to_string(), Value { of: Some(value::Of::String(w)) })].into(), ..Default::default() })
                            };
                            send(daemon_frame::Kind::Call(Call { id: i as u64 + 1, budget_us: 1000000, of: Some(of), ..Default::default() })).await;
                        }
                        send(daemon_frame::Kind::Ping(Ping { nonce: 5 })).await;
                    }
                    _ => {}
                }
            }
        });
        Ok(Response::new(ReceiverStream::new(rx)))
    }
}
#[tokio::main(flavor = "current_thread")]
async fn main() {
    let d = tempfile::tempdir().unwrap();
    let sock = d.path().join("s");
    let l = tokio::net::UnixListener::bind(&sock).unwrap();
    let exe = std::env::current_exe().unwrap();
    let bin = exe.ancestors().nth(2).unwrap().join("misbehave");
    let mut c = tokio::process::Command::new(bin).arg("good").arg("--handlers=command:alpha,hook:message.before_post")
        .env("OUTBOARD_SOCKET", &sock).env("OUTBOARD_TOKEN", "tok").env("OUTBOARD_PLUGIN", "alpha").env("OUTBOARD_DATA_DIR", d.path()).kill_on_drop(true).spawn().unwrap();
    let srv = tonic::transport::Server::builder().add_service(PluginServer::new(P)).serve_with_incoming(UnixListenerStream::new(l));
    tokio::select! { _ = srv => {}, s = c.wait() => println!("exit {s:?}"), _ = tokio::time::sleep(std::time::Duration::from_secs(3)) => println!("time") }
}
