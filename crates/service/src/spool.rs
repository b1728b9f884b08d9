//! A named durable queue of the ledger, for connectors.

use crate::vault::unavailable;
use async_trait::async_trait;
use matrimony_domain::Clock;
use matrimony_ledger::{Ledger, SpoolItem};
use matrimony_network::{Spool, VaultError};
use std::sync::Arc;

/// The queue `name` of the ledger's spool. For a connector that is built before the service starts; two with one name
/// are one queue.
pub fn ledger_spool(ledger: Arc<dyn Ledger>, clock: Arc<dyn Clock>, name: impl Into<String>) -> Arc<dyn Spool> {
    Arc::new(LedgerSpool {
        ledger,
        clock,
        name: name.into(),
    })
}

struct LedgerSpool {
    ledger: Arc<dyn Ledger>,
    clock: Arc<dyn Clock>,
    name: String,
}

#[async_trait]
impl Spool for LedgerSpool {
    async fn put(&self, items: &[(String, Vec<u8>)]) -> Result<usize, VaultError> {
        let items: Vec<SpoolItem> = items
            .iter()
            .map(|(key, bytes)| SpoolItem {
                key: key.clone(),
                bytes: bytes.clone(),
            })
            .collect();
        let stored = self.ledger.spool(&self.name, &items, self.clock.now()).await;
        stored.map_err(unavailable)
    }

    async fn take(&self, limit: usize) -> Result<Vec<(i64, Vec<u8>)>, VaultError> {
        let waiting = self.ledger.spooled(&self.name, limit).await.map_err(unavailable)?;
        Ok(waiting.into_iter().map(|item| (item.id, item.bytes)).collect())
    }

    async fn done(&self, id: i64) -> Result<(), VaultError> {
        self.ledger.spool_done(id, self.clock.now()).await.map_err(unavailable)
    }
}
