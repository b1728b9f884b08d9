//! Every linked login is open, for as long as it is linked.

mod keeper;
mod open_login;

pub(crate) use open_login::OpenLogin;

use crate::core::Core;
use crate::directory::Directory;
use crate::supervisor::{Supervisor, TaskName};
use keeper::{Keeper, LAST_ANSWERS};
use matrimony_domain::{Account, LoginId, NetworkKind};
use matrimony_network::Network;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tracing::warn;

/// The open logins of one process.
pub(crate) struct Sessions {
    core: Arc<Core>,
    networks: HashMap<NetworkKind, Arc<dyn Network>>,
    supervisor: Arc<Supervisor>,
    directory: Arc<Directory>,
    open: Mutex<HashMap<LoginId, Arc<OpenLogin>>>,
}

impl Sessions {
    pub(crate) fn new(
        core: Arc<Core>,
        networks: HashMap<NetworkKind, Arc<dyn Network>>,
        supervisor: Arc<Supervisor>,
        directory: Arc<Directory>,
    ) -> Arc<Self> {
        Arc::new(Self {
            core,
            networks,
            supervisor,
            directory,
            open: Mutex::default(),
        })
    }

    /// The connector of a network.
    pub(crate) fn network(&self, kind: NetworkKind) -> Option<&Arc<dyn Network>> {
        self.networks.get(&kind)
    }

    /// An open login.
    pub(crate) fn get(&self, login: LoginId) -> Option<Arc<OpenLogin>> {
        self.lock().get(&login).cloned()
    }

    /// The open logins, or those of one network, oldest first.
    pub(crate) fn all(&self, network: Option<NetworkKind>) -> Vec<Arc<OpenLogin>> {
        let mut all: Vec<_> = self.lock().values().cloned().collect();
        all.retain(|login| network.is_none_or(|kind| login.account.network == kind));
        all.sort_by_key(|login| login.account.login);
        all
    }

    /// Opens a login; does nothing if it is open.
    pub(crate) fn open(self: &Arc<Self>, account: &Account) {
        let Some(network) = self.networks.get(&account.network).cloned() else {
            warn!(login.id = %account.login, network = %account.network, "no connector for this login");
            return;
        };
        let mut open = self.lock();
        if open.get(&account.login).is_some_and(|login| !login.gone.is_cancelled()) {
            return;
        }
        let login = Arc::new(OpenLogin::new(account.clone(), self.supervisor.halt()));
        let gone = login.gone.clone().drop_guard();
        let keeper = Keeper {
            sessions: self.clone(),
            network,
            login: login.clone(),
        };
        let name = TaskName {
            what: "login",
            login: Some(account.login),
        };
        self.supervisor.spawn(name, async move {
            let _gone = gone;
            keeper.keep_open().await;
        });
        open.insert(account.login, login);
    }

    /// Ends a login's session, if it has one, and waits until it is gone.
    pub(crate) async fn close(&self, login: LoginId) {
        let Some(open) = self.get(login) else { return };
        open.halt.stop.cancel();
        if tokio::time::timeout(LAST_ANSWERS, open.gone.cancelled()).await.is_err() {
            open.halt.cut.cancel();
            open.gone.cancelled().await;
        }
        self.lock().remove(&login);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<LoginId, Arc<OpenLogin>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
