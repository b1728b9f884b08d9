//! Where a connector hands over what its network told it.

use async_trait::async_trait;
use matrimony_domain::{ChatKey, Inbound, LoginId, Reason};

/// Implemented by the service, called by connectors.
#[async_trait]
pub trait Inbox: Send + Sync {
    /// Takes a batch in order. `Ok` means that all of it is committed, and only now may the connector acknowledge it.
    /// Safe to repeat: what is known already is recognised. May wait while a send in the same chat is in flight whose
    /// answer decides whether this is an echo, so a connector must go on reading answers meanwhile. At most
    /// [`BATCH`](matrimony_domain::limits::BATCH) at a time.
    async fn accept(&self, batch: &[Inbound]) -> Result<(), NotAccepted>;

    /// Something came that cannot even be placed in a chat. It is recorded with the reason, counted and skipped. `Ok`
    /// means committed.
    async fn unreadable(&self, login: LoginId, reason: Reason) -> Result<(), NotAccepted>;

    /// The name or the members of a chat changed, or may have while we were away: the service asks the session for
    /// [`chats`](crate::Session::chats) and [`members`](crate::Session::members) again, when it can.
    fn chat_changed(&self, login: LoginId, chat: Option<&ChatKey>);
}

/// The batch is not committed: do not acknowledge, hand it over again later.
#[derive(Debug, thiserror::Error)]
pub enum NotAccepted {
    /// The ledger could not take it (disk full, database gone).
    #[error("the ledger did not accept the batch")]
    Ledger(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// We are stopping.
    #[error("the inbox is closed")]
    Closed,
}
