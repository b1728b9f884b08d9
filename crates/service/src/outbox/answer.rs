//! From the network's answer to the outcome: pure.

use crate::core::Core;
use matrimony_domain::limits::{RETRY_FIRST, UNSURE_WAIT};
use matrimony_domain::{Reason, RemoteId, SendIds};
use matrimony_ledger::{Claim, Copy, Outcome};
use matrimony_network::SendError;
use std::time::Duration;

/// What came back for one part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Yes.
    Sent(RemoteId),
    /// One of the four other answers.
    Failed(SendError),
    /// Nothing: time ran out, or the connector broke.
    Missing(Reason),
}

/// How far an attempt came.
#[derive(Debug)]
pub(super) struct Progress {
    /// The parts that got through, in order.
    pub(super) sent: Vec<Copy>,
    /// The answer to the last part that was tried.
    pub(super) answer: Answer,
}

impl Default for Progress {
    fn default() -> Self {
        Self {
            sent: Vec::new(),
            answer: Answer::Failed(SendError::Refused(Reason::fixed("there was nothing to send"))),
        }
    }
}

impl Progress {
    /// A part got through.
    pub(super) fn add(&mut self, part: u16, remote_id: RemoteId) {
        self.answer = Answer::Sent(remote_id.clone());
        self.sent.push(Copy { part, remote_id });
    }

    /// What is to be written down. `online` tells whether the session still was after the attempt: a failure of the
    /// connection says nothing about this delivery, so it does not lengthen its wait.
    pub(super) fn outcome(self, claim: &Claim, ids: SendIds, online: bool, core: &Core) -> Outcome {
        let backoff = if online {
            core.jitter.backoff(claim.attempts + 1)
        } else {
            RETRY_FIRST
        };
        let later = |after: Duration, reason, sent| Outcome::Later {
            at: core.now().after(after.max(backoff)),
            reason,
            sent,
        };
        match self.answer {
            Answer::Sent(_) => Outcome::Delivered(self.sent),
            Answer::Failed(SendError::Refused(reason)) => Outcome::Refused {
                reason,
                sent: self.sent,
            },
            Answer::Failed(SendError::Later { after, reason }) => later(after, reason, self.sent),
            // The login is marked right after this, and its deliveries are held.
            Answer::Failed(SendError::Unlinked) => {
                later(Duration::ZERO, Reason::fixed("the login is not linked"), self.sent)
            }
            Answer::Failed(SendError::Unsure(reason)) | Answer::Missing(reason) => match ids {
                SendIds::Ours => later(Duration::ZERO, reason, self.sent),
                SendIds::Theirs => Outcome::Unsure {
                    until: core.now().after(UNSURE_WAIT),
                    reason,
                    sent: self.sent,
                },
            },
        }
    }
}
