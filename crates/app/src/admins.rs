//! Who may use the commands that change something: those that the config names and those added with `user add --admin`.

use anyhow::{Context, Result};
use matrimony_domain::Clock;
use matrimony_ledger::Ledger;
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::sync::Mutex;

const SCOPE: &str = "matrimony";
const KEY: &str = "admins";

/// The list, kept in the ledger.
pub(crate) struct Admins {
    ledger: Arc<dyn Ledger>,
    clock: Arc<dyn Clock>,
    configured: BTreeSet<String>,
    added: Mutex<BTreeSet<String>>,
}

impl Admins {
    /// The list of this ledger, with those of the config.
    pub(crate) async fn load(ledger: Arc<dyn Ledger>, clock: Arc<dyn Clock>, configured: &[String]) -> Result<Self> {
        let added = match ledger.vault_get(SCOPE, KEY).await? {
            Some(stored) => serde_json::from_slice(&stored).context("the ledger's list of admins cannot be read")?,
            None => BTreeSet::new(),
        };
        Ok(Self {
            ledger,
            clock,
            configured: configured.iter().cloned().collect(),
            added: Mutex::new(added),
        })
    }

    /// Whether a Matrix user may command.
    pub(crate) async fn has(&self, user: &str) -> bool {
        self.configured.contains(user) || self.added.lock().await.contains(user)
    }

    /// Adds a Matrix user.
    pub(crate) async fn add(&self, user: &str) -> Result<()> {
        let mut added = self.added.lock().await;
        let mut longer = added.clone();
        longer.insert(user.to_owned());
        self.ledger
            .vault_put(SCOPE, KEY, &serde_json::to_vec(&longer)?, self.clock.now())
            .await?;
        *added = longer;
        Ok(())
    }
}
