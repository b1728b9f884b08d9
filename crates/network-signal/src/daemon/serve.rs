//! The task that keeps signal-cli running and connected.

use super::child::SignalCli;
use super::{Core, State, accounts, link};
use crate::backoff::Backoff;
use crate::limits::{CHILD_START, LINGER, NOT_CONNECTED, READ_CALL};
use crate::rpc::{Notices, converse};
use crate::settings::Source;
use crate::spool::Spool;
use async_trait::async_trait;
use matrimony_domain::Reason;
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// Serves while there are leases; idles in between.
pub(super) async fn serve(core: Arc<Core>) {
    let mut leases = core.leases.subscribe();
    loop {
        if leases.wait_for(|leases| leases.held > 0).await.is_err() {
            return;
        }
        core.state.send_replace(State::Starting { trouble: None });
        let mut child = None;
        tokio::select! {
            () = keep(&core, &mut child) => {}
            () = unneeded(&core) => {}
        }
        core.switch.disconnect();
        if let Some(child) = child.take() {
            child.stop().await;
        }
        core.state.send_replace(State::Idle);
    }
}

/// Returns when the last lease is gone, and stays gone for a while if nobody waits for the end.
async fn unneeded(core: &Core) {
    let mut leases = core.leases.subscribe();
    loop {
        // The sender lives in `core`, so waiting cannot fail.
        let Ok(now) = leases.wait_for(|leases| leases.held == 0).await.map(|leases| *leases) else {
            return;
        };
        let again = leases.wait_for(|leases| leases.held > 0);
        if now.at_once || tokio::time::timeout(LINGER, again).await.is_err() {
            return;
        }
    }
}

/// Starts and connects, again and again. Does not return.
async fn keep(core: &Core, child: &mut Option<SignalCli>) {
    let mut backoff = Backoff::new(Arc::clone(&core.clock));
    loop {
        let trouble = match attempt(core, child, &mut backoff).await {
            Ok(()) => Reason::fixed("the connection to signal-cli ended; it is opened again"),
            Err(trouble) => trouble,
        };
        core.switch.disconnect();
        tracing::warn!(reason = %trouble, "signal-cli is not available");
        core.state.send_replace(State::Starting { trouble: Some(trouble) });
        tokio::time::sleep(backoff.wait()).await;
    }
}

/// One start, where it is our child and does not run, and one connection to its end.
async fn attempt(core: &Core, child: &mut Option<SignalCli>, backoff: &mut Backoff) -> Result<(), Reason> {
    let Source::Child { program, config_dir } = &core.settings.source else {
        return connection(core, backoff).await;
    };
    let running = match child {
        Some(running) => running,
        None => child.insert(
            SignalCli::start(core, program, config_dir)
                .await
                .map_err(|error| error.reason())?,
        ),
    };
    let outcome = tokio::select! {
        outcome = connection(core, backoff) => outcome,
        () = running.ended() => {
            *child = None;
            return Err(Reason::fixed("signal-cli ended and is started again; its own log is signal-cli.log in the state folder"));
        }
    };
    if outcome.is_err() {
        // It runs and does not answer.
        if let Some(stuck) = child.take() {
            stuck.stop().await;
        }
    }
    outcome
}

/// Opens a connection and uses it to its end. `Err`: it could not be used at all.
async fn connection(core: &Core, backoff: &mut Backoff) -> Result<(), Reason> {
    let stream = open(core).await?;
    let mut calls = core.switch.connect();
    let mut notices = Incoming::of(core)?;
    let in_use = async {
        greet(core).await?;
        backoff.reset();
        // Ends with the connection, which is told by `converse`.
        drop(accounts::keep_listed(core).await);
        Ok(())
    };
    tokio::select! {
        _ = converse(stream, &mut calls, &mut notices) => Ok(()),
        outcome = in_use => outcome,
    }
}

/// Connects; a child gets the time that it needs to start.
async fn open(core: &Core) -> Result<Box<dyn link::Stream>, Reason> {
    let unreachable = Reason::fixed("signal-cli does not listen at its address; is it running?");
    if !core.is_child() {
        return link::connect(core).await.map_err(|_| unreachable);
    }
    let listening = async {
        loop {
            if let Ok(stream) = link::connect(core).await {
                return stream;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let patience = tokio::time::timeout(CHILD_START, listening).await;
    patience.map_err(|_| Reason::fixed("signal-cli was started and does not listen; look at signal-cli.log"))
}

#[derive(Deserialize)]
struct Version {
    #[serde(default)]
    version: String,
}

/// Asks for the version: proof that a signal-cli is at the other end.
async fn greet(core: &Core) -> Result<(), Reason> {
    let answer: Result<Version, _> = core.rpc.call("version", json!({}), READ_CALL).await;
    let version = answer.map_err(|_| Reason::fixed("what listens at the address does not answer like signal-cli"))?;
    if is_old(&version.version) {
        tracing::warn!("this signal-cli is older than 0.14: Signal's live service may refuse it, update it");
    }
    Ok(())
}

/// Up to 0.13 signal-cli does not read the binary ids that the live service and current apps send.
fn is_old(version: &str) -> bool {
    let mut numbers = version.split('.').map_while(|part| part.parse::<u32>().ok());
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) < (0, 14)
}

/// What happens to notifications on the socket.
enum Incoming {
    /// A child has written them to the spool already.
    Spooled,
    /// They go to the spool now.
    ToSpool(Arc<Spool>),
}

impl Incoming {
    fn of(core: &Core) -> Result<Self, Reason> {
        if core.is_child() {
            return Ok(Self::Spooled);
        }
        let spool = core.spool();
        let spool = spool.map_err(|_| Reason::fixed("the state folder of the signal connector cannot be written"))?;
        Ok(Self::ToSpool(spool))
    }
}

#[async_trait]
impl Notices for Incoming {
    /// Tries until it is written: nothing is read meanwhile, so signal-cli keeps what comes.
    async fn take(&mut self, line: Option<Vec<u8>>) {
        let Self::ToSpool(spool) = self else { return };
        let line = line.unwrap_or_else(|| b"a line that was too long".to_vec());
        while let Err(error) = spool.append(&line) {
            tracing::error!(error = %error.kind(), "cannot write to the spool of received messages; make room on the disk");
            tokio::time::sleep(NOT_CONNECTED).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_old;

    #[test]
    fn versions_are_compared_by_number() {
        for old in ["0.13.19", "0.9", "", "nonsense"] {
            assert!(is_old(old), "{old}");
        }
        for new in ["0.14.0", "0.100.1", "1.0", "0.14"] {
            assert!(!is_old(new), "{new}");
        }
    }
}
