//! Rooms and portals.

use crate::SqliteLedger;
use crate::audit;
use crate::error::database;
use crate::rows;
use async_trait::async_trait;
use matrimony_domain::{ChatKey, LoginId, Name, PortalId, Reason, RoomId, UnixMillis};
use matrimony_ledger::{AuditKind, LedgerError, Portal, Room, Rooms, UniteError};
use sqlx::SqliteConnection;

pub(crate) mod attach;

#[async_trait]
impl Rooms for SqliteLedger {
    #[tracing::instrument(name = "ledger.create_room", skip_all)]
    async fn create_room(&self, name: &Name, now: UnixMillis) -> Result<Room, LedgerError> {
        let input = (name.clone(), now);
        self.writer
            .write(input, |conn, (name, now)| Box::pin(create(conn, name, *now)))
            .await
    }

    #[tracing::instrument(name = "ledger.rooms", skip_all)]
    async fn rooms(&self) -> Result<Vec<Room>, LedgerError> {
        const ROOMS: &str = "-- all rooms
            SELECT id, name, created FROM rooms ORDER BY id";
        let rows = sqlx::query(ROOMS)
            .fetch_all(&mut *self.readers.get().await?)
            .await
            .map_err(database)?;
        rows.iter().map(rows::room).collect()
    }

    #[tracing::instrument(name = "ledger.room", skip_all)]
    async fn room(&self, room: RoomId) -> Result<Option<Room>, LedgerError> {
        const ROOM: &str = "-- one room
            SELECT id, name, created FROM rooms WHERE id = ?1";
        let row = sqlx::query(ROOM)
            .bind(room.0)
            .fetch_optional(&mut *self.readers.get().await?)
            .await
            .map_err(database)?;
        row.as_ref().map(rows::room).transpose()
    }

    #[tracing::instrument(name = "ledger.portals", skip_all)]
    async fn portals(&self, room: RoomId) -> Result<Vec<Portal>, LedgerError> {
        const PORTALS: &str = "-- the portals of a room
            SELECT p.id AS portal, p.room AS portal_room, p.relay, c.network AS chat_network, c.remote AS chat_remote
            FROM portals p JOIN chats c ON c.id = p.chat
            WHERE p.room = ?1 ORDER BY p.united, p.id";
        let rows = sqlx::query(PORTALS)
            .bind(room.0)
            .fetch_all(&mut *self.readers.get().await?)
            .await
            .map_err(database)?;
        rows.iter().map(rows::portal).collect()
    }

    #[tracing::instrument(name = "ledger.portal_of", skip_all)]
    async fn portal_of(&self, chat: &ChatKey) -> Result<Option<Portal>, LedgerError> {
        const PORTAL_OF: &str = "-- the portal of a chat
            SELECT p.id AS portal, p.room AS portal_room, p.relay, c.network AS chat_network, c.remote AS chat_remote
            FROM chats c JOIN portals p ON p.chat = c.id
            WHERE c.network = ?1 AND c.remote = ?2 AND p.room IS NOT NULL";
        let row = sqlx::query(PORTAL_OF)
            .bind(chat.network.as_str())
            .bind(chat.id.clone())
            .fetch_optional(&mut *self.readers.get().await?)
            .await
            .map_err(database)?;
        row.as_ref().map(rows::portal).transpose()
    }

    #[tracing::instrument(name = "ledger.unite", skip_all)]
    async fn unite(&self, room: RoomId, chat: &ChatKey, relay: LoginId, now: UnixMillis) -> Result<Portal, UniteError> {
        let input = (room, chat.clone(), relay, now);
        self.writer
            .write(input, |conn, (room, chat, relay, now)| {
                Box::pin(attach::unite(conn, *room, chat, *relay, *now))
            })
            .await?
    }

    #[tracing::instrument(name = "ledger.detach", skip_all)]
    async fn detach(&self, portal: PortalId, now: UnixMillis) -> Result<(), LedgerError> {
        self.writer
            .write((portal, now), |conn, (portal, now)| {
                Box::pin(attach::detach(conn, *portal, *now))
            })
            .await
    }

    #[tracing::instrument(name = "ledger.move_portal", skip_all)]
    async fn move_portal(&self, portal: PortalId, room: RoomId, now: UnixMillis) -> Result<(), LedgerError> {
        self.writer
            .write((portal, room, now), |conn, (portal, room, now)| {
                Box::pin(move_portal(conn, *portal, *room, *now))
            })
            .await
    }

    #[tracing::instrument(name = "ledger.set_relay", skip_all)]
    async fn set_relay(&self, portal: PortalId, relay: LoginId, now: UnixMillis) -> Result<(), LedgerError> {
        self.writer
            .write((portal, relay, now), |conn, (portal, relay, now)| {
                Box::pin(attach::set_relay(conn, *portal, *relay, *now))
            })
            .await
    }
}

async fn create(conn: &mut SqliteConnection, name: &Name, now: UnixMillis) -> Result<Room, LedgerError> {
    const CREATE_ROOM: &str = "-- make a room
        INSERT INTO rooms (name, created) VALUES (?1, ?2)";
    let done = sqlx::query(CREATE_ROOM)
        .bind(name.reveal().to_owned())
        .bind(now.0)
        .execute(conn)
        .await
        .map_err(database)?;
    Ok(Room {
        id: RoomId(done.last_insert_rowid()),
        name: name.clone(),
        created: now,
    })
}

async fn move_portal(
    conn: &mut SqliteConnection,
    portal: PortalId,
    room: RoomId,
    now: UnixMillis,
) -> Result<(), LedgerError> {
    const MOVE: &str = "-- move a portal
        UPDATE portals SET room = ?2 WHERE id = ?1 AND room IS NOT NULL";
    room_must_exist(conn, room).await?;
    let done = sqlx::query(MOVE)
        .bind(portal.0)
        .bind(room.0)
        .execute(&mut *conn)
        .await
        .map_err(database)?;
    if done.rows_affected() == 0 {
        return Err(LedgerError::Missing("portal"));
    }
    let what = Reason::computed(format!("portal {portal} was moved to room {room}"));
    audit::write(conn, AuditKind::Portal, None, &what, now).await
}

async fn room_must_exist(conn: &mut SqliteConnection, room: RoomId) -> Result<(), LedgerError> {
    const ROOM_EXISTS: &str = "-- is there such a room
        SELECT id FROM rooms WHERE id = ?1";
    let found = sqlx::query(ROOM_EXISTS)
        .bind(room.0)
        .fetch_optional(conn)
        .await
        .map_err(database)?;
    found.map(|_| ()).ok_or(LedgerError::Missing("room"))
}
