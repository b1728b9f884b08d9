//! Recording how an attempt ended.

use super::tally;
use crate::error::database;
use crate::rows::Fields;
use matrimony_domain::limits::{DELIVERY_HORIZON, LATE_COPIES_PRUNED, LATE_COPY};
use matrimony_domain::{EventId, Reason, UnixMillis};
use matrimony_ledger::{ClaimLost, ClaimToken, Copy, LedgerError, Outcome};
use sqlx::SqliteConnection;

/// An open delivery, as far as its copies need it.
pub(super) struct Open {
    pub(super) id: i64,
    pub(super) event: EventId,
    /// Where it goes.
    pub(super) chat: i64,
}

/// Nothing changes where the claim is lost.
pub(super) async fn settle(
    conn: &mut SqliteConnection,
    claim: &ClaimToken,
    outcome: &Outcome,
    now: UnixMillis,
) -> Result<Result<(), ClaimLost>, LedgerError> {
    let Some((delivery, horizon)) = in_hand(conn, claim).await? else {
        return Ok(Err(ClaimLost::Ended));
    };
    if !matches!(outcome, Outcome::Unsure { .. }) {
        answered(conn, claim).await?;
    }
    match outcome {
        Outcome::Delivered(copies) => {
            record_sent(conn, &delivery, claim.fence, copies).await?;
            finish(conn, &delivery, "delivered", None, now).await?;
        }
        Outcome::Refused { reason, sent } => {
            record_sent(conn, &delivery, claim.fence, sent).await?;
            finish(conn, &delivery, "refused", Some(reason), now).await?;
        }
        Outcome::Skipped(why) => finish(conn, &delivery, "skipped", Some(why), now).await?,
        Outcome::Later { at, reason, sent } => {
            record_sent(conn, &delivery, claim.fence, sent).await?;
            if horizon.is_some_and(|horizon| *at > horizon) {
                finish(conn, &delivery, "refused", Some(&given_up(Some(reason))), now).await?;
            } else {
                again_later(conn, &delivery, *at, reason, now).await?;
            }
        }
        Outcome::Unsure { until, reason, sent } => {
            record_sent(conn, &delivery, claim.fence, sent).await?;
            unanswered(conn, &delivery, *until, reason).await?;
        }
        Outcome::Released => hand_back(conn, &delivery).await?,
    }
    Ok(Ok(()))
}

/// Why a delivery is refused at its horizon.
pub(super) fn given_up(last: Option<&Reason>) -> Reason {
    let hours = DELIVERY_HORIZON.as_secs() / 3600;
    Reason::computed(match last {
        Some(last) => format!("given up {hours} hours after the first attempt; the last answer: {last}"),
        None => format!("given up {hours} hours after the first attempt"),
    })
}

/// The delivery of a claim, with its horizon, if nobody else has claimed or settled it.
async fn in_hand(
    conn: &mut SqliteConnection,
    claim: &ClaimToken,
) -> Result<Option<(Open, Option<UnixMillis>)>, LedgerError> {
    const IN_HAND: &str = "-- the delivery of a claim
        SELECT d.id, d.event, p.chat, d.horizon FROM deliveries d JOIN portals p ON p.id = d.portal
        WHERE d.id = ?1 AND d.fence = ?2 AND d.fence > 0 AND d.settled IS NULL";
    let row = sqlx::query(IN_HAND)
        .bind(claim.delivery.0)
        .bind(claim.fence)
        .fetch_optional(conn)
        .await
        .map_err(database)?;
    let Some(row) = row else { return Ok(None) };
    let fields = Fields::of(&row, "deliveries", "id")?;
    let delivery = Open {
        id: fields.id(),
        event: EventId(fields.get("event")?),
        chat: fields.get("chat")?,
    };
    Ok(Some((delivery, fields.get::<Option<i64>>("horizon")?.map(UnixMillis))))
}

/// The attempt tells by itself which copies it has made, so that none is expected from other logins. Those of earlier,
/// unanswered ones still are.
async fn answered(conn: &mut SqliteConnection, claim: &ClaimToken) -> Result<(), LedgerError> {
    const ANSWERED: &str = "-- an attempt was answered
        DELETE FROM intents WHERE delivery = ?1 AND attempt = ?2";
    sqlx::query(ANSWERED)
        .bind(claim.delivery.0)
        .bind(claim.fence)
        .execute(conn)
        .await
        .map_err(database)?;
    Ok(())
}

