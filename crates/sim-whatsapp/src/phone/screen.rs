//! What a phone shows: messages in the order of their arrival, each once.

use std::collections::{BTreeSet, HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use whatsapp_rust::Jid;
use whatsapp_rust::wacore_binary::{JidExt as _, Node};
use whatsapp_rust::waproto::whatsapp as wa;

use crate::limits;
use crate::phone::Phone;
use crate::phone::content::{Content, read};
use crate::relay::state::State;
use crate::wire::stanza::Stanza;

/// One entry on a phone's screen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// Rises by one with every entry of this phone.
    pub seq: u64,
    /// The message's id, chosen by its sender.
    pub id: String,
    /// The chat's address: `...@g.us` for a group, the other person's `...@lid` otherwise.
    pub chat: String,
    /// Whether this account has sent it, from this phone or a companion.
    pub from_me: bool,
    /// Who has sent it.
    pub sender: Person,
    /// The device it was typed on: 0 is the sender's phone.
    pub sender_device: u16,
    /// What kind of message it is: `text`, `reaction`, `edit`, `revoke`, `image`, ...; the protocol's name for kinds
    /// that are not taken apart here.
    pub kind: String,
    /// The words of it: text, caption, the new text of an edit, the emoji of a reaction.
    pub text: Option<String>,
    /// The message that a reaction, edit, revoke or quote refers to.
    pub target: Option<String>,
    /// When the server took it, in seconds since the Unix epoch.
    pub timestamp: u64,
}

/// Someone on WhatsApp, as others see them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Person {
    /// Digits of the LID.
    pub lid: String,
    /// Digits of the phone number.
    pub number: String,
    /// The push name.
    pub name: String,
}

/// The entries of one phone.
#[derive(Default)]
pub(crate) struct Screen {
    entries: Mutex<Entries>,
    changed: watch::Sender<u64>,
}

#[derive(Default)]
struct Entries {
    shown: VecDeque<Shown>,
    last_seq: u64,
    known: HashSet<Identity>,
    repeated: u64,
}

/// What makes a message the same message: chat, sender's LID and id.
type Identity = (String, String, String);

fn identity(shown: &Shown) -> Identity {
    (shown.chat.clone(), shown.sender.lid.clone(), shown.id.clone())
}

impl Screen {
    /// Entries after `seq`, oldest first.
    pub(crate) fn since(&self, seq: u64) -> Vec<Shown> {
        let entries = self.entries();
        entries.shown.iter().filter(|shown| shown.seq > seq).cloned().collect()
    }

    /// A message of a chat by its id.
    pub(crate) fn find(&self, chat: &str, id: &str) -> Option<Shown> {
        let entries = self.entries();
        let mut newest_first = entries.shown.iter().rev();
        newest_first.find(|shown| shown.chat == chat && shown.id == id).cloned()
    }

    /// Told of every new entry's number.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// How many messages arrived again under an id that was shown already.
    pub(crate) fn repeated(&self) -> u64 {
        self.entries().repeated
    }

    /// Addresses of all chats with entries.
    pub(crate) fn chats(&self) -> BTreeSet<String> {
        self.entries().shown.iter().map(|shown| shown.chat.clone()).collect()
    }

    fn show(&self, mut shown: Shown) {
        let seq = {
            let mut entries = self.entries();
            if !entries.known.insert(identity(&shown)) {
                entries.repeated += 1;
                return;
            }
            entries.last_seq += 1;
            shown.seq = entries.last_seq;
            if entries.shown.len() == limits::SHOWN_MESSAGES
                && let Some(oldest) = entries.shown.pop_front()
            {
                entries.known.remove(&identity(&oldest));
            }
            entries.shown.push_back(shown);
            entries.last_seq
        };
        self.changed.send_replace(seq);
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Phone {
    /// Shows what was typed on this phone.
    pub(super) fn show_own(&self, to: &Jid, id: &str, message: &wa::Message, timestamp: u64) {
        if let Some(content) = read(message) {
            self.show(to, &self.own_lid(), id.to_owned(), timestamp, content);
        }
    }

    /// Shows what arrived. A message of our own companion carries the chat it went to.
    pub(super) fn show_received(&self, node: &Node, from: &Jid, sender: &Jid, message: &wa::Message) {
        let timestamp = node.text("t").and_then(|text| text.parse().ok()).unwrap_or(0);
        let id = node.text("id").unwrap_or_default();
        let copy = message.device_sent_message.as_option();
        let destination = copy.and_then(|copy| copy.destination_jid.as_deref()?.parse().ok());
        let chat = destination.unwrap_or_else(|| from.clone());
        let message = copy.map_or(Some(message), |copy| copy.message.as_option());
        if let Some(content) = message.and_then(read) {
            self.show(&chat, sender, id, timestamp, content);
        }
    }

    /// The name under which this phone shows a chat.
    pub(crate) fn chat_name(&self, chat: &Jid) -> String {
        chat_name(&self.relay.state(), chat)
    }

    fn show(&self, chat: &Jid, sender: &Jid, id: String, timestamp: u64, content: Content) {
        let Some(shown) = self.entry(chat, sender, id, timestamp, content) else {
            return;
        };
        self.screen.show(shown);
    }

    fn entry(&self, chat: &Jid, sender: &Jid, id: String, timestamp: u64, content: Content) -> Option<Shown> {
        let state = self.relay.state();
        let author = state.accounts.find(&sender.user)?;
        Some(Shown {
            seq: 0,
            id,
            chat: chat_name(&state, chat),
            from_me: author.id == self.account,
            sender: Person {
                lid: author.lid.clone(),
                number: author.number.clone(),
                name: author.name.clone(),
            },
            sender_device: sender.device,
            kind: content.kind,
            text: content.text,
            target: content.target,
            timestamp,
        })
    }
}

/// A group by its address, a person by their LID, whatever the stanza said.
fn chat_name(state: &State, chat: &Jid) -> String {
    if chat.is_group() {
        return chat.to_string();
    }
    state.accounts.session_address(chat).to_non_ad().to_string()
}
