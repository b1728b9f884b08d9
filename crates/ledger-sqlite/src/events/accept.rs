//! Making an event of what a network told us.

use crate::audit;
use crate::deliveries;
use crate::error::database;
use crate::people;
use crate::rows::Fields;
use matrimony_domain::{EventId, Inbound, InboundBody, LoginId, Reason, Seq, UnixMillis};
use matrimony_ledger::codec::encode_content;
use matrimony_ledger::{Accepted, AuditKind, LedgerError, Person};
use sqlx::error::ErrorKind;
use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Sqlite, SqliteConnection};

/// Every query is a trip to the database's thread, and this is the path that counts: where all is as usual, one script
/// does it. Where it is not, the script stops at its first statement, and what is unusual is asked for.
pub(super) async fn accept(
    conn: &mut SqliteConnection,
    inbound: &Inbound,
    now: UnixMillis,
) -> Result<Accepted, LedgerError> {
    if let Some(stored) = store(conn, inbound, OnlyIfUsual::Yes, now).await? {
        return finish(conn, inbound, stored, now).await;
    }
    let Some(known) = look_up(conn, inbound).await? else {
        return no_portal(conn, inbound, now).await;
    };
    if let Some(event) = known.echo {
        return Ok(Accepted::Echo(event));
    }
    if let Some(event) = known.duplicate {
        return Ok(Accepted::Duplicate(event));
    }
    people::know(conn, &sender(inbound), now).await?;
    match store(conn, inbound, OnlyIfUsual::No, now).await? {
        Some(stored) => finish(conn, inbound, stored, now).await,
        None => no_portal(conn, inbound, now).await,
    }
}

async fn finish(
    conn: &mut SqliteConnection,
    inbound: &Inbound,
    stored: Stored,
    now: UnixMillis,
) -> Result<Accepted, LedgerError> {
    if let InboundBody::Unreadable(why) = &inbound.body {
        deliveries::tally(conn, "skipped", stored.deliveries.len()).await?;
        audit::write(conn, AuditKind::Unreadable, Some(inbound.seen_by), why, now).await?;
    }
    Ok(Accepted::New {
        event: stored.event,
        seq: stored.seq,
        wake: wake(&stored.deliveries),
    })
}

/// The usual: the id was never seen in its chat, the sender is known as they are told. Where the chat hangs on no room
/// nothing is stored, usual or not.
#[derive(Clone, Copy, PartialEq)]
enum OnlyIfUsual {
    Yes,
    No,
}

/// An event as it was stored.
struct Stored {
    event: EventId,
    seq: Seq,
    deliveries: Vec<Owed>,
}

/// A delivery that was stored with its event.
struct Owed {
    login: LoginId,
    due: bool,
}

/// The first statement finds no room where something is unusual, and a room may not be null: that ends the script with
/// nothing changed.
pub(crate) const STORE: &str = "-- store an event, its original and its deliveries
    INSERT INTO events (room, seq, chat, sender_network, sender, remote_id, at, seen_by, accepted, content, unreadable)
        SELECT p.room, r.last_seq + 1, c.id, ?4, ?5, ?3, ?8, ?9, ?10, ?11, ?12
        FROM (SELECT 1) LEFT JOIN (chats c JOIN portals p ON p.chat = c.id JOIN rooms r ON r.id = p.room)
            ON c.network = ?1 AND c.remote = ?2 AND (NOT ?13 OR (
                NOT EXISTS (SELECT 1 FROM copies k WHERE k.chat = c.id AND k.remote_id = ?3)
                AND EXISTS (SELECT 1 FROM people q WHERE q.network = ?4 AND q.key = ?5
                    AND (?6 IS NULL OR q.alias IS ?6) AND (?7 IS NULL OR q.name IS ?7))))
        RETURNING id, seq;
    UPDATE rooms SET last_seq = last_seq + 1
        WHERE id = (SELECT room FROM events WHERE id = (SELECT max(id) FROM events));
    UPDATE tallies SET n = n + 1 WHERE name = 'events';
    INSERT INTO copies (chat, remote_id, event, part, state)
        SELECT chat, remote_id, id, 0, 'original' FROM events WHERE id = (SELECT max(id) FROM events)
        ON CONFLICT (chat, remote_id) DO NOTHING;
    INSERT INTO speakers (room, network, person)
        SELECT room, sender_network, sender FROM events WHERE id = (SELECT max(id) FROM events)
        ON CONFLICT DO NOTHING;
    INSERT INTO deliveries (event, portal, login, due, state, reason, settled)
        SELECT e.id, p.id, p.relay, ?10,
            CASE WHEN ?12 IS NOT NULL THEN 'skipped' WHEN l.state = 'linked' THEN 'due' ELSE 'held' END,
            ?12, CASE WHEN ?12 IS NOT NULL THEN ?10 END
        FROM events e JOIN portals p ON p.room = e.room JOIN logins l ON l.id = p.relay
        WHERE e.id = (SELECT max(id) FROM events) AND p.chat <> e.chat
        ORDER BY p.id
        RETURNING login, state = 'due' AS is_due";

