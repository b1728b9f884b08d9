//! Secrets and connector state.

use crate::SqliteLedger;
use crate::error::database;
use async_trait::async_trait;
use matrimony_domain::UnixMillis;
use matrimony_ledger::{LedgerError, Vault};
use sqlx::SqliteConnection;

#[async_trait]
impl Vault for SqliteLedger {
    #[tracing::instrument(name = "ledger.vault_get", skip_all)]
    async fn vault_get(&self, scope: &str, key: &str) -> Result<Option<Vec<u8>>, LedgerError> {
        const GET: &str = "-- a value of the vault
            SELECT value FROM vault WHERE scope = ?1 AND key = ?2";
        sqlx::query_scalar(GET)
            .bind(scope.to_owned())
            .bind(key.to_owned())
            .fetch_optional(&mut *self.readers.get().await?)
            .await
            .map_err(database)
    }

    #[tracing::instrument(name = "ledger.vault_put", skip_all)]
    async fn vault_put(&self, scope: &str, key: &str, value: &[u8], now: UnixMillis) -> Result<(), LedgerError> {
        let input = (scope.to_owned(), key.to_owned(), value.to_owned(), now);
        self.writer
            .write(input, |conn, (scope, key, value, now)| {
                Box::pin(put(conn, scope, key, value, *now))
            })
            .await
    }
}

async fn put(
    conn: &mut SqliteConnection,
    scope: &str,
    key: &str,
    value: &[u8],
    now: UnixMillis,
) -> Result<(), LedgerError> {
    const PUT: &str = "-- put a value into the vault
        INSERT INTO vault (scope, key, value, changed) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (scope, key) DO UPDATE SET value = excluded.value, changed = excluded.changed";
    sqlx::query(PUT)
        .bind(scope.to_owned())
        .bind(key.to_owned())
        .bind(value.to_owned())
        .bind(now.0)
        .execute(conn)
        .await
        .map_err(database)?;
    Ok(())
}
