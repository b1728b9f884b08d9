//! Writes the outcome down.

use super::Outbox;
use super::attempt::Delivered;
use matrimony_domain::Reason;
use matrimony_domain::limits::CLAIM_LEASE;
use matrimony_ledger::{Claim, ClaimLost, LoginState, Outcome};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, error, info_span, warn};

/// Wait between two tries to settle after the second; the first repeat comes at once.
const SETTLE_AGAIN: Duration = Duration::from_millis(200);
/// Tries that fit into what is left of a lease after the longest attempt.
const SETTLE_TRIES: u32 = (CLAIM_LEASE.as_millis() / 4 / SETTLE_AGAIN.as_millis()) as u32;
/// Tries while we are stopping.
const SETTLE_TRIES_AT_STOP: u32 = 3;

impl Outbox {
    /// Settles, again and again while the ledger fails: the network has answered, and that answer must not be lost. A
    /// try that failed may have been committed; then the next one finds the claim ended, which is as good.
    pub(super) async fn settle(&self, claim: &Claim, outcome: &Outcome, cut: &CancellationToken) -> Delivered {
        let span = info_span!("settle", delivery.id = %claim.token.delivery);
        self.settle_until_done(claim, outcome, cut).instrument(span).await
    }

    async fn settle_until_done(&self, claim: &Claim, outcome: &Outcome, cut: &CancellationToken) -> Delivered {
        for tries in 1.. {
            match self.core.ledger.settle(&claim.token, outcome, self.core.now()).await {
                Ok(()) if tries == 1 => return Delivered::Settled,
                Ok(()) | Err(ClaimLost::Ended) => return Delivered::Settled,
                Err(ClaimLost::Ledger(error)) => warn!(%error, tries, "could not settle; trying again"),
            }
            let bound = if cut.is_cancelled() {
                SETTLE_TRIES_AT_STOP
            } else {
                SETTLE_TRIES
            };
            if tries >= bound {
                break;
            }
            if tries > 1 {
                tokio::time::sleep(SETTLE_AGAIN).await;
            }
        }
        error!("an outcome could not be recorded; its delivery comes back when the lease ends");
        Delivered::LedgerTrouble
    }

    /// The network says that this login is not ours any more: what is to be said by it is held from now on.
    pub(super) async fn hold(&self) {
        let reason = Reason::fixed("the network says that this device is not linked any more; link it again");
        let state = LoginState::Unlinked(reason);
        self.unlinked.cancel();
        let held = self.core.ledger.set_login_state(self.login, &state, self.core.now());
        if let Err(error) = held.await {
            warn!(login.id = %self.login, %error, "could not record that the login is unlinked");
        }
    }
}
