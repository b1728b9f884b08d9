//! The durable queue for what must be answered before it is understood.

use crate::SqliteLedger;
use crate::error::database;
use crate::rows::Fields;
use async_trait::async_trait;
use matrimony_domain::UnixMillis;
use matrimony_domain::limits::{SPOOL_KEYS_KEPT, SPOOL_PRUNED};
use matrimony_ledger::{LedgerError, Spool, SpoolItem, Spooled};
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

#[async_trait]
impl Spool for SqliteLedger {
    #[tracing::instrument(name = "ledger.spool", skip_all)]
    async fn spool(&self, queue: &str, items: &[SpoolItem], now: UnixMillis) -> Result<usize, LedgerError> {
        let input = (queue.to_owned(), items.to_vec(), now);
        self.writer
            .write(input, |conn, (queue, items, now)| {
                Box::pin(store(conn, queue, items, *now))
            })
            .await
    }

    #[tracing::instrument(name = "ledger.spooled", skip_all)]
    async fn spooled(&self, queue: &str, limit: usize) -> Result<Vec<Spooled>, LedgerError> {
        const SPOOLED: &str = "-- the first items that wait
            SELECT id, key, bytes FROM spool WHERE queue = ?1 AND done IS NULL ORDER BY id LIMIT ?2";
        let rows = sqlx::query(SPOOLED)
            .bind(queue.to_owned())
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(&mut *self.readers.get().await?)
            .await
            .map_err(database)?;
        rows.iter().map(item).collect()
    }

    #[tracing::instrument(name = "ledger.spool_done", skip_all)]
    async fn spool_done(&self, id: i64, now: UnixMillis) -> Result<(), LedgerError> {
        self.writer
            .write((id, now), |conn, (id, now)| Box::pin(done(conn, *id, *now)))
            .await
    }
}

async fn store(
    conn: &mut SqliteConnection,
    queue: &str,
    items: &[SpoolItem],
    now: UnixMillis,
) -> Result<usize, LedgerError> {
    const STORE: &str = "-- spool an item
        INSERT INTO spool (queue, key, bytes, stored) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (queue, key) DO NOTHING";
    let mut new = 0;
    for item in items {
        let stored = sqlx::query(STORE)
            .bind(queue.to_owned())
            .bind(item.key.clone())
            .bind(item.bytes.clone())
            .bind(now.0)
            .execute(&mut *conn)
            .await
            .map_err(database)?;
        new += usize::from(stored.rows_affected() > 0);
    }
    Ok(new)
}

/// An item that is gone already is done already. Forgets some old keys on the way.
async fn done(conn: &mut SqliteConnection, id: i64, now: UnixMillis) -> Result<(), LedgerError> {
    const DONE: &str = "-- an item was handled
        UPDATE spool SET bytes = NULL, done = ?2 WHERE id = ?1 AND done IS NULL;
        DELETE FROM spool WHERE id IN (
            SELECT id FROM spool WHERE done < ?3 AND done IS NOT NULL ORDER BY done LIMIT ?4)";
    let kept = i64::try_from(SPOOL_KEYS_KEPT.as_millis()).expect("some days");
    sqlx::query(DONE)
        .bind(id)
        .bind(now.0)
        .bind(now.0.saturating_sub(kept))
        .bind(i64::try_from(SPOOL_PRUNED).expect("a small number"))
        .execute(conn)
        .await
        .map_err(database)?;
    Ok(())
}

fn item(row: &SqliteRow) -> Result<Spooled, LedgerError> {
    let fields = Fields::of(row, "spool", "id")?;
    Ok(Spooled {
        id: fields.id(),
        key: fields.get("key")?,
        bytes: fields.get("bytes")?,
    })
}
