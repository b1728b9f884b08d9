//! Goes on until it is told to stop.

use super::Outbox;
use super::attempt::Delivered;
use futures_util::future::{BoxFuture, join};
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use matrimony_domain::UnixMillis;
use matrimony_domain::limits::CLAIMS_PER_LOGIN;
use matrimony_ledger::{Claim, LedgerError};
use std::future::pending;
use std::time::Duration;
use tokio::time::Instant;
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

/// What a look at the ledger has found.
enum Look {
    /// What is to be delivered now.
    Claims(Vec<Claim>),
    /// When there is more to claim.
    NextDue(Option<UnixMillis>),
    /// The ledger is in trouble.
    Trouble(LedgerError),
}

impl Outbox {
    /// Delivers until `halt`, or until the login is unlinked: what is due is claimed as soon as a hand is free, so that
    /// a slow chat holds up no other. Wakes when its bell rings, when the next delivery is due and when the session
    /// comes online.
    ///
    /// Claiming and delivering are polled side by side: an attempt that nobody polls may hold what a claim waits for.
    pub(crate) async fn run(&self, halt: &Halt) {
        let bell = self.core.wakes.bell(self.login);
        let mut health = self.session.health();
        let mut in_hand: FuturesUnordered<BoxFuture<'_, Delivered>> = FuturesUnordered::new();
        let mut looking: Option<BoxFuture<'_, Look>> = None;
        let (mut look_again, mut wake_at) = (true, None);
        loop {
            if look_again && looking.is_none() {
                (look_again, wake_at) = (false, None);
                looking = self.claim_for(CLAIMS_PER_LOGIN - in_hand.len());
            }
            tokio::select! {
                biased;
                () = halt.stop.cancelled() => break,
                () = self.unlinked.cancelled() => break,
                look = under_way(&mut looking) => {
                    looking = None;
                    match look {
                        Look::Claims(claims) => {
                            in_hand.extend(claims.into_iter().map(|claim| self.deliver(claim, &halt.cut).boxed()));
                            looking = Some(self.look_ahead().boxed());
                        }
                        Look::NextDue(next) => wake_at = next.map(|due| self.moment(due)),
                        Look::Trouble(error) => {
                            warn!(login.id = %self.login, %error, "could not claim");
                            wake_at = Some(Instant::now() + LEDGER_TROUBLE);
                        }
                    }
                }
                Some(delivered) = in_hand.next() => match delivered {
                    Delivered::Settled => look_again = true,
                    Delivered::LedgerTrouble => wake_at = Some(Instant::now() + LEDGER_TROUBLE),
                },
                () = bell.notified() => look_again = true,
                Ok(()) = health.changed() => look_again = true,
                () = sleep_until(wake_at) => look_again = true,
            }
        }
        let finish = async { while in_hand.next().await.is_some() {} };
        join(self.hand_back(looking, &halt.cut), finish).await;
    }

    /// Claims for the hands that are free; `None` if there are none, or if nothing can be sent now.
    fn claim_for(&self, free: usize) -> Option<BoxFuture<'_, Look>> {
        let claim = async move { self.claim(free).await.map_or_else(Look::Trouble, Look::Claims) };
        (free > 0 && self.is_online()).then(|| claim.boxed())
    }

    async fn look_ahead(&self) -> Look {
        let next = self.core.ledger.next_due(self.login).await;
        next.map_or_else(Look::Trouble, Look::NextDue)
    }

    fn moment(&self, due: UnixMillis) -> Instant {
        Instant::now() + self.core.now().until(due).max(SHORTEST_WAIT)
    }

    /// What was being claimed when the stop came is handed back untouched.
    async fn hand_back(&self, looking: Option<BoxFuture<'_, Look>>, cut: &CancellationToken) {
        let Some(looking) = looking else { return };
        if let Look::Claims(claims) = looking.await {
            for claim in claims {
                self.release(&claim, cut).await;
            }
        }
    }
}

/// What is under way; for ever if nothing is.
async fn under_way<T>(future: &mut Option<BoxFuture<'_, T>>) -> T {
    match future {
        Some(future) => future.await,
        None => pending().await,
    }
}

async fn sleep_until(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment).await,
        None => pending().await,
    }
}
