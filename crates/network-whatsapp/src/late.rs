//! What comes beside the acknowledged way: messages that could not be decrypted, and those that our phone handed us
//! afterwards.
//!
//! A message that cannot be decrypted is asked for again by the library and mostly comes within seconds, under its own
//! id. So its placeholder waits; and it gets an id of its own (a `?` in front), so that the message itself is still
//! accepted if it comes after the placeholder. A placeholder that still waits when the session stops is forgotten: the
//! message has been asked for and comes to the next session. What our phone handed us comes only once, so it is neither
//! dropped for room nor left behind by a stop.

use matrimony_domain::PlaceholderKind;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;
use whatsapp_rust::types::events::{DecryptFailMode, InboundMessage, UnavailableType, UndecryptableMessage};
use whatsapp_rust::types::message::MessageInfo;

/// Most that wait at a time: the first placeholder is dropped, with a warning, for a new item. Messages from our phone
/// may be more: each was asked for by the library, which asks for a message once.
const ITEMS: usize = 1_000;
/// How long the sender has to send again what we could not decrypt.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long to wait after the inbox has refused.
const AGAIN: Duration = Duration::from_secs(2);

/// Something that did not come through the acknowledged way.
pub(crate) enum LateItem {
    /// Our phone handed us a message that the server did not have for us. It comes once.
    Recovered(InboundMessage),
    /// There is no message, only the fact that there was one.
    Unread {
        /// Its envelope.
        info: Arc<MessageInfo>,
        /// What stands for it.
        kind: PlaceholderKind,
    },
}

/// Items by the time at which they are due.
pub(crate) struct Late {
    patience: Duration,
    items: Mutex<VecDeque<(Instant, LateItem)>>,
    changed: Notify,
}

impl Default for Late {
    fn default() -> Self {
        Self {
            patience: PATIENCE,
            items: Mutex::default(),
            changed: Notify::default(),
        }
    }
}

impl Late {
    /// A message could not be decrypted.
    pub(crate) fn undecryptable(&self, event: &UndecryptableMessage) {
        if event.decrypt_fail_mode == DecryptFailMode::Hide {
            return;
        }
        let view_once = event.is_unavailable && event.unavailable_type == UnavailableType::ViewOnce;
        let (kind, wait) = if view_once {
            (PlaceholderKind::ViewOnce, Duration::ZERO)
        } else {
            (PlaceholderKind::Undecryptable, self.patience)
        };
        self.push(
            Instant::now() + wait,
            LateItem::Unread {
                info: Arc::clone(&event.info),
                kind,
            },
        );
    }

    /// Our phone handed us a message.
    pub(crate) fn recovered(&self, message: &InboundMessage) {
        self.arrived(&message.info);
        self.push(Instant::now(), LateItem::Recovered(message.clone()));
    }

    /// The inbox did not take it: again, a little later.
    pub(crate) fn put_back(&self, item: LateItem) {
        self.push(Instant::now() + AGAIN, item);
    }

    /// A message came after all: no placeholder for it.
    pub(crate) fn arrived(&self, info: &MessageInfo) {
        self.lock().retain(|(_, item)| match item {
            LateItem::Unread { info: unread, .. } => {
                unread.id != info.id || unread.source.sender.user != info.source.sender.user
            }
            LateItem::Recovered(_) => true,
        });
    }

