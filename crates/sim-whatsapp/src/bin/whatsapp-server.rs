//! A WhatsApp server for tests, as a process: `whatsapp-server --listen 127.0.0.1:PORT --control 127.0.0.1:PORT`.
//!
//! Prints one line of JSON with its addresses and root key when it is ready, logs to standard error (`RUST_LOG`), and
//! ends on SIGTERM or SIGINT.

use std::io::Write as _;
use std::net::SocketAddr;

use anyhow::Context as _;
use clap::Parser;
use matrimony_sim_whatsapp::{Options, SimWhatsApp, describe};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// The Signal library shouts of every message that does not decrypt, and prints keys; the phones ask again by
/// themselves.
const DEFAULT_LOG: &str = "info,wacore_libsignal=off";

/// A WhatsApp server on the wire, for tests and demonstrations. Everything is in memory.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Where clients connect (WebSocket, plain).
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Where media and the control API are served (HTTP, plain): a loopback address.
    #[arg(long, default_value = "127.0.0.1:0")]
    control: SocketAddr,
    /// Makes keys and ids repeatable.
    #[arg(long)]
    seed: Option<u64>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(DEFAULT_LOG)))
        .with_writer(std::io::stderr)
        .init();
    let arguments = Arguments::parse();
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?;
    let sim = SimWhatsApp::start(Options {
        listen: arguments.listen,
        control: arguments.control,
        seed: arguments.seed,
    })
    .await?;
    writeln!(std::io::stdout(), "{}", describe(&sim)).context("cannot print the addresses")?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    sim.stop().await;
    Ok(())
}
