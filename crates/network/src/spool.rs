//! A durable queue for what must be answered before it is understood.

use crate::vault::VaultError;
use async_trait::async_trait;

/// One named queue, given by the service. The homeserver's transactions go through one: stored, answered, then handled.
#[async_trait]
pub trait Spool: Send + Sync {
    /// Stores `(key, bytes)` items at the end, in one transaction, and returns once they are on disk. An item whose key
    /// the queue has had before, even if it was handled, is dropped. Returns how many were new.
    async fn put(&self, items: &[(String, Vec<u8>)]) -> Result<usize, VaultError>;
    /// The first items that wait, in order, at most `limit`: `(id, bytes)`.
    async fn take(&self, limit: usize) -> Result<Vec<(i64, Vec<u8>)>, VaultError>;
    /// An item was handled and need not be taken again.
    async fn done(&self, id: i64) -> Result<(), VaultError>;
}
