//! Where a session keeps small state of its own.

use async_trait::async_trait;

/// Values under keys, private to one login, committed when `put` returns. Given by the service.
#[async_trait]
pub trait Vault: Send + Sync {
    /// The value of a key.
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, VaultError>;
    /// Stores a value.
    async fn put(&self, key: &str, value: &[u8]) -> Result<(), VaultError>;
}

/// The ledger could not do it; try again later.
#[derive(Debug, thiserror::Error)]
#[error("the vault is not available")]
pub struct VaultError(#[source] pub Box<dyn std::error::Error + Send + Sync>);
