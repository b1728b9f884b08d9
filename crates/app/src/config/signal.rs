//! `[signal]`: how signal-cli is reached.

use serde::Deserialize;
use std::net::SocketAddr;
use std::path::PathBuf;

/// How signal-cli is reached. By default it is started as a child; with `socket` or `tcp` a daemon of yours is used.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Signal {
    /// Off: no Signal at all.
    pub enabled: bool,
    /// The program, found on PATH unless it is a path.
    pub command: PathBuf,
    /// The Unix socket of a daemon of yours.
    pub socket: Option<PathBuf>,
    /// The TCP address of a daemon of yours.
    pub tcp: Option<SocketAddr>,
}

impl Default for Signal {
    fn default() -> Self {
        Self {
            enabled: true,
            command: "signal-cli".into(),
            socket: None,
            tcp: None,
        }
    }
}

impl Signal {
    /// What the types cannot say.
    pub(super) fn check(&self) -> Result<(), String> {
        match (&self.socket, &self.tcp) {
            (Some(_), Some(_)) => Err("signal.socket and signal.tcp are both there; keep one".into()),
            _ => Ok(()),
        }
    }
}
