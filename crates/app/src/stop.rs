//! The signals that end `up`.

use anyhow::{Context, Result};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing::info;

/// SIGTERM and SIGINT, from when this is made: one that comes early is not lost.
pub(crate) struct StopSignals {
    term: Signal,
    int: Signal,
    told: bool,
}

impl StopSignals {
    /// Begins to listen.
    pub(crate) fn listen() -> Result<Self> {
        let listen = |kind| signal(kind).context("the system does not let us listen for signals");
        Ok(Self {
            term: listen(SignalKind::terminate())?,
            int: listen(SignalKind::interrupt())?,
            told: false,
        })
    }

    /// Waits for the first of them; returns at once after that. Cancel-safe.
    pub(crate) async fn received(&mut self) {
        if self.told {
            return;
        }
        tokio::select! {
            _ = self.term.recv() => info!("told to stop (SIGTERM)"),
            _ = self.int.recv() => info!("told to stop (SIGINT)"),
        }
        self.told = true;
    }
}
