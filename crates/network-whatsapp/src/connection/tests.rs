use super::*;
use crate::late::LateItem;
use crate::settings::Settings;
use crate::store::AccountStore;
use async_trait::async_trait;
use matrimony_domain::{
    Account, ChatKey, Content, Inbound, InboundBody, LoginId, LoginRole, NetworkKind, PersonKey, Reason,
};
use matrimony_network::{Inbox, NotAccepted, Session};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use whatsapp_rust::types::events::InboundMessage;
use whatsapp_rust::types::message::{MessageInfo, MessageSource};
use whatsapp_rust::waproto::whatsapp as wa;

#[test]
fn a_server_that_is_away_is_asked_again_soon() {
    let mut waits = Waits::new(Backoff::default(), 1);
    let longest = (0..50).map(|_| waits.unreached()).max();
    assert!(longest <= Some(UNREACHED_LONGEST), "{longest:?}");
}

#[test]
fn a_server_that_throws_us_out_is_left_alone_for_longer_and_longer() {
    let mut waits = Waits::new(Backoff::default(), 1);
    let first = waits.after_connection(false);
    for _ in 0..20 {
        waits.after_connection(false);
        waits.unreached();
    }
    assert!(waits.after_connection(false) > UNREACHED_LONGEST);
    assert!(waits.after_connection(true) <= first * 2);
}

/// Keeps the words of what it accepts, and refuses when it is full.
#[derive(Default)]
struct Words {
    accepted: Mutex<Vec<String>>,
    full: AtomicBool,
}

#[async_trait]
impl Inbox for Words {
    async fn accept(&self, batch: &[Inbound]) -> Result<(), NotAccepted> {
        if self.full.load(Ordering::Relaxed) {
            return Err(NotAccepted::Ledger("the disk is full".into()));
        }
        self.accepted.lock().unwrap().extend(batch.iter().map(words));
        Ok(())
    }

    async fn unreadable(&self, _login: LoginId, reason: Reason) -> Result<(), NotAccepted> {
        panic!("nothing unreadable was sent: {reason}");
    }

    fn chat_changed(&self, _login: LoginId, _chat: Option<&ChatKey>) {}
}

fn words(inbound: &Inbound) -> String {
    match &inbound.body {
        InboundBody::Message(Content::Text(text)) => text.body.clone(),
        other => format!("{other:?}"),
    }
}

/// A session that never connects, with `waiting` put back after a refusal.
async fn session_with(folder: &std::path::Path, waiting: &[&str]) -> WhatsAppSession {
    let store = AccountStore::create(folder).unwrap();
    let account = Account {
        login: LoginId(1),
        network: NetworkKind::WhatsApp,
        key: store.key(),
        person: PersonKey::new(NetworkKind::WhatsApp, "900000000000009@lid"),
        name: None,
        role: LoginRole::Relay,
    };
    let session = WhatsAppSession::open(&Settings::new(folder), &store, &account)
        .await
        .unwrap();
    for words in waiting {
        session.late.put_back(LateItem::Recovered(from_dora(words)));
    }
    session
}

fn from_dora(words: &str) -> InboundMessage {
    let message = wa::Message {
        conversation: Some(words.to_owned()),
        ..Default::default()
    };
    let dora = "900000000000002@lid";
    let source = MessageSource {
        chat: dora.parse().unwrap(),
        sender: dora.parse().unwrap(),
        ..Default::default()
    };
    let info = MessageInfo {
        id: format!("3EB0 {words}"),
        source,
        ..Default::default()
    };
    InboundMessage::builder()
        .message(Arc::new(message))
        .info(Arc::new(info))
        .build()
}

/// Runs a session that is told to stop at once.
async fn stopped(session: &WhatsAppSession, inbox: &Arc<Words>) -> SessionEnd {
    let stop = CancellationToken::new();
    stop.cancel();
    session.run(inbox.clone(), stop).await
}

#[tokio::test]
async fn a_stop_hands_over_what_comes_only_once() {
    let folder = tempfile::tempdir().unwrap();
    let session = session_with(folder.path(), &["one", "two"]).await;
    let inbox = Arc::<Words>::default();
    assert_eq!(stopped(&session, &inbox).await, SessionEnd::Stopped);
    assert_eq!(*inbox.accepted.lock().unwrap(), ["one", "two"]);
}

#[tokio::test]
async fn a_stop_does_not_wait_for_an_inbox_that_refuses() {
    let folder = tempfile::tempdir().unwrap();
    let session = session_with(folder.path(), &["one", "two"]).await;
    let inbox = Arc::<Words>::default();
    inbox.full.store(true, Ordering::Relaxed);
    let end = tokio::time::timeout(GOODBYE * 2, stopped(&session, &inbox)).await;
    assert_eq!(end, Ok(SessionEnd::Stopped));
    assert!(inbox.accepted.lock().unwrap().is_empty());
}
