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

/// What was claimed, and when there is more to claim.
struct Claimed {
    claims: Vec<Claim>,
    next: Result<Option<UnixMillis>, LedgerError>,
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
        let mut claiming: Option<BoxFuture<'_, Claimed>> = None;
        let (mut look_again, mut wake_at) = (true, None);
        loop {
            if look_again && claiming.is_none() {
                (look_again, wake_at) = (false, None);
                claiming = self.claiming(in_hand.len());
            }
            tokio::select! {
                biased;
                () = halt.stop.cancelled() => break,
                () = self.unlinked.cancelled() => break,
                claimed = under_way(&mut claiming) => {
                    claiming = None;
                    wake_at = self.take_in_hand(claimed, &mut in_hand, &halt.cut);
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
        join(self.hand_back(claiming, &halt.cut), finish).await;
    }

    /// Claims for the hands that are free, and looks ahead; `None` if all hands are full, or if nothing can be sent now.
    fn claiming(&self, in_hand: usize) -> Option<BoxFuture<'_, Claimed>> {
        let free = CLAIMS_PER_LOGIN - in_hand;
        let claim = async move {
            match self.claim(free).await {
                Ok(claims) => Claimed {
                    claims,
                    next: self.core.ledger.next_due(self.login).await,
                },
                Err(error) => Claimed {
                    claims: Vec::new(),
                    next: Err(error),
                },
            }
        };
        (free > 0 && self.is_online()).then(|| claim.boxed())
    }

    /// Begins to deliver what was claimed; answers when there is more to claim.
    fn take_in_hand<'a>(
        &'a self,
        claimed: Claimed,
        in_hand: &mut FuturesUnordered<BoxFuture<'a, Delivered>>,
        cut: &'a CancellationToken,
    ) -> Option<Instant> {
        in_hand.extend(claimed.claims.into_iter().map(|claim| self.deliver(claim, cut).boxed()));
        match claimed.next {
            Ok(next) => next.map(|due| Instant::now() + self.core.now().until(due).max(SHORTEST_WAIT)),
            Err(error) => {
                warn!(login.id = %self.login, %error, "could not claim");
                Some(Instant::now() + LEDGER_TROUBLE)
            }
        }
    }

    /// What was being claimed when the stop came is handed back untouched.
    async fn hand_back(&self, claiming: Option<BoxFuture<'_, Claimed>>, cut: &CancellationToken) {
        let Some(claiming) = claiming else { return };
        for claim in claiming.await.claims {
            self.release(&claim, cut).await;
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
