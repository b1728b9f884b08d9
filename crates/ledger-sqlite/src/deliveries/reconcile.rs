//! A copy of ours, seen by another login of ours.

use super::settle::{self, Open};
use crate::error::database;
use crate::rows::Fields;
use matrimony_domain::{ChatKey, EventId, RemoteId, UnixMillis};
use matrimony_ledger::{Copy, LedgerError};
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

/// What was seen.
pub(super) struct Sighting {
    pub(super) chat: ChatKey,
    pub(super) fingerprint: [u8; 16],
    pub(super) remote_id: RemoteId,
    pub(super) now: UnixMillis,
}

/// A sighting proves one part of one attempt; an open delivery is settled with the last part that was missing. A second
/// sighting of one copy proves nothing more: it must not settle another delivery of the same text. Of several that may
/// have said the same the oldest is taken, settled or not: what is taken for a late copy is at worst repeated, and
/// counted, while a late copy that is taken for a newer one would lose that.
pub(super) async fn reconcile(
    conn: &mut SqliteConnection,
    sighting: &Sighting,
) -> Result<Option<EventId>, LedgerError> {
    const SEEN: &str = "-- the delivery of which another login saw a copy
        SELECT d.id, d.event, i.attempt, i.part, i.chat
        FROM chats c
            JOIN intents i ON i.chat = c.id AND i.fingerprint = ?3
            JOIN deliveries d ON d.id = i.delivery
        WHERE c.network = ?1 AND c.remote = ?2 AND d.begun <= ?4 AND (d.settled IS NULL OR i.until > ?4)
        ORDER BY d.id, i.attempt, i.part LIMIT 1";
    if let Some(event) = known_copy(conn, sighting).await? {
        return Ok(Some(event));
    }
    let row = sqlx::query(SEEN)
        .bind(sighting.chat.network.as_str())
        .bind(sighting.chat.id.clone())
        .bind(sighting.fingerprint.to_vec())
        .bind(sighting.now.0)
        .fetch_optional(&mut *conn)
        .await
        .map_err(database)?;
    let Some(row) = row else { return Ok(None) };
    let (delivery, attempt, part) = seen(&row)?;
    let copy = Copy {
        part,
        remote_id: sighting.remote_id.clone(),
    };
    settle::record_sent(conn, &delivery, attempt, &[copy]).await?;
    if is_complete(conn, &delivery).await? {
        settle::finish(conn, &delivery, "delivered", None, sighting.now).await?;
    }
    Ok(Some(delivery.event))
}

async fn known_copy(conn: &mut SqliteConnection, sighting: &Sighting) -> Result<Option<EventId>, LedgerError> {
    const KNOWN: &str = "-- a copy that was recognised before
        SELECT k.event FROM chats c JOIN copies k ON k.chat = c.id
        WHERE c.network = ?1 AND c.remote = ?2 AND k.remote_id = ?3 AND k.state <> 'original'";
    let event: Option<i64> = sqlx::query_scalar(KNOWN)
        .bind(sighting.chat.network.as_str())
        .bind(sighting.chat.id.clone())
        .bind(sighting.remote_id.0.clone())
        .fetch_optional(conn)
        .await
        .map_err(database)?;
    Ok(event.map(EventId))
}

/// Whether a delivery is open and nothing of it is missing any more: each part that was begun has been seen or answered.
async fn is_complete(conn: &mut SqliteConnection, delivery: &Open) -> Result<bool, LedgerError> {
    const COMPLETE: &str = "-- whether all parts of an open delivery exist
        SELECT d.settled IS NULL AND NOT EXISTS (
            SELECT 1 FROM intents i WHERE i.delivery = d.id AND NOT EXISTS (
                SELECT 1 FROM copies k WHERE k.event = d.event AND k.chat = i.chat
                    AND k.delivery = d.id AND k.part = i.part AND k.state = 'sent'))
        FROM deliveries d WHERE d.id = ?1";
    sqlx::query_scalar(COMPLETE)
        .bind(delivery.id)
        .fetch_one(conn)
        .await
        .map_err(database)
}

/// Delivery, attempt and part.
fn seen(row: &SqliteRow) -> Result<(Open, i64, u16), LedgerError> {
    let fields = Fields::of(row, "deliveries", "id")?;
    let delivery = Open {
        id: fields.id(),
        event: EventId(fields.get("event")?),
        chat: fields.get("chat")?,
    };
    Ok((delivery, fields.get("attempt")?, fields.get("part")?))
}
