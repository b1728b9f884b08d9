//! Recording what is about to leave.

use super::tally;
use crate::audit;
use crate::error::database;
use crate::rows::Fields;
use matrimony_domain::limits::DELIVERY_HORIZON;
use matrimony_domain::{LoginId, Reason, SendIds, UnixMillis};
use matrimony_ledger::{AuditKind, ClaimLost, ClaimToken, Intent, LedgerError};
use sqlx::SqliteConnection;

/// Nothing changes where the claim is lost. Begun twice, the attempt counts once.
pub(super) async fn begin(
    conn: &mut SqliteConnection,
    claim: &ClaimToken,
    intents: &[Intent],
    now: UnixMillis,
) -> Result<Result<(), ClaimLost>, LedgerError> {
    const BEGIN: &str = "-- begin an attempt
        UPDATE deliveries SET attempts = attempts + (begun_fence <> fence), begun = ?3, begun_fence = fence,
            repeatable = ?4, horizon = coalesce(horizon, ?5)
        WHERE id = ?1 AND fence = ?2 AND state = 'claimed' AND lease_until > ?3
        RETURNING id, event, login, doubt, (SELECT chat FROM portals WHERE portals.id = portal) AS chat";
    let repeatable = intents.iter().all(|intent| intent.send_ids == SendIds::Ours);
    let rows = sqlx::query(BEGIN)
        .bind(claim.delivery.0)
        .bind(claim.fence)
        .bind(now.0)
        .bind(repeatable)
        .bind(now.after(DELIVERY_HORIZON).0)
        .fetch_all(&mut *conn)
        .await
        .map_err(database)?;
    let Some(row) = rows.first() else {
        return Ok(Err(ClaimLost::Ended));
    };
    let fields = Fields::of(row, "deliveries", "id")?;
    for intent in intents {
        intend(conn, &fields, claim.fence, intent).await?;
    }
    if fields.get::<i64>("doubt")? == 1 {
        count_repeat(conn, &fields, now).await?;
    }
    Ok(Ok(()))
}

async fn intend(
    conn: &mut SqliteConnection,
    delivery: &Fields<'_>,
    attempt: i64,
    intent: &Intent,
) -> Result<(), LedgerError> {
    const INTEND: &str = "-- record what is about to leave
        INSERT INTO intents (delivery, attempt, part, chat, fingerprint) VALUES (?1, ?7, ?2, ?3, ?4)
            ON CONFLICT (delivery, attempt, part) DO UPDATE SET fingerprint = excluded.fingerprint;
        INSERT INTO copies (chat, remote_id, event, part, delivery, state)
            SELECT ?3, ?5, ?6, ?2, ?1, 'intended' WHERE ?5 IS NOT NULL
            ON CONFLICT (chat, remote_id) DO NOTHING";
    sqlx::query(INTEND)
        .bind(delivery.id())
        .bind(intent.part)
        .bind(delivery.get::<i64>("chat")?)
        .bind(intent.fingerprint.to_vec())
        .bind(intent.remote_id.as_ref().map(|id| id.0.clone()))
        .bind(delivery.get::<i64>("event")?)
        .bind(attempt)
        .execute(conn)
        .await
        .map_err(database)?;
    Ok(())
}

/// An unanswered attempt is repeated: the one place where a message may be doubled, so it is counted, once.
async fn count_repeat(conn: &mut SqliteConnection, delivery: &Fields<'_>, now: UnixMillis) -> Result<(), LedgerError> {
    const COUNTED: &str = "-- the repeat of an unsure attempt is counted
        UPDATE deliveries SET doubt = 2 WHERE id = ?1";
    sqlx::query(COUNTED)
        .bind(delivery.id())
        .execute(&mut *conn)
        .await
        .map_err(database)?;
    tally(conn, "unsure_repeated", 1).await?;
    let login = LoginId(delivery.get("login")?);
    let what = Reason::computed(format!(
        "delivery {} is repeated although its last attempt may have arrived",
        delivery.id()
    ));
    audit::write(conn, AuditKind::UnsureRepeated, Some(login), &what, now).await
}
