//! A small chat server with a web page, connected to Outboard.
//!
//! It shows what a chat server does to have plugins: ask before it posts, publish what it posted,
//! run commands, post what plugins say. It stores nothing and knows nobody's password.

mod carries;
mod commands;
mod files;
mod frames;
mod held;
mod herald;
mod live;
mod moment;
mod panel;
mod passing;
mod plugins;
mod post;
mod room;
mod settings;
mod share;
mod talk;
mod trouble;
mod ui;
mod web;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use clap::Parser;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::room::Room;

/// A small chat server with a web page, connected to Outboard.
#[derive(Debug, Parser)]
struct Arguments {
    /// The daemon's app socket.
    #[arg(long)]
    app_socket: PathBuf,
    /// The daemon's admin socket, for the panel that shows the plugins.
    #[arg(long)]
    admin_socket: PathBuf,
    /// Where to serve the page. Port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
}

/// One thread: the whole of it costs less than waking a second one.
#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let listener = TcpListener::bind(arguments.listen)
        .await
        .with_context(|| format!("cannot listen on {}", arguments.listen))?;
    let room = Arc::new(Room::new());
    let address = format!("http://{}", listener.local_addr()?);
    let app = plugins::connect(&room, arguments.app_socket, &address);
    tokio::spawn(panel::follow(Arc::clone(&room), arguments.admin_socket.clone()));
    println!("listening on {address}");
    let server = web::router(web::Site::new(room, app.clone(), arguments.admin_socket));
    tokio::select! {
        served = axum::serve(listener, server) => served?,
        () = told_to_stop() => {}
    }
    app.close().await;
    Ok(())
}

async fn told_to_stop() {
    let (Ok(mut interrupt), Ok(mut terminate)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}
