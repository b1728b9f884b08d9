//! Events.

use crate::SqliteLedger;
use crate::error::database;
use crate::rows::{self, Fields};
use async_trait::async_trait;
use matrimony_domain::{EventId, Inbound, UnixMillis};
use matrimony_ledger::{Accepted, Counts, EventRecord, Events, LedgerError};

pub(crate) mod accept;

#[async_trait]
impl Events for SqliteLedger {
    #[tracing::instrument(name = "ledger.accept", skip_all)]
    async fn accept(&self, inbound: &Inbound, now: UnixMillis) -> Result<Accepted, LedgerError> {
        let input = (inbound.clone(), now);
        self.writer
            .write(input, |conn, (inbound, now)| {
                Box::pin(accept::accept(conn, inbound, *now))
            })
            .await
    }

    #[tracing::instrument(name = "ledger.event", skip_all)]
    async fn event(&self, event: EventId) -> Result<Option<EventRecord>, LedgerError> {
        const EVENT: &str = "-- one event
            SELECT e.id AS event, e.room, e.seq, e.sender_network, e.sender, e.remote_id, e.at, e.content,
                c.network AS event_chat_network, c.remote AS event_chat_remote
            FROM events e JOIN chats c ON c.id = e.chat WHERE e.id = ?1";
        let row = sqlx::query(EVENT)
            .bind(event.0)
            .fetch_optional(&mut *self.readers.get().await?)
            .await
            .map_err(database)?;
        row.as_ref().map(rows::event).transpose()
    }

    #[tracing::instrument(name = "ledger.counts", skip_all)]
    async fn counts(&self) -> Result<Counts, LedgerError> {
        const COUNTS: &str = "-- the ledger in numbers
            SELECT name, n FROM tallies
            UNION ALL
            SELECT state, count(*) FROM deliveries INDEXED BY deliveries_open WHERE settled IS NULL GROUP BY state
            UNION ALL
            SELECT 'oldest_due', accepted FROM events WHERE id = (
                SELECT event FROM deliveries WHERE id = (
                    SELECT min(id) FROM deliveries INDEXED BY deliveries_open
                    WHERE settled IS NULL AND state <> 'held'))";
        let rows = sqlx::query(COUNTS)
            .fetch_all(&mut *self.readers.get().await?)
            .await
            .map_err(database)?;
        let mut counts = Counts::default();
        for row in &rows {
            let fields = Fields::unnumbered(row, "tallies");
            let n: i64 = fields.get("n")?;
            if let Some(count) = named(&mut counts, fields.get("name")?) {
                *count = u64::try_from(n).map_err(|_| fields.corrupt("n"))?;
            } else {
                counts.oldest_due = Some(UnixMillis(n));
            }
        }
        Ok(counts)
    }
}

/// The number that a row of the query is about; `None` for the one that is a time.
fn named<'c>(counts: &'c mut Counts, name: &str) -> Option<&'c mut u64> {
    Some(match name {
        "events" => &mut counts.events,
        "due" => &mut counts.due,
        "claimed" => &mut counts.claimed,
        "unsure" => &mut counts.unsure,
        "held" => &mut counts.held,
        "delivered" => &mut counts.delivered,
        "refused" => &mut counts.refused,
        "skipped" => &mut counts.skipped,
        "unsure_repeated" => &mut counts.unsure_repeated,
        _ => return None,
    })
}
