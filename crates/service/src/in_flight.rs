//! Sends whose answer will tell the id of a copy.

use matrimony_domain::ChatKey;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// The sends that are under way in each chat and whose copies nobody can recognise before the answer. Bounded by the
/// claims in hand.
#[derive(Default)]
pub(crate) struct InFlight {
    chats: Mutex<Chats>,
    landed: Notify,
}

#[derive(Default)]
struct Chats {
    last: u64,
    flights: HashMap<ChatKey, BTreeSet<u64>>,
}

impl InFlight {
    /// A send in `chat` begins; it ends when the guard is dropped, which must be after its answer is in the ledger.
    pub(crate) fn take_off(&self, chat: &ChatKey) -> Flight<'_> {
        let mut chats = self.lock();
        chats.last += 1;
        let number = chats.last;
        chats.flights.entry(chat.clone()).or_default().insert(number);
        Flight {
            all: self,
            chat: chat.clone(),
            number,
        }
    }

    /// Whether a send is under way in `chat`.
    pub(crate) fn any(&self, chat: &ChatKey) -> bool {
        self.lock().flights.contains_key(chat)
    }

    /// Waits until the sends that are under way in `chat` now have ended. Those that begin later are not waited for:
    /// what was seen before they began cannot be theirs.
    pub(crate) async fn landed(&self, chat: &ChatKey) {
        let newest = self.lock().last;
        loop {
            let landed = self.landed.notified();
            tokio::pin!(landed);
            landed.as_mut().enable();
            if !self.any_up_to(chat, newest) {
                return;
            }
            landed.await;
        }
    }

    fn any_up_to(&self, chat: &ChatKey, newest: u64) -> bool {
        let chats = self.lock();
        let oldest = chats.flights.get(chat).and_then(BTreeSet::first);
        oldest.is_some_and(|oldest| *oldest <= newest)
    }

    fn lock(&self) -> MutexGuard<'_, Chats> {
        self.chats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One send under way.
pub(crate) struct Flight<'a> {
    all: &'a InFlight,
    chat: ChatKey,
    number: u64,
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        let mut chats = self.all.lock();
        if let Some(flights) = chats.flights.get_mut(&self.chat) {
            flights.remove(&self.number);
            if flights.is_empty() {
                chats.flights.remove(&self.chat);
            }
        }
        drop(chats);
        self.all.landed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use matrimony_domain::NetworkKind;

    fn chat(id: &str) -> ChatKey {
        ChatKey::new(NetworkKind::Signal, id)
    }

    #[tokio::test]
    async fn a_later_send_is_not_waited_for() {
        let flights = InFlight::default();
        let busy = chat("a");
        let first = flights.take_off(&busy);
        let waits = flights.landed(&busy);
        tokio::pin!(waits);
        assert!(futures_util::poll!(waits.as_mut()).is_pending());
        let _second = flights.take_off(&busy);
        drop(first);
        assert!(futures_util::poll!(waits.as_mut()).is_ready());
    }

    #[tokio::test]
    async fn another_chat_does_not_wait() {
        let flights = InFlight::default();
        let _busy = flights.take_off(&chat("a"));
        flights.landed(&chat("b")).await;
        assert_eq!(flights.lock().flights.len(), 1);
    }
}
