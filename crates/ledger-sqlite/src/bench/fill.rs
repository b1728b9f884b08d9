//! A ledger with a past.

use crate::SqliteLedger;
use crate::error::database;
use matrimony_ledger::LedgerError;
use sqlx::SqliteConnection;

/// Fills an empty ledger: rooms that unite a Signal group and a WhatsApp group each, and `events_each` messages from
/// the Signal side in every one. All but the newest of each room are delivered; that one is due.
pub async fn fill(ledger: &SqliteLedger, rooms: u32, events_each: u32) -> Result<(), LedgerError> {
    ledger
        .writer
        .write((rooms, events_each), |conn, (rooms, events)| {
            Box::pin(insert(conn, *rooms, *events))
        })
        .await
}

async fn insert(conn: &mut SqliteConnection, rooms: u32, events_each: u32) -> Result<(), LedgerError> {
    const FILL: &str = r#"-- fill an empty ledger
        INSERT INTO logins (network, key, person, role, state, since)
            VALUES ('signal', 'a', 'a', 'relay', 'linked', 0), ('whatsapp', 'b', 'b', 'relay', 'linked', 0);
        WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
            INSERT INTO rooms (id, name, created, last_seq) SELECT i, 'room ' || i, 0, ?2 FROM n;
        INSERT INTO chats (id, network, remote) SELECT id, 'signal', 's' || id FROM rooms;
        INSERT INTO chats (id, network, remote) SELECT ?1 + id, 'whatsapp', 'w' || id FROM rooms;
        INSERT INTO portals (id, chat, room, relay, united)
            SELECT id, id, (id - 1) % ?1 + 1, 1 + (id > ?1), 0 FROM chats;
        WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2)
            INSERT INTO events (room, seq, chat, sender_network, sender, remote_id, at, seen_by, accepted, content)
            SELECT r.id, n.i, r.id, 'signal', 'alice', r.id || '/' || n.i, n.i, 1, n.i,
                '{"type":"text","text":{"body":"a message of common length, as people write them all day"}}'
            FROM n CROSS JOIN rooms r;
        INSERT INTO people (network, key, name, seen) VALUES ('signal', 'alice', 'alice', 0);
        INSERT INTO speakers (room, network, person) SELECT id, 'signal', 'alice' FROM rooms;
        INSERT INTO deliveries (event, portal, login, state, due, settled)
            SELECT id, ?1 + room, 2, iif(seq = ?2, 'due', 'delivered'), accepted, iif(seq = ?2, NULL, accepted)
            FROM events ORDER BY id;
        INSERT INTO copies (chat, remote_id, event, part, state)
            SELECT chat, remote_id, id, 0, 'original' FROM events;
        INSERT INTO copies (chat, remote_id, event, part, delivery, state)
            SELECT p.chat, 'copy ' || d.id, d.event, 0, d.id, 'sent'
            FROM deliveries d JOIN portals p ON p.id = d.portal WHERE d.state = 'delivered';
        UPDATE tallies SET n = ?1 * ?2 WHERE name = 'events';
        UPDATE tallies SET n = ?1 * (?2 - 1) WHERE name = 'delivered'"#;
    sqlx::query(FILL)
        .bind(rooms)
        .bind(events_each)
        .execute(conn)
        .await
        .map_err(database)?;
    Ok(())
}
