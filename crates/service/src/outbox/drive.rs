//! Goes on until it is told to stop.

use super::Outbox;
use super::attempt::Delivered;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use matrimony_domain::UnixMillis;
use matrimony_domain::limits::CLAIMS_PER_LOGIN;
use matrimony_ledger::{Claim, LedgerError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tracing::warn;

/// How an outbox is halted: softly, then hard.
#[derive(Clone, Default)]
pub(crate) struct Halt {
    /// No new claims; what is in hand is finished.
    pub(crate) stop: CancellationToken,
    /// What is in hand is no longer waited for.
    pub(crate) cut: CancellationToken,
}

impl Halt {
    /// Halted with this one, or by itself.
    pub(crate) fn child(&self) -> Self {
        Self {
            stop: self.stop.child_token(),
            cut: self.cut.child_token(),
        }
    }
}

/// Wait after the ledger failed.
const LEDGER_TROUBLE: Duration = Duration::from_secs(1);
/// Shortest wait for a due time, so that a clock that stands cannot make the loop spin.
const SHORTEST_WAIT: Duration = Duration::from_millis(20);

impl Outbox {
    /// Delivers until `halt`, or until the login is unlinked: what is due is claimed as soon as a hand is free, so that a slow chat holds up no other.
    /// Wakes when its bell rings, when the next delivery is due and when the session comes online.
    pub(crate) async fn run(&self, halt: &Halt) {
        let bell = self.core.wakes.bell(self.login);
        let mut health = self.session.health();
        let mut in_hand: FuturesUnordered<BoxFuture<'_, Delivered>> = FuturesUnordered::new();
        let mut rest = None;
        loop {
            let wait = match rest.take() {
                Some(rest) => Some(rest),
                None => self.claim_into(&mut in_hand, &halt.cut).await,
            };
            tokio::select! {
                biased;
                () = halt.stop.cancelled() => break,
                () = self.unlinked.cancelled() => break,
                Some(delivered) = in_hand.next() => {
                    rest = (delivered == Delivered::LedgerTrouble).then_some(LEDGER_TROUBLE);
                }
                () = bell.notified() => {}
                Ok(()) = health.changed() => {}
                () = sleep_or_forever(wait) => {}
            }
        }
        while in_hand.next().await.is_some() {}
    }

    /// Claims for the hands that are free; answers how long there is nothing more to claim.
    async fn claim_into<'a>(
        &'a self,
        in_hand: &mut FuturesUnordered<BoxFuture<'a, Delivered>>,
        cut: &'a CancellationToken,
    ) -> Option<Duration> {
        let free = CLAIMS_PER_LOGIN - in_hand.len();
        if free == 0 || !self.is_online() {
            return None;
        }
        match self.claim_and_look_ahead(free).await {
            Ok((claims, next)) => {
                in_hand.extend(claims.into_iter().map(|claim| self.deliver(claim, cut).boxed()));
                next.map(|due| self.core.now().until(due).max(SHORTEST_WAIT))
            }
            Err(error) => {
                warn!(login.id = %self.login, %error, "could not claim");
                Some(LEDGER_TROUBLE)
            }
        }
    }

    async fn claim_and_look_ahead(&self, free: usize) -> Result<(Vec<Claim>, Option<UnixMillis>), LedgerError> {
        let claims = self.claim(free).await?;
        let next = self.core.ledger.next_due(self.login).await?;
        Ok((claims, next))
    }
}

async fn sleep_or_forever(wait: Option<Duration>) {
    match wait {
        Some(wait) => tokio::time::sleep(wait).await,
        None => std::future::pending().await,
    }
}
