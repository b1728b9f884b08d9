//! The way in: what a network told us becomes an event, once.

use crate::core::Core;
use crate::sync::ChatChanges;
use async_trait::async_trait;
use matrimony_domain::limits::ATTEMPT_TIMEOUT;
use matrimony_domain::{ChatKey, Content, Inbound, InboundBody, LoginId, Reason, SendIds};
use matrimony_engine::echo::{Sighting, Verdict, fingerprint, judge};
use matrimony_ledger::{Accepted, AuditEntry, AuditKind, LedgerError};
use matrimony_network::{Inbox, NotAccepted};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, debug, info_span, warn};

/// The inbox of one session. `Ok` from [`Inbox::accept`] means that the ledger has committed.
///
/// Nearly everything goes to the ledger as it comes, and the ledger recognises duplicates and copies whose id is known.
/// What needs a second look is what *our own login* says: it is our copy coming back, perhaps before the answer that
/// tells its id, or it is a person who writes by hand on the login's phone.
pub struct LedgerInbox {
    core: Arc<Core>,
    login: LoginId,
    changes: Arc<ChatChanges>,
    closed: CancellationToken,
}

impl LedgerInbox {
    /// The inbox of `login`; refuses everything once `closed` is cancelled.
    pub fn new(core: Arc<Core>, login: LoginId, closed: CancellationToken) -> Self {
        Self {
            core,
            login,
            changes: Arc::default(),
            closed,
        }
    }

    /// The chats that the session reported as changed.
    pub(crate) fn changes(&self) -> Arc<ChatChanges> {
        self.changes.clone()
    }

    async fn accept_one(&self, inbound: &Inbound) -> Result<(), LedgerError> {
        if self.core.identities.is_own(&inbound.sender) && self.is_unanswered_copy(inbound).await? {
            return Ok(());
        }
        match self.core.ledger.accept(inbound, self.core.now()).await? {
            Accepted::New { event, seq, wake } => {
                debug!(event.id = %event, seq = %seq, deliveries = wake.len(), "accepted");
                for login in wake {
                    self.core.wakes.wake(login);
                }
            }
            Accepted::Duplicate(event) => debug!(event.id = %event, "known already"),
            Accepted::Echo(event) => debug!(event.id = %event, "echo of our own copy"),
            Accepted::NoPortal => debug!("its chat hangs on no room"),
        }
        Ok(())
    }

    /// Whether what our own login said is a copy of ours whose id no answer has told yet, so that the ledger could not
    /// know it. Waits for the answers that are under way in the chat.
    async fn is_unanswered_copy(&self, inbound: &Inbound) -> Result<bool, LedgerError> {
        let mut sighting = Sighting {
            known_copy: self.is_known(inbound).await?,
            in_flight: self.core.in_flight.any(&inbound.chat),
            // Sends whose ids we chose are not counted as in flight: the ledger knows those ids before the send.
            send_ids: SendIds::Theirs,
            fingerprint_known: false,
        };
        if judge(sighting) == Verdict::Wait {
            self.answers(&inbound.chat).await;
            sighting.in_flight = false;
            sighting.known_copy = self.is_known(inbound).await?;
        }
        if judge(sighting) == Verdict::Accept {
            sighting.fingerprint_known = self.reconcile(inbound).await?;
        }
        Ok(!sighting.known_copy && judge(sighting) == Verdict::Echo)
    }

    /// Waits for the answers under way in a chat, at most as long as an attempt may take.
    async fn answers(&self, chat: &ChatKey) {
        let landed = self.core.in_flight.landed(chat);
        if tokio::time::timeout(ATTEMPT_TIMEOUT, landed).await.is_err() {
            warn!("an answer that decides about an echo is overdue");
        }
    }

    /// Tells the ledger of a copy that no answer has told of, if this is one: it settles its delivery, or is a late double.
    async fn reconcile(&self, inbound: &Inbound) -> Result<bool, LedgerError> {
        let InboundBody::Message(Content::Text(text)) = &inbound.body else {
            return Ok(false);
        };
        let (chat, now) = (&inbound.chat, self.core.now());
        let digest = fingerprint(chat, text);
        let reconciled = self
            .core
            .ledger
            .reconcile(chat, digest, &inbound.remote_id, now)
            .await?;
        if let Some(event) = reconciled {
            debug!(event.id = %event, "an unanswered copy was seen");
            self.wake_speaker(chat).await?;
        }
        Ok(reconciled.is_some())
    }

    /// The ledger has this id, so that it tells by itself what it is.
    async fn is_known(&self, inbound: &Inbound) -> Result<bool, LedgerError> {
        let event = self.core.ledger.event_of(&inbound.chat, &inbound.remote_id).await?;
        Ok(event.is_some())
    }

    /// What waited behind a delivery that is now settled may go on.
    async fn wake_speaker(&self, chat: &ChatKey) -> Result<(), LedgerError> {
        if let Some(portal) = self.core.ledger.portal_of(chat).await? {
            self.core.wakes.wake(portal.relay);
        }
        Ok(())
    }
}

#[async_trait]
impl Inbox for LedgerInbox {
    async fn accept(&self, batch: &[Inbound]) -> Result<(), NotAccepted> {
        for inbound in batch {
            if self.closed.is_cancelled() {
                return Err(NotAccepted::Closed);
            }
            let span =
                info_span!("accept", login.id = %self.login, network = %inbound.chat.network, chat = %inbound.chat);
            let accepted = self.accept_one(inbound).instrument(span).await;
            accepted.map_err(not_accepted)?;
        }
        Ok(())
    }

    async fn unreadable(&self, login: LoginId, reason: Reason) -> Result<(), NotAccepted> {
        warn!(login.id = %login, %reason, "skipped what could not be read");
        let entry = AuditEntry {
            at: self.core.now(),
            kind: AuditKind::Unreadable,
            login: Some(login),
            what: reason,
        };
        self.core.ledger.record(&entry).await.map_err(not_accepted)
    }

    fn chat_changed(&self, _login: LoginId, chat: Option<&ChatKey>) {
        self.changes.note(chat);
    }
}

fn not_accepted(error: LedgerError) -> NotAccepted {
    warn!(%error, "the ledger did not accept; the network keeps it");
    NotAccepted::Ledger(Box::new(error))
}
