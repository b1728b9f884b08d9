//! Making an event of what a network told us.

use crate::audit;
use crate::deliveries;
use crate::error::database;
use crate::people;
use crate::rows::Fields;
use matrimony_domain::{EventId, Inbound, InboundBody, LoginId, Reason, Seq, UnixMillis};
use matrimony_ledger::codec::encode_content;
use matrimony_ledger::{Accepted, AuditKind, LedgerError, Person};
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

/// One question, then one script: every query is a trip to the database's thread, and this is the path that counts.
pub(super) async fn accept(
    conn: &mut SqliteConnection,
    inbound: &Inbound,
    now: UnixMillis,
) -> Result<Accepted, LedgerError> {
    let Some(known) = look_up(conn, inbound).await? else {
        return no_portal(conn, inbound, now).await;
    };
    if let Some(event) = known.echo {
        return Ok(Accepted::Echo(event));
    }
    if let Some(event) = known.duplicate {
        return Ok(Accepted::Duplicate(event));
    }
    let Some(place) = known.place else {
        return no_portal(conn, inbound, now).await;
    };
    if !known.sender_unchanged {
        people::know(conn, &sender(inbound), now).await?;
    }
    let (event, deliveries) = store(conn, inbound, &place, now).await?;
    if let InboundBody::Unreadable(why) = &inbound.body {
        deliveries::tally(conn, "skipped", deliveries.len()).await?;
        audit::write(conn, AuditKind::Unreadable, Some(inbound.seen_by), why, now).await?;
    }
    Ok(Accepted::New {
        event,
        seq: place.seq,
        wake: wake(&deliveries),
    })
}

/// What the ledger knows of an inbound before it takes it.
struct Known {
    echo: Option<EventId>,
    duplicate: Option<EventId>,
    /// `None` where the chat hangs on no room.
    place: Option<Place>,
    sender_unchanged: bool,
}

/// Where the event will stand.
struct Place {
    chat: i64,
    room: i64,
    seq: Seq,
}

pub(crate) const LOOK_UP: &str = "-- what is known of an inbound
    SELECT c.id AS chat, p.room, r.last_seq,
        (SELECT event FROM copies WHERE chat = c.id AND remote_id = ?3 AND state <> 'original') AS echo,
        (SELECT e.id FROM events e
         WHERE e.chat = c.id AND e.remote_id = ?3 AND e.sender_network = ?4
            AND (e.sender IN (?5, ?6)
                OR EXISTS (SELECT 1 FROM people q WHERE q.network = ?4 AND q.key = e.sender AND q.alias IN (?5, ?6))
                OR EXISTS (SELECT 1 FROM people q WHERE q.network = ?4 AND q.alias = e.sender AND q.key IN (?5, ?6)))
         LIMIT 1) AS duplicate,
        EXISTS (SELECT 1 FROM people q WHERE q.network = ?4 AND q.key = ?5
            AND (?6 IS NULL OR q.alias IS ?6) AND (?7 IS NULL OR q.name IS ?7)) AS sender_unchanged
    FROM chats c
        LEFT JOIN portals p ON p.chat = c.id AND p.room IS NOT NULL
        LEFT JOIN rooms r ON r.id = p.room
    WHERE c.network = ?1 AND c.remote = ?2";

/// `None` where not even the chat is known.
async fn look_up(conn: &mut SqliteConnection, inbound: &Inbound) -> Result<Option<Known>, LedgerError> {
    let sender = &inbound.sender;
    let row = sqlx::query(LOOK_UP)
        .bind(inbound.chat.network.as_str())
        .bind(inbound.chat.id.clone())
        .bind(inbound.remote_id.0.clone())
        .bind(sender.person.network.as_str())
        .bind(sender.person.id.clone())
        .bind(sender.alias.as_ref().map(|alias| alias.id.clone()))
        .bind(sender.name.as_ref().map(|name| name.reveal().to_owned()))
        .fetch_optional(conn)
        .await
        .map_err(database)?;
    row.as_ref().map(known).transpose()
}

