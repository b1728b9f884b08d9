//! What the inboxes and outboxes of one process share.

use crate::backoff::Jitter;
use crate::identities::Identities;
use crate::in_flight::InFlight;
use crate::wakes::Wakes;
use matrimony_domain::limits::CLAIM_LEASE;
use matrimony_domain::{Clock, UnixMillis};
use matrimony_ledger::{Lease, Ledger, LedgerError, WorkerId};
use std::sync::Arc;

/// The ledger, the clock and the small state in memory by which inboxes and outboxes work together. All of that state
/// can be lost at any moment: it holds no promise, only who is to be woken and which answers are awaited.
pub struct Core {
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) worker: WorkerId,
    pub(crate) jitter: Jitter,
    pub(crate) identities: Identities,
    pub(crate) in_flight: InFlight,
    pub(crate) wakes: Wakes,
}

impl Core {
    /// The core of one worker process. `jitter_seed` spreads retries.
    pub fn new(ledger: Arc<dyn Ledger>, clock: Arc<dyn Clock>, worker: WorkerId, jitter_seed: u64) -> Arc<Self> {
        Arc::new(Self {
            ledger,
            clock,
            worker,
            jitter: Jitter::seeded(jitter_seed),
            identities: Identities::default(),
            in_flight: InFlight::default(),
            wakes: Wakes::default(),
        })
    }

    /// Takes over from an earlier run of the process, which is over: its claims are free again. Comes before the first
    /// session runs. Answers how many claims there were.
    pub async fn take_over(&self) -> Result<u64, LedgerError> {
        let freed = self.ledger.end_leases(&self.worker, self.now()).await?;
        self.learn_identities().await?;
        Ok(freed)
    }

    /// Learns who our own logins are, so that what they say is looked at twice. Comes again when a login was added.
    pub(crate) async fn learn_identities(&self) -> Result<(), LedgerError> {
        self.identities.learn(self.ledger.as_ref()).await
    }

    pub(crate) fn now(&self) -> UnixMillis {
        self.clock.now()
    }

    /// A lease that begins now.
    pub(crate) fn lease(&self) -> Lease {
        Lease {
            worker: self.worker.clone(),
            until: self.now().after(CLAIM_LEASE),
        }
    }
}
