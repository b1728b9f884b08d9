//! A login's private corner of the ledger's vault.

use async_trait::async_trait;
use matrimony_domain::{Clock, LoginId};
use matrimony_ledger::Ledger;
use matrimony_network::{Vault, VaultError};
use std::sync::Arc;

/// The vault of one login; no other login sees its keys.
pub(crate) struct LoginVault {
    ledger: Arc<dyn Ledger>,
    clock: Arc<dyn Clock>,
    scope: String,
}

impl LoginVault {
    pub(crate) fn new(ledger: Arc<dyn Ledger>, clock: Arc<dyn Clock>, login: LoginId) -> Self {
        Self {
            ledger,
            clock,
            scope: format!("login/{login}"),
        }
    }
}

#[async_trait]
impl Vault for LoginVault {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, VaultError> {
        self.ledger.vault_get(&self.scope, key).await.map_err(unavailable)
    }

    async fn put(&self, key: &str, value: &[u8]) -> Result<(), VaultError> {
        let now = self.clock.now();
        self.ledger
            .vault_put(&self.scope, key, value, now)
            .await
            .map_err(unavailable)
    }
}

/// The ledger's error, as connectors know it.
pub(crate) fn unavailable(error: matrimony_ledger::LedgerError) -> VaultError {
    VaultError(Box::new(error))
}
