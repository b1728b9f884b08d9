//! One delivery, from the claim to its outcome.

use super::Outbox;
use super::answer::{Answer, Progress};
use futures_util::FutureExt;
use matrimony_domain::limits::ATTEMPT_TIMEOUT;
use matrimony_domain::{Action, Reason, SendIds, SendKey};
use matrimony_engine::Rendering;
use matrimony_engine::echo::fingerprint;
use matrimony_ledger::{Claim, ClaimLost, Intent, Outcome};
use matrimony_network::{SendError, Sent};
use std::panic::AssertUnwindSafe;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, debug, error, info_span, warn};

/// How a delivery left the outbox's hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Delivered {
    /// It has an outcome, or belongs to somebody else.
    Settled,
    /// The ledger is in trouble: there is no point in claiming more at once.
    LedgerTrouble,
}

impl Outbox {
    /// Attempts a claimed delivery and settles it. Once `cut` is cancelled, an answer is no longer waited for.
    pub(super) async fn deliver(&self, claim: Claim, cut: &CancellationToken) -> Delivered {
        let span = info_span!(
            "attempt",
            delivery.id = %claim.token.delivery,
            event.id = %claim.event.id,
            room.id = %claim.event.room,
            login.id = %self.login,
            network = %claim.portal.chat.network,
            attempts = claim.attempts,
        );
        self.attempt(&claim, cut).instrument(span).await
    }

    async fn attempt(&self, claim: &Claim, cut: &CancellationToken) -> Delivered {
        let actions = match self.render(claim).await {
            Ok(Rendering::Send(actions)) => actions,
            Ok(Rendering::Skip(reason)) => return self.settle(claim, &Outcome::Skipped(reason), cut).await,
            Err(error) => {
                warn!(%error, "could not read what is to be delivered");
                return self.release(claim, cut).await;
            }
        };
        let parts = self.missing_parts(claim, actions);
        let intents: Vec<Intent> = parts.iter().map(|part| self.intent(part)).collect();
        // Until the answer is in the ledger, what our own login is seen saying here may be this copy.
        let ids_come_with_answers = intents.iter().any(|intent| intent.remote_id.is_none());
        let _flight = ids_come_with_answers.then(|| self.core.in_flight.take_off(&claim.portal.chat));

        match self.core.ledger.begin(&claim.token, &intents, self.core.now()).await {
            Ok(()) => {}
            Err(ClaimLost::Ended) => return Delivered::Settled,
            Err(ClaimLost::Ledger(error)) => {
                warn!(%error, "could not record what is about to leave, so nothing does");
                return self.release(claim, cut).await;
            }
        }
        if claim.repeats_unsure {
            warn!("repeating a send that was never answered: the chat may get it twice");
        }
        let progress = self.send(&parts, cut).await;
        let online = self.is_online();
        let unlinked = progress.answer == Answer::Failed(SendError::Unlinked);
        let outcome = progress.outcome(claim, self.ids(claim), online, &self.core);
        debug!(outcome = outcome_word(&outcome), "attempted");
        let settled = self.settle(claim, &outcome, cut).await;
        if unlinked {
            self.hold().await;
        }
        settled
    }

    /// The parts that no earlier attempt has sent.
    fn missing_parts(&self, claim: &Claim, actions: Vec<Action>) -> Vec<Part> {
        let numbered = (0_u16..).zip(actions).map(|(number, action)| Part {
            key: SendKey {
                part: number,
                ..claim.key
            },
            action,
        });
        let sent = |part: &Part| claim.sent.iter().any(|copy| copy.part == part.key.part);
        numbered.filter(|part| !sent(part)).collect()
    }

    fn intent(&self, part: &Part) -> Intent {
        Intent {
            part: part.key.part,
            remote_id: self.session.chosen_id(&part.key),
            send_ids: self.session.capabilities(&part.action.chat).send_ids,
            fingerprint: fingerprint(&part.action.chat, &part.action.text),
        }
    }

    /// Lets the parts leave in order, up to the first that gets no yes.
    async fn send(&self, parts: &[Part], cut: &CancellationToken) -> Progress {
        let mut progress = Progress::default();
        for part in parts {
            match self.perform(part, cut).await {
                Answer::Sent(sent) => progress.add(part.key.part, sent),
                no => {
                    progress.answer = no;
                    break;
                }
            }
        }
        progress
    }

    /// One part. A connector that does not answer in time, or panics, gave no answer.
    async fn perform(&self, part: &Part, cut: &CancellationToken) -> Answer {
        let performed = AssertUnwindSafe(self.session.perform(&part.key, &part.action)).catch_unwind();
        tokio::select! {
            biased;
            performed = performed => match performed {
                Ok(Ok(Sent { remote_id })) => Answer::Sent(remote_id),
                Ok(Err(error)) => Answer::Failed(error),
                Err(_panic) => {
                    error!("the connector panicked while it was sending");
                    Answer::Missing(Reason::fixed("the connector failed while it was sending"))
                }
            },
            () = tokio::time::sleep(ATTEMPT_TIMEOUT) => Answer::Missing(Reason::fixed("the network did not answer in time")),
            () = cut.cancelled() => Answer::Missing(Reason::fixed("we stopped before the network had answered")),
        }
    }

    fn ids(&self, claim: &Claim) -> SendIds {
        self.session.capabilities(&claim.portal.chat).send_ids
    }

    /// Hands a claim back as it was.
    pub(super) async fn release(&self, claim: &Claim, cut: &CancellationToken) -> Delivered {
        self.settle(claim, &Outcome::Released, cut).await;
        Delivered::LedgerTrouble
    }
}

/// One message to be sent.
struct Part {
    key: SendKey,
    action: Action,
}

fn outcome_word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Delivered(_) => "delivered",
        Outcome::Refused { .. } => "refused",
        Outcome::Skipped(_) => "skipped",
        Outcome::Later { .. } => "later",
        Outcome::Unsure { .. } => "unsure",
        Outcome::Released => "released",
    }
}
