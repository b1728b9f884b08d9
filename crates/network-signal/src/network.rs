//! Signal as a network.

use crate::daemon::{Daemon, find, not_found};
use crate::login::SignalLogin;
use crate::session::SignalSession;
use crate::settings::{Settings, Source};
use async_trait::async_trait;
use matrimony_domain::{Account, Clock, NetworkKind};
use matrimony_network::{Login, LoginError, LoginMethod, Network, OpenError, Session, Vault};
use std::sync::Arc;

/// Signal through one signal-cli, which all its logins share. signal-cli is started when the first login or session
/// needs it and stopped when the last session has ended. Dropping the network and all that came from it kills a child.
pub struct SignalNetwork {
    daemon: Arc<Daemon>,
}

impl SignalNetwork {
    /// Starts nothing yet.
    pub fn new(settings: Settings, clock: Arc<dyn Clock>) -> Self {
        Self {
            daemon: Arc::new(Daemon::new(settings, clock)),
        }
    }
}

#[async_trait]
impl Network for SignalNetwork {
    fn kind(&self) -> NetworkKind {
        NetworkKind::Signal
    }

    fn login_methods(&self) -> &'static [LoginMethod] {
        &[LoginMethod::Qr]
    }

    async fn begin_login(&self, method: LoginMethod) -> Result<Box<dyn Login>, LoginError> {
        if method != LoginMethod::Qr {
            return Err(LoginError::NotOffered);
        }
        if let Source::Child { program, .. } = &self.daemon.settings().source {
            find(program).map_err(|_| LoginError::Failed(not_found()))?;
        }
        Ok(Box::new(SignalLogin::begin(Arc::clone(&self.daemon))))
    }

    /// The vault is not needed: the keys are signal-cli's own.
    async fn open(&self, account: &Account, _vault: Arc<dyn Vault>) -> Result<Arc<dyn Session>, OpenError> {
        let session = SignalSession::open(Arc::clone(&self.daemon), account)?;
        Ok(Arc::new(session))
    }
}
