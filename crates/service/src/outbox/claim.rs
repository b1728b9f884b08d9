//! Takes what is due.

use super::Outbox;
use matrimony_ledger::{Claim, LedgerError};
use tracing::{Instrument, info_span};

impl Outbox {
    /// At most `room` deliveries, one per portal.
    pub(super) async fn claim(&self, room: usize) -> Result<Vec<Claim>, LedgerError> {
        let (core, lease) = (&self.core, self.core.lease());
        let span = info_span!("claim", login.id = %self.login);
        let claimed = core.ledger.claim_due(self.login, &lease, core.now(), room);
        claimed.instrument(span).await
    }
}