async fn store(
    conn: &mut SqliteConnection,
    inbound: &Inbound,
    only: OnlyIfUsual,
    now: UnixMillis,
) -> Result<Option<Stored>, LedgerError> {
    let (content, unreadable) = match &inbound.body {
        InboundBody::Message(content) => (Some(encode_content(content)), None),
        InboundBody::Unreadable(why) => (None, Some(why.as_str().to_owned())),
    };
    let rows = bind_source(STORE, inbound)
        .bind(inbound.at.0)
        .bind(inbound.seen_by.0)
        .bind(now.0)
        .bind(content)
        .bind(unreadable)
        .bind(only == OnlyIfUsual::Yes)
        .fetch_all(conn)
        .await;
    match rows {
        Ok(rows) => stored(&rows).map(Some),
        Err(error) if is_missing_value(&error) => Ok(None),
        Err(error) => Err(database(error)),
    }
}

/// The event's row, then one for each delivery.
fn stored(rows: &[SqliteRow]) -> Result<Stored, LedgerError> {
    let (event, deliveries) = rows.split_first().ok_or(LedgerError::Missing("event"))?;
    let event = Fields::of(event, "events", "id")?;
    Ok(Stored {
        event: EventId(event.id()),
        seq: Seq(event.get("seq")?),
        deliveries: deliveries.iter().map(owed).collect::<Result<_, _>>()?,
    })
}

fn owed(row: &SqliteRow) -> Result<Owed, LedgerError> {
    let fields = Fields::unnumbered(row, "deliveries");
    Ok(Owed {
        login: LoginId(fields.get("login")?),
        due: fields.get("is_due")?,
    })
}

/// An event that is known already.
struct Known {
    echo: Option<EventId>,
    duplicate: Option<EventId>,
}

pub(crate) const LOOK_UP: &str = "-- what is known of an inbound
    SELECT c.id AS chat,
        (SELECT event FROM copies WHERE chat = c.id AND remote_id = ?3 AND state <> 'original') AS echo,
        (SELECT e.id FROM events e
         WHERE e.chat = c.id AND e.remote_id = ?3 AND e.sender_network = ?4
            AND (e.sender IN (?5, ?6)
                OR EXISTS (SELECT 1 FROM people q WHERE q.network = ?4 AND q.key = e.sender AND q.alias IN (?5, ?6))
                OR EXISTS (SELECT 1 FROM people q WHERE q.network = ?4 AND q.alias = e.sender AND q.key IN (?5, ?6)))
         LIMIT 1) AS duplicate
    FROM chats c WHERE c.network = ?1 AND c.remote = ?2";

/// `None` where not even the chat is known.
async fn look_up(conn: &mut SqliteConnection, inbound: &Inbound) -> Result<Option<Known>, LedgerError> {
    let row = bind_source(LOOK_UP, inbound)
        .fetch_optional(conn)
        .await
        .map_err(database)?;
    let Some(row) = row else { return Ok(None) };
    let fields = Fields::of(&row, "chats", "chat")?;
    Ok(Some(Known {
        echo: fields.get::<Option<i64>>("echo")?.map(EventId),
        duplicate: fields.get::<Option<i64>>("duplicate")?.map(EventId),
    }))
}

/// Where it came from and who did it: `?1` to `?7` of both queries.
fn bind_source(sql: &'static str, inbound: &Inbound) -> Query<'static, Sqlite, SqliteArguments> {
    let sender = &inbound.sender;
    sqlx::query(sql)
        .bind(inbound.chat.network.as_str())
        .bind(inbound.chat.id.clone())
        .bind(inbound.remote_id.0.clone())
        .bind(sender.person.network.as_str())
        .bind(sender.person.id.clone())
        .bind(sender.alias.as_ref().map(|alias| alias.id.clone()))
        .bind(sender.name.as_ref().map(|name| name.reveal().to_owned()))
}

fn is_missing_value(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .is_some_and(|error| error.kind() == ErrorKind::NotNullViolation)
}

/// Each login once.
fn wake(deliveries: &[Owed]) -> Vec<LoginId> {
    let mut wake: Vec<LoginId> = deliveries.iter().filter(|d| d.due).map(|d| d.login).collect();
    wake.sort_unstable();
    wake.dedup();
    wake
}

async fn no_portal(conn: &mut SqliteConnection, inbound: &Inbound, now: UnixMillis) -> Result<Accepted, LedgerError> {
    const WHY: Reason = Reason::fixed("a message came in a chat that hangs on no room");
    audit::write(conn, AuditKind::Portal, Some(inbound.seen_by), &WHY, now).await?;
    Ok(Accepted::NoPortal)
}

fn sender(inbound: &Inbound) -> Person {
    Person {
        key: inbound.sender.person.clone(),
        alias: inbound.sender.alias.clone(),
        name: inbound.sender.name.clone(),
    }
}
