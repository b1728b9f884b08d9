//! People and who is in which chat.

use crate::SqliteLedger;
use crate::error::database;
use crate::rooms::attach::know_chat;
use crate::rows;
use async_trait::async_trait;
use matrimony_domain::{ChatKey, PersonKey, RoomId, UnixMillis};
use matrimony_ledger::{LedgerError, People, Person};
use sqlx::SqliteConnection;

mod know;

pub(crate) use know::know;

#[async_trait]
impl People for SqliteLedger {
    #[tracing::instrument(name = "ledger.know_people", skip_all)]
    async fn know_people(&self, people: &[Person], now: UnixMillis) -> Result<(), LedgerError> {
        self.writer
            .write((people.to_vec(), now), |conn, (people, now)| {
                Box::pin(know_all(conn, people, *now))
            })
            .await
    }

    #[tracing::instrument(name = "ledger.person", skip_all)]
    async fn person(&self, key: &PersonKey) -> Result<Option<Person>, LedgerError> {
        const PERSON: &str = "-- a person by key or alias
            SELECT network, key, alias, name FROM people WHERE network = ?1 AND (key = ?2 OR alias = ?2)
            ORDER BY key = ?2 DESC LIMIT 1";
        let row = sqlx::query(PERSON)
            .bind(key.network.as_str())
            .bind(key.id.clone())
            .fetch_optional(&mut *self.readers.get().await?)
            .await
            .map_err(database)?;
        row.as_ref().map(rows::person).transpose()
    }

    #[tracing::instrument(name = "ledger.set_members", skip_all)]
    async fn set_members(&self, chat: &ChatKey, members: &[Person], now: UnixMillis) -> Result<(), LedgerError> {
        let input = (chat.clone(), members.to_vec(), now);
        self.writer
            .write(input, |conn, (chat, members, now)| {
                Box::pin(set_members(conn, chat, members, *now))
            })
            .await
    }

    #[tracing::instrument(name = "ledger.room_people", skip_all)]
    async fn room_people(&self, room: RoomId) -> Result<Vec<Person>, LedgerError> {
        const ROOM_PEOPLE: &str = "-- members of a room's chats, and whoever has spoken in it
            WITH named (network, person) AS (
                SELECT m.network, m.person FROM portals p JOIN members m ON m.chat = p.chat WHERE p.room = ?1
                UNION
                SELECT network, person FROM speakers WHERE room = ?1)
            SELECT q.network, q.key, q.alias, q.name FROM named n
                CROSS JOIN people q ON q.network = n.network AND q.key = n.person
            UNION
            SELECT q.network, q.key, q.alias, q.name FROM named n
                CROSS JOIN people q ON q.network = n.network AND q.alias = n.person
            ORDER BY 1, 2";
        let rows = sqlx::query(ROOM_PEOPLE)
            .bind(room.0)
            .fetch_all(&mut *self.readers.get().await?)
            .await
            .map_err(database)?;
        rows.iter().map(rows::person).collect()
    }
}

async fn know_all(conn: &mut SqliteConnection, people: &[Person], now: UnixMillis) -> Result<(), LedgerError> {
    for person in people {
        know(conn, person, now).await?;
    }
    Ok(())
}

async fn set_members(
    conn: &mut SqliteConnection,
    chat: &ChatKey,
    members: &[Person],
    now: UnixMillis,
) -> Result<(), LedgerError> {
    const FORGET: &str = "-- forget the members of a chat
        DELETE FROM members WHERE chat = ?1";
    const ADD: &str = "-- add a member of a chat
        INSERT INTO members (chat, network, person) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
    let chat = know_chat(conn, chat).await?;
    sqlx::query(FORGET)
        .bind(chat)
        .execute(&mut *conn)
        .await
        .map_err(database)?;
    for member in members {
        sqlx::query(ADD)
            .bind(chat)
            .bind(member.key.network.as_str())
            .bind(member.key.id.clone())
            .execute(&mut *conn)
            .await
            .map_err(database)?;
    }
    know_all(conn, members, now).await
}
