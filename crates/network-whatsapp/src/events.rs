//! What the library reports beside messages.

use crate::acks::Acks;
use crate::late::Late;
use crate::receive::Receiver;
use crate::{address, outcome};
use matrimony_domain::{Clock, Reason};
use matrimony_network::{SessionEnd, SessionHealth};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use tokio::sync::watch;
use whatsapp_rust::types::events::{Event, EventHandler, EventInterest, EventKind};

/// Listens to the library's events. They are reported while the library works, so nothing here waits.
pub(crate) struct Watcher {
    pub(crate) acks: Arc<Acks>,
    pub(crate) late: Arc<Late>,
    pub(crate) receiver: Arc<Receiver>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) health: watch::Sender<SessionHealth>,
    pub(crate) end: OnceLock<SessionEnd>,
    /// The server has said something on this connection.
    pub(crate) reached: AtomicBool,
}

impl Watcher {
    /// The connection is gone, or there was none. Who hears of it from a send that got no answer must find it so.
    pub(crate) fn disconnected(&self) {
        let trouble = if self.reached.load(Ordering::Relaxed) {
            "the connection to the server was lost"
        } else {
            "the server cannot be reached"
        };
        let trouble = Some(Reason::fixed(trouble));
        self.health.send_replace(SessionHealth::Connecting { trouble });
        self.acks.disconnected();
    }
}

impl EventHandler for Watcher {
    fn handle_event(&self, event: Arc<Event>) {
        match &*event {
            Event::ServerAck(ack) => self.acks.answer(ack),
            Event::Connected(_) => {
                self.reached.store(true, Ordering::Relaxed);
                self.health.send_replace(SessionHealth::Online);
                // Changes of groups are reported once at most: while we were away they may have been missed.
                self.receiver.chat_changed(None);
            }
            Event::Disconnected(_) => self.disconnected(),
            Event::GroupUpdate(update) => self.receiver.chat_changed(address::chat(&update.group_jid).as_ref()),
            Event::UndecryptableMessage(unread) => self.late.undecryptable(unread),
            Event::Messages(batch) if !batch.hook_committed => {
                batch
                    .iter()
                    .filter(|message| message.info.unavailable_request_id.is_some())
                    .for_each(|m| self.late.recovered(m));
            }
            other => {
                self.reached.store(true, Ordering::Relaxed);
                if let Some(end) = outcome::of_event(other, self.clock.now()) {
                    // The first verdict counts: what follows it is the library taking its leave.
                    let _ = self.end.set(end);
                }
            }
        }
    }

    fn interest(&self) -> EventInterest {
        EventInterest::of(&[
            EventKind::ServerAck,
            EventKind::Connected,
            EventKind::Disconnected,
            EventKind::GroupUpdate,
            EventKind::UndecryptableMessage,
            EventKind::Messages,
            EventKind::LoggedOut,
            EventKind::StreamReplaced,
            EventKind::TemporaryBan,
            EventKind::ClientOutdated,
            EventKind::ConnectFailure,
        ])
    }
}
