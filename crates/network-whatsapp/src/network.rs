//! The network: opens sessions and begins logins.

use crate::client;
use crate::login::WhatsAppLogin;
use crate::session::WhatsAppSession;
use crate::settings::Settings;
use crate::store::AccountStore;
use async_trait::async_trait;
use matrimony_domain::{Account, NetworkKind, Reason};
use matrimony_network::{Login, LoginError, LoginMethod, Network, OpenError, Session, Vault};
use std::sync::Arc;

/// WhatsApp.
pub struct WhatsAppNetwork {
    settings: Arc<Settings>,
}

impl WhatsAppNetwork {
    /// A network with these settings. Touches neither disk nor network.
    pub fn new(settings: Settings) -> Self {
        Self {
            settings: Arc::new(settings),
        }
    }
}

#[async_trait]
impl Network for WhatsAppNetwork {
    fn kind(&self) -> NetworkKind {
        NetworkKind::WhatsApp
    }

    fn login_methods(&self) -> &'static [LoginMethod] {
        &[LoginMethod::Qr, LoginMethod::PairCode]
    }

    async fn begin_login(&self, method: LoginMethod) -> Result<Box<dyn Login>, LoginError> {
        let store = AccountStore::create(&self.settings.store_dir).map_err(|error| {
            LoginError::Failed(Reason::computed(format!(
                "the folder for the account's keys cannot be written ({}); mend its permissions or make room",
                error.kind()
            )))
        })?;
        Ok(Box::new(WhatsAppLogin::new(Arc::clone(&self.settings), store, method)))
    }

    /// The keys are in the store of this crate, so the vault stays empty.
    async fn open(&self, account: &Account, _vault: Arc<dyn Vault>) -> Result<Arc<dyn Session>, OpenError> {
        let store = AccountStore::find(&self.settings.store_dir, &account.key).ok_or(OpenError::Unlinked)?;
        let session = WhatsAppSession::open(&self.settings, &store, account)
            .await
            .map_err(|error| {
                tracing::warn!(login = %account.login, %error, "the account could not be opened");
                OpenError::Failed(Reason::fixed(
                    "the account's keys cannot be read; restore them from a backup or link it again",
                ))
            })?;
        if !client::is_linked(session.client()) {
            return Err(OpenError::Unlinked);
        }
        Ok(Arc::new(session))
    }
}
