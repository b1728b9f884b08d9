//! The suite that every backend passes.

use async_trait::async_trait;
use matrimony_ledger::Ledger;
use matrimony_ledger::conformance::Backend;
use matrimony_ledger_sqlite::{Durability, Options, SqliteLedger};
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;

/// A ledger in a folder that goes away with it.
struct OnDisk {
    folder: TempDir,
    ledger: Arc<SqliteLedger>,
}

async fn fresh() -> OnDisk {
    let folder = TempDir::new().expect("a scratch folder is made");
    let ledger = open(folder.path()).await;
    OnDisk { folder, ledger }
}

async fn open(folder: &Path) -> Arc<SqliteLedger> {
    let options = Options {
        entropy: [7; 16],
        durability: Durability::Process,
    };
    let ledger = SqliteLedger::open(&folder.join("ledger.db"), options).await;
    Arc::new(ledger.expect("the ledger opens"))
}

#[async_trait]
impl Backend for OnDisk {
    fn ledger(&self) -> Arc<dyn Ledger> {
        Arc::clone(&self.ledger) as Arc<dyn Ledger>
    }

    async fn reopen(&mut self) -> Arc<dyn Ledger> {
        self.ledger.close().await;
        self.ledger = open(self.folder.path()).await;
        self.ledger()
    }
}

matrimony_ledger::conformance_tests!(fresh);
