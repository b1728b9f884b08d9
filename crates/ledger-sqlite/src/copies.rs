//! The map between an event and its copies.

use crate::SqliteLedger;
use crate::error::database;
use crate::rows::Fields;
use async_trait::async_trait;
use matrimony_domain::{ChatKey, EventId, RemoteId};
use matrimony_ledger::{Copies, Copy, LedgerError};
use sqlx::sqlite::SqliteRow;

#[async_trait]
impl Copies for SqliteLedger {
    #[tracing::instrument(name = "ledger.copies_of", skip_all)]
    async fn copies_of(&self, event: EventId, chat: &ChatKey) -> Result<Vec<Copy>, LedgerError> {
        const COPIES_OF: &str = "-- the copies of an event in a chat
            SELECT k.part, k.remote_id FROM chats c JOIN copies k ON k.chat = c.id
            WHERE c.network = ?2 AND c.remote = ?3 AND k.event = ?1 AND k.state <> 'intended'
            ORDER BY k.part";
        let rows = sqlx::query(COPIES_OF)
            .bind(event.0)
            .bind(chat.network.as_str())
            .bind(chat.id.clone())
            .fetch_all(&mut *self.readers.get().await?)
            .await
            .map_err(database)?;
        rows.iter().map(copy).collect()
    }

    #[tracing::instrument(name = "ledger.event_of", skip_all)]
    async fn event_of(&self, chat: &ChatKey, remote_id: &RemoteId) -> Result<Option<EventId>, LedgerError> {
        const EVENT_OF: &str = "-- the event behind a message
            SELECT k.event FROM chats c JOIN copies k ON k.chat = c.id
            WHERE c.network = ?1 AND c.remote = ?2 AND k.remote_id = ?3";
        let event: Option<i64> = sqlx::query_scalar(EVENT_OF)
            .bind(chat.network.as_str())
            .bind(chat.id.clone())
            .bind(remote_id.0.clone())
            .fetch_optional(&mut *self.readers.get().await?)
            .await
            .map_err(database)?;
        Ok(event.map(EventId))
    }
}

/// Columns `part, remote_id`.
pub(crate) fn copy(row: &SqliteRow) -> Result<Copy, LedgerError> {
    let fields = Fields::unnumbered(row, "copies");
    Ok(Copy {
        part: fields.get("part")?,
        remote_id: RemoteId::new(fields.get::<&str>("remote_id")?),
    })
}