    /// Waits for the next item that is due. Cancel-safe.
    pub(crate) async fn next(&self) -> LateItem {
        loop {
            let due = match self.take_due() {
                Ok(item) => return item,
                Err(due) => due,
            };
            let pause = async {
                match due {
                    Some(due) => tokio::time::sleep_until(due).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = self.changed.notified() => {}
                () = pause => {}
            }
        }
    }

    /// Takes what comes only once, due or not, in order. For the end of the session.
    pub(crate) fn take_recovered(&self) -> Vec<LateItem> {
        let items = std::mem::take(&mut *self.lock());
        let recovered = items.into_iter().map(|(_, item)| item);
        recovered
            .filter(|item| matches!(item, LateItem::Recovered(_)))
            .collect()
    }

    /// The first item if it is due, else when the first will be.
    fn take_due(&self) -> Result<LateItem, Option<Instant>> {
        let mut items = self.lock();
        let Some(first) = items.front().map(|(due, _)| *due) else {
            return Err(None);
        };
        if first > Instant::now() {
            return Err(Some(first));
        }
        items.pop_front().map(|(_, item)| item).ok_or(None)
    }

    fn push(&self, due: Instant, item: LateItem) {
        let mut items = self.lock();
        let place = items.partition_point(|(other, _)| *other <= due);
        items.insert(place, (due, item));
        if items.len() > ITEMS {
            drop_placeholder(&mut items);
        }
        drop(items);
        self.changed.notify_one();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<(Instant, LateItem)>> {
        self.items.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes room, if there is anything that may go.
fn drop_placeholder(items: &mut VecDeque<(Instant, LateItem)>) {
    let is_placeholder = |(_, item): &(Instant, LateItem)| matches!(item, LateItem::Unread { .. });
    if let Some(first) = items.iter().position(is_placeholder) {
        items.remove(first);
        tracing::warn!("too many messages that could not be read; the placeholder of one is dropped");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use whatsapp_rust::types::message::MessageSource;

    fn patient_for(millis: u64) -> Late {
        Late {
            patience: Duration::from_millis(millis),
            ..Late::default()
        }
    }

    fn info(id: &str) -> Arc<MessageInfo> {
        let source = MessageSource {
            sender: "900000000000002@lid".parse().unwrap(),
            ..Default::default()
        };
        Arc::new(MessageInfo {
            id: id.into(),
            source,
            ..Default::default()
        })
    }

    fn unread(id: &str, unavailable: UnavailableType, mode: DecryptFailMode) -> UndecryptableMessage {
        UndecryptableMessage::builder()
            .info(info(id))
            .is_unavailable(unavailable != UnavailableType::Unknown)
            .unavailable_type(unavailable)
            .decrypt_fail_mode(mode)
            .build()
    }

    fn id_and_kind(item: &LateItem) -> (String, Option<PlaceholderKind>) {
        match item {
            LateItem::Recovered(message) => (message.info.id.clone(), None),
            LateItem::Unread { info, kind } => (info.id.clone(), Some(*kind)),
        }
    }

    #[tokio::test]
    async fn a_placeholder_waits_for_its_message() {
        let late = patient_for(30);
        let begun = Instant::now();
        late.undecryptable(&unread("A", UnavailableType::Unknown, DecryptFailMode::Show));
        late.undecryptable(&unread("B", UnavailableType::Unknown, DecryptFailMode::Show));
        late.arrived(&info("A"));
        assert_eq!(
            id_and_kind(&late.next().await),
            ("B".into(), Some(PlaceholderKind::Undecryptable))
        );
        assert!(begun.elapsed() >= late.patience);
    }

    #[tokio::test]
    async fn what_never_comes_again_does_not_wait() {
        let late = Late::default();
        late.undecryptable(&unread("A", UnavailableType::Unknown, DecryptFailMode::Show));
        late.undecryptable(&unread("B", UnavailableType::ViewOnce, DecryptFailMode::Show));
        assert_eq!(
            id_and_kind(&late.next().await),
            ("B".into(), Some(PlaceholderKind::ViewOnce))
        );
    }

    #[tokio::test]
    async fn what_the_sender_marked_as_not_to_be_shown_is_not() {
        let late = patient_for(1);
        late.undecryptable(&unread("A", UnavailableType::Unknown, DecryptFailMode::Hide));
        assert!(late.lock().is_empty());
    }

    fn recovered(id: &str) -> InboundMessage {
        InboundMessage::builder().message(Arc::default()).info(info(id)).build()
    }

    fn ids(items: &[LateItem]) -> Vec<String> {
        items.iter().map(|item| id_and_kind(item).0).collect()
    }

    #[tokio::test]
    async fn what_comes_only_once_is_never_dropped_for_room() {
        let late = patient_for(1);
        late.put_back(LateItem::Recovered(recovered("back again")));
        for number in 0..ITEMS {
            late.recovered(&recovered(&number.to_string()));
        }
        late.undecryptable(&unread("unread", UnavailableType::Unknown, DecryptFailMode::Show));
        let left = ids(&late.take_recovered());
        assert_eq!(left.len(), ITEMS + 1);
        assert_eq!((left[0].as_str(), left[ITEMS].as_str()), ("0", "back again"));
        assert!(late.lock().is_empty());
    }

    #[tokio::test]
    async fn a_placeholder_makes_room_for_a_message() {
        let late = patient_for(60_000);
        for number in 0..ITEMS {
            late.undecryptable(&unread(
                &number.to_string(),
                UnavailableType::Unknown,
                DecryptFailMode::Show,
            ));
        }
        late.recovered(&recovered("message"));
        assert_eq!(late.lock().len(), ITEMS);
        assert_eq!(ids(&late.take_recovered()), ["message"]);
    }

    #[tokio::test]
    async fn the_queue_is_bounded() {
        let late = patient_for(1);
        for number in 0..ITEMS + 3 {
            late.undecryptable(&unread(
                &number.to_string(),
                UnavailableType::Unknown,
                DecryptFailMode::Show,
            ));
        }
        assert_eq!(late.lock().len(), ITEMS);
        assert_eq!(id_and_kind(&late.next().await).0, "3");
    }
}
