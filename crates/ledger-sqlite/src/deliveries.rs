//! Deliveries: the duty to make one copy. The crate's first page draws their states.

use crate::SqliteLedger;
use crate::error::database;
use async_trait::async_trait;
use matrimony_domain::{ChatKey, EventId, LoginId, RemoteId, RoomId, UnixMillis};
use matrimony_ledger::{
    Claim, ClaimLost, ClaimToken, Deliveries, DeliveryBrief, Intent, Lease, LedgerError, Outcome, WorkerId,
};
use sqlx::SqliteConnection;

mod begin;
pub(crate) mod claim;
mod hold;
mod list;
mod reconcile;
mod settle;

pub(crate) use hold::{hold_open, reassign_open, release_held, skip_open};

#[async_trait]
impl Deliveries for SqliteLedger {
    #[tracing::instrument(name = "ledger.claim_due", skip_all)]
    async fn claim_due(
        &self,
        login: LoginId,
        lease: &Lease,
        now: UnixMillis,
        limit: usize,
    ) -> Result<Vec<Claim>, LedgerError> {
        let wanted = claim::Wanted {
            login,
            lease: lease.clone(),
            now,
            limit,
            ledger_id: self.ledger_id,
        };
        self.writer
            .write(wanted, |conn, wanted| Box::pin(claim::claim_due(conn, wanted)))
            .await
    }

    #[tracing::instrument(name = "ledger.begin", skip_all)]
    async fn begin(&self, claim: &ClaimToken, intents: &[Intent], now: UnixMillis) -> Result<(), ClaimLost> {
        let input = (claim.clone(), intents.to_vec(), now);
        self.writer
            .write(input, |conn, (claim, intents, now)| {
                Box::pin(begin::begin(conn, claim, intents, *now))
            })
            .await?
    }

    #[tracing::instrument(name = "ledger.settle", skip_all)]
    async fn settle(&self, claim: &ClaimToken, outcome: &Outcome, now: UnixMillis) -> Result<(), ClaimLost> {
        let input = (claim.clone(), outcome.clone(), now);
        self.writer
            .write(input, |conn, (claim, outcome, now)| {
                Box::pin(settle::settle(conn, claim, outcome, *now))
            })
            .await?
    }

    #[tracing::instrument(name = "ledger.next_due", skip_all)]
    async fn next_due(&self, login: LoginId) -> Result<Option<UnixMillis>, LedgerError> {
        claim::next_due(&mut *self.readers.get().await?, login).await
    }

    #[tracing::instrument(name = "ledger.end_leases", skip_all)]
    async fn end_leases(&self, except: &WorkerId, now: UnixMillis) -> Result<u64, LedgerError> {
        self.writer
            .write((except.clone(), now), |conn, (except, now)| {
                Box::pin(end_leases(conn, except, *now))
            })
            .await
    }

    #[tracing::instrument(name = "ledger.reconcile", skip_all)]
    async fn reconcile(
        &self,
        chat: &ChatKey,
        fingerprint: [u8; 16],
        remote_id: &RemoteId,
        now: UnixMillis,
    ) -> Result<Option<EventId>, LedgerError> {
        let sighting = reconcile::Sighting {
            chat: chat.clone(),
            fingerprint,
            remote_id: remote_id.clone(),
            now,
        };
        self.writer
            .write(sighting, |conn, sighting| {
                Box::pin(reconcile::reconcile(conn, sighting))
            })
            .await
    }

    #[tracing::instrument(name = "ledger.open_deliveries", skip_all)]
    async fn open_deliveries(&self, room: Option<RoomId>, limit: usize) -> Result<Vec<DeliveryBrief>, LedgerError> {
        list::undelivered(&mut *self.readers.get().await?, room, limit).await
    }
}

/// Adds to one of the numbers that are not counted over whole tables.
pub(crate) async fn tally(conn: &mut SqliteConnection, name: &'static str, more: usize) -> Result<(), LedgerError> {
    const TALLY: &str = "-- count
        UPDATE tallies SET n = n + ?2 WHERE name = ?1";
    if more > 0 {
        sqlx::query(TALLY)
            .bind(name)
            .bind(i64::try_from(more).unwrap_or(i64::MAX))
            .execute(conn)
            .await
            .map_err(database)?;
    }
    Ok(())
}

async fn end_leases(conn: &mut SqliteConnection, except: &WorkerId, now: UnixMillis) -> Result<u64, LedgerError> {
    const END_LEASES: &str = "-- end the leases of other workers
        UPDATE deliveries INDEXED BY deliveries_open SET lease_until = ?2
        WHERE settled IS NULL AND state = 'claimed' AND worker <> ?1 AND lease_until > ?2";
    let done = sqlx::query(END_LEASES)
        .bind(except.0.clone())
        .bind(now.0)
        .execute(conn)
        .await
        .map_err(database)?;
    Ok(done.rows_affected())
}
