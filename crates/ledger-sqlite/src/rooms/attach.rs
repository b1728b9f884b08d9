//! Attaching a chat to a room, taking it off, and who speaks there.

use super::room_must_exist;
use crate::audit;
use crate::deliveries;
use crate::error::database;
use crate::logins;
use matrimony_domain::{ChatKey, LoginId, PortalId, Reason, RoomId, UnixMillis};
use matrimony_ledger::{AuditKind, LedgerError, LoginState, Portal, UniteError};
use sqlx::{Row, SqliteConnection};

/// Writes are one after the other, so of two callers at once the second sees what the first has done.
pub(super) async fn unite(
    conn: &mut SqliteConnection,
    room: RoomId,
    chat: &ChatKey,
    relay: LoginId,
    now: UnixMillis,
) -> Result<Result<Portal, UniteError>, LedgerError> {
    const UNITE: &str = "-- attach a chat to a room
        INSERT INTO portals (chat, room, relay, united) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (chat) DO UPDATE SET room = excluded.room, relay = excluded.relay, united = excluded.united
        RETURNING id";
    room_must_exist(conn, room).await?;
    logins::state(conn, relay).await?;
    let chat_id = know_chat(conn, chat).await?;
    if let Some(room) = room_of(conn, chat_id).await? {
        return Ok(Err(UniteError::AlreadyUnited { room }));
    }
    let rows = sqlx::query(UNITE)
        .bind(chat_id)
        .bind(room.0)
        .bind(relay.0)
        .bind(now.0)
        .fetch_all(&mut *conn)
        .await
        .map_err(database)?;
    let portal = PortalId(rows.first().map_or(Ok(0), |row| row.try_get(0)).map_err(database)?);
    let what = Reason::computed(format!(
        "a {} chat was united with room {room} as portal {portal}",
        chat.network
    ));
    audit::write(conn, AuditKind::Portal, Some(relay), &what, now).await?;
    Ok(Ok(Portal {
        id: portal,
        room,
        chat: chat.clone(),
        relay,
    }))
}

pub(super) async fn detach(conn: &mut SqliteConnection, portal: PortalId, now: UnixMillis) -> Result<(), LedgerError> {
    const DETACH: &str = "-- take a portal off its room
        UPDATE portals SET room = NULL WHERE id = ?1 AND room IS NOT NULL";
    let done = sqlx::query(DETACH)
        .bind(portal.0)
        .execute(&mut *conn)
        .await
        .map_err(database)?;
    if done.rows_affected() == 0 {
        return Err(LedgerError::Missing("portal"));
    }
    deliveries::skip_open(conn, portal, &Reason::fixed("the chat was taken off its room"), now).await?;
    let what = Reason::computed(format!("portal {portal} was detached"));
    audit::write(conn, AuditKind::Portal, None, &what, now).await
}

pub(super) async fn set_relay(
    conn: &mut SqliteConnection,
    portal: PortalId,
    relay: LoginId,
    now: UnixMillis,
) -> Result<(), LedgerError> {
    const SET_RELAY: &str = "-- give a portal another relay
        UPDATE portals SET relay = ?2 WHERE id = ?1 AND room IS NOT NULL";
    let state = logins::state(conn, relay).await?;
    deliveries::reassign_open(conn, portal, relay).await?;
    let done = sqlx::query(SET_RELAY)
        .bind(portal.0)
        .bind(relay.0)
        .execute(&mut *conn)
        .await
        .map_err(database)?;
    if done.rows_affected() == 0 {
        return Err(LedgerError::Missing("portal"));
    }
    match state {
        LoginState::Linked => deliveries::release_held(conn, relay, now).await?,
        LoginState::Unlinked(_) => deliveries::hold_open(conn, relay).await?,
    }
    let what = Reason::computed(format!("portal {portal} got another relay"));
    audit::write(conn, AuditKind::Portal, Some(relay), &what, now).await
}

/// The number of a chat, given now if it had none.
pub(crate) async fn know_chat(conn: &mut SqliteConnection, chat: &ChatKey) -> Result<i64, LedgerError> {
    const KNOW_CHAT: &str = "-- number a chat
        INSERT INTO chats (network, remote) VALUES (?1, ?2) ON CONFLICT (network, remote) DO NOTHING;
        SELECT id FROM chats WHERE network = ?1 AND remote = ?2";
    let rows = sqlx::query(KNOW_CHAT)
        .bind(chat.network.as_str())
        .bind(chat.id.clone())
        .fetch_all(conn)
        .await
        .map_err(database)?;
    rows.first()
        .ok_or(LedgerError::Missing("chat"))?
        .try_get(0)
        .map_err(database)
}

async fn room_of(conn: &mut SqliteConnection, chat: i64) -> Result<Option<RoomId>, LedgerError> {
    const ROOM_OF: &str = "-- the room on which a chat hangs
        SELECT room FROM portals WHERE chat = ?1 AND room IS NOT NULL";
    let room: Option<i64> = sqlx::query_scalar(ROOM_OF)
        .bind(chat)
        .fetch_optional(conn)
        .await
        .map_err(database)?;
    Ok(room.map(RoomId))
}
