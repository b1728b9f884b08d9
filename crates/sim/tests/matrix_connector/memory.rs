//! The service's side of the contract, in memory. It outlives sessions, as a ledger outlives the process.

use crate::PATIENCE;
use async_trait::async_trait;
use matrimony_domain::{ChatKey, Content, Inbound, InboundBody, LoginId, PersonKey, Reason};
use matrimony_matrix::{Answer, Command, Steward};
use matrimony_network::{Inbox, NotAccepted, Spool, Vault, VaultError};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Mutex;
use tokio::sync::{Notify, watch};
use tokio::time::timeout;

/// Everything that is on disk in a real house.
#[derive(Default)]
pub(crate) struct Memory {
    values: Mutex<HashMap<String, Vec<u8>>>,
    spool: Mutex<Queue>,
    heard: Mutex<Vec<Inbound>>,
    unreadable: Mutex<Vec<Reason>>,
    changed: Notify,
    stalled: watch::Sender<bool>,
}

#[derive(Default)]
struct Queue {
    known: HashSet<String>,
    waiting: BTreeMap<i64, Vec<u8>>,
    last: i64,
}

impl Memory {
    /// Lets the spool take nothing for a while, as a disk that is busy, or goes on.
    pub(crate) fn stall(&self, stalled: bool) {
        self.stalled.send_replace(stalled);
    }

    /// What was said in a room, in the order in which it was accepted: name and words.
    pub(crate) fn heard(&self, chat: &ChatKey) -> Vec<(String, String)> {
        let heard = self.heard.lock().unwrap();
        heard
            .iter()
            .filter(|inbound| inbound.chat == *chat)
            .map(|inbound| (name(inbound), words(inbound)))
            .collect()
    }

    /// Waits until so much was said in a room, or fails.
    pub(crate) async fn hears(&self, chat: &ChatKey, count: usize) -> Vec<(String, String)> {
        let enough = async {
            loop {
                let changed = self.changed.notified();
                let heard = self.heard(chat);
                if heard.len() >= count {
                    return heard;
                }
                changed.await;
            }
        };
        let heard = timeout(PATIENCE, enough).await;
        heard.unwrap_or_else(|_| panic!("only heard {:?}", self.heard(chat)))
    }
}

fn name(inbound: &Inbound) -> String {
    inbound
        .sender
        .name
        .as_ref()
        .map_or("nobody", |name| name.reveal())
        .to_owned()
}

fn words(inbound: &Inbound) -> String {
    match &inbound.body {
        InboundBody::Message(Content::Text(text) | Content::Emote(text)) => text.body.clone(),
        InboundBody::Message(Content::Placeholder(line)) => format!("{:?}", line.kind),
        InboundBody::Unreadable(reason) => reason.to_string(),
    }
}

#[async_trait]
impl Vault for Memory {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, VaultError> {
        Ok(self.values.lock().unwrap().get(key).cloned())
    }

    async fn put(&self, key: &str, value: &[u8]) -> Result<(), VaultError> {
        self.values.lock().unwrap().insert(key.to_owned(), value.to_vec());
        Ok(())
    }
}

#[async_trait]
impl Spool for Memory {
    async fn put(&self, items: &[(String, Vec<u8>)]) -> Result<usize, VaultError> {
        self.stalled
            .subscribe()
            .wait_for(|stalled| !stalled)
            .await
            .expect("we hold the sender");
        let mut queue = self.spool.lock().unwrap();
        let mut new = 0;
        for (key, bytes) in items {
            if queue.known.insert(key.clone()) {
                queue.last += 1;
                let id = queue.last;
                queue.waiting.insert(id, bytes.clone());
                new += 1;
            }
        }
        Ok(new)
    }

    async fn take(&self, limit: usize) -> Result<Vec<(i64, Vec<u8>)>, VaultError> {
        let queue = self.spool.lock().unwrap();
        Ok(queue
            .waiting
            .iter()
            .take(limit)
            .map(|(id, bytes)| (*id, bytes.clone()))
            .collect())
    }

    async fn done(&self, id: i64) -> Result<(), VaultError> {
        self.spool.lock().unwrap().waiting.remove(&id);
        Ok(())
    }
}

#[async_trait]
impl Inbox for Memory {
    async fn accept(&self, batch: &[Inbound]) -> Result<(), NotAccepted> {
        self.heard.lock().unwrap().extend_from_slice(batch);
        self.changed.notify_waiters();
        Ok(())
    }

    async fn unreadable(&self, _login: LoginId, reason: Reason) -> Result<(), NotAccepted> {
        self.unreadable.lock().unwrap().push(reason);
        Ok(())
    }

    fn chat_changed(&self, _login: LoginId, _chat: Option<&ChatKey>) {}
}

/// A steward who repeats what he was told, and obeys Nina.
pub(crate) struct Parrot;

#[async_trait]
impl Steward for Parrot {
    async fn may_command(&self, by: &PersonKey) -> bool {
        by.id == "@nina:mx.test"
    }

    async fn run(&self, by: &PersonKey, room: Option<&ChatKey>, command: Command) -> Answer {
        let place = if room.is_some() { "in a room" } else { "alone" };
        Answer::plain(format!("{} says {place}: {command:?}", by.id))
    }
}