fn known(row: &SqliteRow) -> Result<Known, LedgerError> {
    let chat = Fields::of(row, "chats", "chat")?;
    let event = |column| Ok::<_, LedgerError>(chat.get::<Option<i64>>(column)?.map(EventId));
    let place = match (chat.get("room")?, chat.get::<Option<i64>>("last_seq")?) {
        (Some(room), Some(last)) => Some(Place {
            chat: chat.id(),
            room,
            seq: Seq(last + 1),
        }),
        _ => None,
    };
    Ok(Known {
        echo: event("echo")?,
        duplicate: event("duplicate")?,
        place,
        sender_unchanged: chat.get("sender_unchanged")?,
    })
}

/// A delivery as it was stored with its event.
struct Stored {
    login: LoginId,
    due: bool,
}

async fn store(
    conn: &mut SqliteConnection,
    inbound: &Inbound,
    place: &Place,
    now: UnixMillis,
) -> Result<(EventId, Vec<Stored>), LedgerError> {
    const STORE: &str = "-- store an event, its original and its deliveries
        INSERT INTO events (room, seq, chat, sender_network, sender, remote_id, at, seen_by, accepted, content, unreadable)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
            RETURNING id;
        UPDATE rooms SET last_seq = ?2 WHERE id = ?1;
        UPDATE tallies SET n = n + 1 WHERE name = 'events';
        INSERT INTO copies (chat, remote_id, event, part, state)
            SELECT ?3, ?6, id, 0, 'original' FROM events WHERE room = ?1 AND seq = ?2
            ON CONFLICT (chat, remote_id) DO NOTHING;
        INSERT INTO speakers (room, network, person) VALUES (?1, ?4, ?5) ON CONFLICT DO NOTHING;
        INSERT INTO deliveries (event, portal, login, due, state, reason, settled)
            SELECT e.id, p.id, p.relay, ?9,
                CASE WHEN ?11 IS NOT NULL THEN 'skipped' WHEN l.state = 'linked' THEN 'due' ELSE 'held' END,
                ?11, CASE WHEN ?11 IS NOT NULL THEN ?9 END
            FROM events e JOIN portals p ON p.room = e.room JOIN logins l ON l.id = p.relay
            WHERE e.room = ?1 AND e.seq = ?2 AND p.chat <> ?3
            ORDER BY p.id
            RETURNING login, state = 'due' AS is_due";
    let (content, unreadable) = match &inbound.body {
        InboundBody::Message(content) => (Some(encode_content(content)), None),
        InboundBody::Unreadable(why) => (None, Some(why.as_str().to_owned())),
    };
    let rows = sqlx::query(STORE)
        .bind(place.room)
        .bind(place.seq.0)
        .bind(place.chat)
        .bind(inbound.sender.person.network.as_str())
        .bind(inbound.sender.person.id.clone())
        .bind(inbound.remote_id.0.clone())
        .bind(inbound.at.0)
        .bind(inbound.seen_by.0)
        .bind(now.0)
        .bind(content)
        .bind(unreadable)
        .fetch_all(conn)
        .await
        .map_err(database)?;
    let (event, deliveries) = rows.split_first().ok_or(LedgerError::Missing("event"))?;
    let event = Fields::of(event, "events", "id")?;
    let deliveries = deliveries.iter().map(stored).collect::<Result<_, _>>()?;
    Ok((EventId(event.id()), deliveries))
}

fn stored(row: &SqliteRow) -> Result<Stored, LedgerError> {
    let fields = Fields::unnumbered(row, "deliveries");
    Ok(Stored {
        login: LoginId(fields.get("login")?),
        due: fields.get("is_due")?,
    })
}

/// Each login once.
fn wake(deliveries: &[Stored]) -> Vec<LoginId> {
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
