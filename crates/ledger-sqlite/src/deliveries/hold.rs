//! What happens to open deliveries when their login or their portal changes.

use super::tally;
use crate::error::database;
use matrimony_domain::limits::{LATE_COPY, UNSURE_WAIT};
use matrimony_domain::{LoginId, PortalId, Reason, UnixMillis};
use matrimony_ledger::LedgerError;
use sqlx::SqliteConnection;

/// Holds what waits for a login that cannot speak. What a worker has in hand follows when it is settled.
pub(crate) async fn hold_open(conn: &mut SqliteConnection, login: LoginId) -> Result<(), LedgerError> {
    const HOLD: &str = "-- hold the open deliveries of a login
        UPDATE deliveries SET state = 'held'
        WHERE login = ?1 AND settled IS NULL AND state IN ('due', 'unsure')";
    sqlx::query(HOLD).bind(login.0).execute(conn).await.map_err(database)?;
    Ok(())
}

/// Lets held deliveries flow again, with a horizon of their own. Those in doubt wait once more for a sighting: the
/// login's other devices may have one to tell now.
pub(crate) async fn release_held(
    conn: &mut SqliteConnection,
    login: LoginId,
    now: UnixMillis,
) -> Result<(), LedgerError> {
    const RELEASE: &str = "-- release the held deliveries of a login
        UPDATE deliveries SET horizon = NULL,
            state = CASE doubt WHEN 0 THEN 'due' ELSE 'unsure' END,
            due = CASE doubt WHEN 0 THEN ?2 ELSE ?3 END
        WHERE login = ?1 AND settled IS NULL AND state = 'held'";
    sqlx::query(RELEASE)
        .bind(login.0)
        .bind(now.0)
        .bind(now.after(UNSURE_WAIT).0)
        .execute(conn)
        .await
        .map_err(database)?;
    Ok(())
}

/// Gives a portal's open deliveries to another login. Called before the portal itself changes.
pub(crate) async fn reassign_open(
    conn: &mut SqliteConnection,
    portal: PortalId,
    to: LoginId,
) -> Result<(), LedgerError> {
    const REASSIGN: &str = "-- give the open deliveries of a portal to another login
        UPDATE deliveries SET login = ?2
        WHERE login = (SELECT relay FROM portals WHERE id = ?1) AND portal = ?1 AND settled IS NULL";
    sqlx::query(REASSIGN)
        .bind(portal.0)
        .bind(to.0)
        .execute(conn)
        .await
        .map_err(database)?;
    Ok(())
}

/// Skips a portal's open deliveries, those in a worker's hands too.
pub(crate) async fn skip_open(
    conn: &mut SqliteConnection,
    portal: PortalId,
    why: &Reason,
    now: UnixMillis,
) -> Result<(), LedgerError> {
    const SKIP: &str = "-- skip the open deliveries of a portal
        UPDATE deliveries SET state = 'skipped', settled = ?3, reason = ?2
        WHERE login = (SELECT relay FROM portals WHERE id = ?1) AND portal = ?1 AND settled IS NULL";
    expect_late_copies(conn, portal, now).await?;
    let done = sqlx::query(SKIP)
        .bind(portal.0)
        .bind(why.as_str().to_owned())
        .bind(now.0)
        .execute(&mut *conn)
        .await
        .map_err(database)?;
    tally(
        conn,
        "skipped",
        usize::try_from(done.rows_affected()).unwrap_or(usize::MAX),
    )
    .await
}

/// What is under way or went unanswered in a portal whose deliveries are about to be skipped may still be seen.
async fn expect_late_copies(conn: &mut SqliteConnection, portal: PortalId, now: UnixMillis) -> Result<(), LedgerError> {
    const EXPECT: &str = "-- what skipped deliveries may have sent
        UPDATE intents SET until = ?2 WHERE delivery IN (SELECT id FROM deliveries
            WHERE login = (SELECT relay FROM portals WHERE id = ?1) AND portal = ?1 AND settled IS NULL)";
    sqlx::query(EXPECT)
        .bind(portal.0)
        .bind(now.after(LATE_COPY).0)
        .execute(conn)
        .await
        .map_err(database)?;
    Ok(())
}
