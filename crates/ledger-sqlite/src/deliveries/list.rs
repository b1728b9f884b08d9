//! What `status` lists.

use crate::error::database;
use crate::rows::Fields;
use matrimony_domain::{DeliveryId, EventId, PortalId, Reason, RoomId, Seq};
use matrimony_ledger::{DeliveryBrief, DeliveryState, LedgerError};
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

pub(super) async fn undelivered(
    conn: &mut SqliteConnection,
    room: Option<RoomId>,
    limit: usize,
) -> Result<Vec<DeliveryBrief>, LedgerError> {
    const UNDELIVERED: &str = "-- deliveries that are not settled as delivered
        SELECT d.id, d.event, e.seq, d.portal, d.state, d.attempts, d.reason, d.due
        FROM deliveries d INDEXED BY deliveries_undelivered JOIN events e ON e.id = d.event
        WHERE d.state <> 'delivered' AND (?1 IS NULL OR e.room = ?1)
        ORDER BY d.id DESC LIMIT ?2";
    let rows = sqlx::query(UNDELIVERED)
        .bind(room.map(|room| room.0))
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(conn)
        .await
        .map_err(database)?;
    rows.iter().map(brief).collect()
}

fn brief(row: &SqliteRow) -> Result<DeliveryBrief, LedgerError> {
    let fields = Fields::of(row, "deliveries", "id")?;
    Ok(DeliveryBrief {
        id: DeliveryId(fields.id()),
        event: EventId(fields.get("event")?),
        seq: Seq(fields.get("seq")?),
        portal: PortalId(fields.get("portal")?),
        state: fields.parse("state", state)?,
        attempts: fields.get("attempts")?,
        reason: fields.get::<Option<String>>("reason")?.map(Reason::computed),
        due: fields.millis("due")?,
    })
}

fn state(text: &str) -> Option<DeliveryState> {
    Some(match text {
        "due" => DeliveryState::Due,
        "claimed" => DeliveryState::Claimed,
        "unsure" => DeliveryState::Unsure,
        "held" => DeliveryState::Held,
        "delivered" => DeliveryState::Delivered,
        "refused" => DeliveryState::Refused,
        "skipped" => DeliveryState::Skipped,
        _ => return None,
    })
}
