//! The bridge at work.

use crate::core::Core;
use crate::directory::Directory;
use crate::error::{AddAccountError, StartError};
use crate::sessions::Sessions;
use crate::supervisor::{StopReport, Supervisor};
use matrimony_domain::{Clock, LoginId, NetworkKind};
use matrimony_ledger::{Ledger, LoginRecord, LoginState, NewLogin, WorkerId};
use matrimony_network::{Network, SessionHealth};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tracing::info;

/// What a service is made of.
pub struct Parts {
    /// The durable record.
    pub ledger: Arc<dyn Ledger>,
    /// The connectors, one for each network.
    pub networks: Vec<Arc<dyn Network>>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Spreads retries.
    pub seed: u64,
    /// Names this run of the process: what an earlier run had claimed is free again, so two runs need two names.
    pub worker: WorkerId,
}

/// The bridge at work. Cheap to clone; all clones are one. Dropping the last one tells everything to end, without
/// waiting; [`stop`](Service::stop) waits.
#[derive(Clone)]
pub struct Service {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) core: Arc<Core>,
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) supervisor: Arc<Supervisor>,
    pub(crate) directory: Arc<Directory>,
    /// Held while rooms are made or changed: two callers at once follow one another.
    pub(crate) rooms: Mutex<()>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.supervisor.halt().stop.cancel();
        self.supervisor.halt().cut.cancel();
    }
}

impl Service {
    /// Ends the claims of earlier runs, opens every linked login and begins to deliver. Returns before the sessions are
    /// online; [`status`](Service::status) tells how they are.
    pub async fn start(parts: Parts) -> Result<Self, StartError> {
        let networks = by_kind(parts.networks)?;
        let core = Core::new(parts.ledger, parts.clock, parts.worker, parts.seed);
        let freed = core.take_over().await?;
        let (supervisor, directory) = (Arc::<Supervisor>::default(), Arc::<Directory>::default());
        let sessions = Sessions::new(core.clone(), networks, supervisor.clone(), directory.clone());
        let logins = core.ledger.logins().await?;
        let linked: Vec<_> = logins
            .iter()
            .filter(|login| login.state == LoginState::Linked)
            .collect();
        info!(logins = linked.len(), claims_freed = freed, "starting");
        for login in linked {
            sessions.open(&login.account);
        }
        let inner = Inner {
            core,
            sessions,
            supervisor,
            directory,
            rooms: Mutex::default(),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Ends everything, never later than after `within`: no new claims, attempts under way finish or are recorded as
    /// unanswered, sessions end. Nothing unacknowledged is lost by that. A second call waits likewise.
    pub async fn stop(&self, within: Duration) -> StopReport {
        self.inner.supervisor.stop(within).await
    }

    /// Adds a login that needs no linking, and opens it: the Matrix account. One that is known (by network and key)
    /// is updated and, if its session is open, left at work.
    pub async fn add_account(&self, new: &NewLogin) -> Result<LoginRecord, AddAccountError> {
        if self.inner.sessions.network(new.network).is_none() {
            return Err(AddAccountError::NoConnector(new.network));
        }
        let core = &self.inner.core;
        let login = core.ledger.add_login(new, core.now()).await?;
        core.learn_identities().await?;
        self.inner.sessions.open(&login.account);
        core.wakes.wake(login.account.login);
        Ok(login)
    }

    /// How a login's session is; `None` if it is not open.
    pub fn health(&self, login: LoginId) -> Option<SessionHealth> {
        Some(self.inner.sessions.get(login)?.health())
    }
}

fn by_kind(networks: Vec<Arc<dyn Network>>) -> Result<HashMap<NetworkKind, Arc<dyn Network>>, StartError> {
    let mut by_kind = HashMap::new();
    for network in networks {
        let kind = network.kind();
        if by_kind.insert(kind, network).is_some() {
            return Err(StartError::TwoConnectors(kind));
        }
    }
    Ok(by_kind)
}
