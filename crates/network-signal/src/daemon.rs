//! The one signal-cli that all sessions and logins share.
//!
//! It runs while somebody holds a [`Lease`]. One task serves it; the task belongs to the [`Daemon`] and ends with it.

mod accounts;
mod child;
mod link;
mod process;
mod program;
mod quiet;
mod serve;

pub(crate) use child::not_found;
pub(crate) use program::find;

use crate::rpc::{Rpc, Switch, rpc};
use crate::settings::{Settings, Source};
use crate::spool::Spool;
use matrimony_domain::{Clock, Reason};
use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio_util::task::AbortOnDropHandle;

/// signal-cli, ours or somebody else's.
pub(crate) struct Daemon {
    core: Arc<Core>,
    task: Mutex<Option<AbortOnDropHandle<()>>>,
}

/// What the task and the holders of leases share.
struct Core {
    settings: Settings,
    clock: Arc<dyn Clock>,
    spool: OnceLock<Arc<Spool>>,
    rpc: Rpc,
    switch: Switch,
    state: watch::Sender<State>,
    leases: watch::Sender<Leases>,
    /// Somebody has reason to doubt the list of accounts.
    doubt: Notify,
}

/// How signal-cli is.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum State {
    /// Nobody needs it.
    Idle,
    /// It is being started or connected.
    Starting { trouble: Option<Reason> },
    /// It answers, and has these accounts.
    Ready { accounts: Arc<BTreeSet<String>> },
}

/// Redacted: an account is a phone number.
impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Idle => f.write_str("Idle"),
            Self::Starting { trouble } => f.debug_struct("Starting").field("trouble", trouble).finish(),
            Self::Ready { accounts } => write!(f, "Ready {{ accounts: {} }}", accounts.len()),
        }
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Leases {
    held: usize,
    /// The last one was given back by somebody who waits for the end.
    at_once: bool,
}

/// While it is held, signal-cli is kept running and connected.
pub(crate) struct Lease(Arc<Core>);

impl Daemon {
    pub(crate) fn new(settings: Settings, clock: Arc<dyn Clock>) -> Self {
        let (rpc, switch) = rpc();
        let core = Core {
            settings,
            clock,
            spool: OnceLock::new(),
            rpc,
            switch,
            state: watch::Sender::new(State::Idle),
            leases: watch::Sender::default(),
            doubt: Notify::new(),
        };
        Self {
            core: Arc::new(core),
            task: Mutex::default(),
        }
    }

    /// Takes a lease. Needs a runtime.
    pub(crate) fn lease(&self) -> Lease {
        self.core.leases.send_modify(|leases| {
            leases.held += 1;
            leases.at_once = false;
        });
        let mut task = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        if task.as_ref().is_none_or(AbortOnDropHandle::is_finished) {
            *task = Some(AbortOnDropHandle::new(tokio::spawn(serve::serve(Arc::clone(
                &self.core,
            )))));
        }
        Lease(Arc::clone(&self.core))
    }

    pub(crate) fn rpc(&self) -> &Rpc {
        &self.core.rpc
    }

    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        &self.core.clock
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.core.settings
    }

    pub(crate) fn state(&self) -> watch::Receiver<State> {
        self.core.state.subscribe()
    }

    /// Waits until the state is as wished; `false` if it is not within that time.
    pub(crate) async fn becomes(&self, within: Duration, wished: impl FnMut(&State) -> bool) -> bool {
        let mut state = self.state();
        let waited = tokio::time::timeout(within, state.wait_for(wished)).await;
        matches!(waited, Ok(Ok(_)))
    }

    /// The spool, opened at the first call.
    pub(crate) fn spool(&self) -> io::Result<Arc<Spool>> {
        self.core.spool()
    }

    /// Asks for the accounts to be listed again now.
    pub(crate) fn doubt_accounts(&self) {
        self.core.doubt.notify_one();
    }
}

impl Core {
    fn spool(&self) -> io::Result<Arc<Spool>> {
        if let Some(spool) = self.spool.get() {
            return Ok(Arc::clone(spool));
        }
        let opened = Arc::new(Spool::open(&self.settings.state_dir)?);
        Ok(Arc::clone(self.spool.get_or_init(|| opened)))
    }

    fn is_child(&self) -> bool {
        matches!(self.settings.source, Source::Child { .. })
    }
}

impl Lease {
    /// Gives the lease back. If it was the last one, returns when signal-cli has stopped.
    pub(crate) async fn end(self) {
        let core = Arc::clone(&self.0);
        core.leases.send_modify(|leases| leases.at_once = leases.held == 1);
        drop(self);
        let mut state = core.state.subscribe();
        let mut leases = core.leases.subscribe();
        tokio::select! {
            _ = state.wait_for(|state| *state == State::Idle) => {}
            _ = leases.wait_for(|leases| leases.held > 0) => {}
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.0.leases.send_modify(|leases| leases.held -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_counted_and_not_shown() {
        let accounts = Arc::new(BTreeSet::from(["+15550100001".to_owned()]));
        assert_eq!(format!("{:?}", State::Ready { accounts }), "Ready { accounts: 1 }");
    }
}