/// Copies that an attempt has made: in place of what was intended, and no more expected from other logins.
pub(super) async fn record_sent(
    conn: &mut SqliteConnection,
    delivery: &Open,
    attempt: i64,
    sent: &[Copy],
) -> Result<(), LedgerError> {
    const SENT: &str = "-- a part of a delivery exists in its chat
        DELETE FROM copies WHERE event = ?2 AND chat = ?3 AND delivery = ?1 AND part = ?4 AND state = 'intended';
        INSERT INTO copies (chat, remote_id, event, part, delivery, state) VALUES (?3, ?5, ?2, ?4, ?1, 'sent')
            ON CONFLICT (chat, remote_id) DO NOTHING;
        DELETE FROM intents WHERE delivery = ?1 AND attempt = ?6 AND part = ?4";
    for copy in sent {
        sqlx::query(SENT)
            .bind(delivery.id)
            .bind(delivery.event.0)
            .bind(delivery.chat)
            .bind(copy.part)
            .bind(copy.remote_id.0.clone())
            .bind(attempt)
            .execute(&mut *conn)
            .await
            .map_err(database)?;
    }
    Ok(())
}

/// Settles. A copy that comes back late is still an echo: ids that were intended stay known, and what unanswered attempts
/// may have sent stays expected for [`LATE_COPY`]. Forgets on the way what is expected no longer.
pub(super) async fn finish(
    conn: &mut SqliteConnection,
    delivery: &Open,
    state: &'static str,
    why: Option<&Reason>,
    now: UnixMillis,
) -> Result<(), LedgerError> {
    const FINISH: &str = "-- settle a delivery
        UPDATE deliveries SET state = ?2, settled = ?3, reason = coalesce(?4, reason) WHERE id = ?1;
        DELETE FROM intents WHERE delivery = (SELECT id FROM deliveries WHERE id = ?1 AND doubt = 0);
        UPDATE intents SET until = ?5 WHERE delivery = ?1";
    sqlx::query(FINISH)
        .bind(delivery.id)
        .bind(state)
        .bind(now.0)
        .bind(why.map(|why| why.as_str().to_owned()))
        .bind(now.after(LATE_COPY).0)
        .execute(&mut *conn)
        .await
        .map_err(database)?;
    forget_late_copies(conn, now).await?;
    tally(conn, state, 1).await
}

/// Some of those that are expected no longer.
async fn forget_late_copies(conn: &mut SqliteConnection, now: UnixMillis) -> Result<(), LedgerError> {
    const FORGET: &str = "-- forget copies that are expected no longer
        DELETE FROM intents WHERE (delivery, attempt, part) IN (
            SELECT delivery, attempt, part FROM intents WHERE until <= ?1 ORDER BY until LIMIT ?2)";
    sqlx::query(FORGET)
        .bind(now.0)
        .bind(i64::try_from(LATE_COPIES_PRUNED).expect("a small number"))
        .execute(conn)
        .await
        .map_err(database)?;
    Ok(())
}

/// Due again, or held where the login was unlinked meanwhile.
async fn again_later(
    conn: &mut SqliteConnection,
    delivery: &Open,
    at: UnixMillis,
    reason: &Reason,
    now: UnixMillis,
) -> Result<(), LedgerError> {
    const LATER: &str = "-- try a delivery again later
        UPDATE deliveries SET due = ?2, reason = ?3, horizon = coalesce(horizon, ?4),
            state = CASE (SELECT state FROM logins WHERE logins.id = login) WHEN 'linked' THEN 'due' ELSE 'held' END
        WHERE id = ?1";
    sqlx::query(LATER)
        .bind(delivery.id)
        .bind(at.0)
        .bind(reason.as_str().to_owned())
        .bind(now.after(DELIVERY_HORIZON).0)
        .execute(conn)
        .await
        .map_err(database)?;
    Ok(())
}

/// In doubt from now on.
async fn unanswered(
    conn: &mut SqliteConnection,
    delivery: &Open,
    until: UnixMillis,
    reason: &Reason,
) -> Result<(), LedgerError> {
    const UNSURE: &str = "-- an attempt went unanswered
        UPDATE deliveries SET due = ?2, reason = ?3, doubt = 1,
            state = CASE (SELECT state FROM logins WHERE logins.id = login) WHEN 'linked' THEN 'unsure' ELSE 'held' END
        WHERE id = ?1";
    sqlx::query(UNSURE)
        .bind(delivery.id)
        .bind(until.0)
        .bind(reason.as_str().to_owned())
        .execute(conn)
        .await
        .map_err(database)?;
    Ok(())
}

/// As it was before the claim: the attempt, if one was recorded, does not count.
async fn hand_back(conn: &mut SqliteConnection, delivery: &Open) -> Result<(), LedgerError> {
    const HAND_BACK: &str = "-- hand a claim back
        UPDATE deliveries SET attempts = attempts - (begun_fence = fence), begun_fence = 0,
            horizon = CASE attempts - (begun_fence = fence) WHEN 0 THEN NULL ELSE horizon END,
            state = CASE (SELECT state FROM logins WHERE logins.id = login)
                WHEN 'linked' THEN CASE doubt WHEN 0 THEN 'due' ELSE 'unsure' END ELSE 'held' END
        WHERE id = ?1";
    sqlx::query(HAND_BACK)
        .bind(delivery.id)
        .execute(conn)
        .await
        .map_err(database)?;
    Ok(())
}
