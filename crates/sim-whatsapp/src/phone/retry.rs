//! When a message does not decrypt: asking for it again, and answering those who ask us.

use std::collections::VecDeque;

use whatsapp_rust::wacore::messages::MessageUtils;
use whatsapp_rust::wacore::types::jid::JidExt as _;
use whatsapp_rust::wacore_binary::{JidExt as _, Node};
use whatsapp_rust::waproto::whatsapp as wa;
use whatsapp_rust::{Jid, NodeBuilder};

use crate::clock::unix_seconds;
use crate::limits;
use crate::phone::send::device_sent;
use crate::phone::{Phone, PhoneError};
use crate::wire::stanza::{Stanza, big_endian, leaf};

/// From this attempt on, the session itself is taken to be broken.
const NEW_SESSION_FROM: u32 = 2;

/// A message that may be asked for again.
#[derive(Clone)]
pub(super) struct Sent {
    pub(super) id: String,
    pub(super) chat: Jid,
    pub(super) message: wa::Message,
}

/// The last messages a phone has sent.
#[derive(Default)]
pub(super) struct SentMessages {
    messages: VecDeque<Sent>,
}

impl SentMessages {
    pub(super) fn remember(&mut self, sent: Sent) {
        if self.messages.len() == limits::RETRANSMITTABLE_MESSAGES {
            self.messages.pop_front();
        }
        self.messages.push_back(sent);
    }

    fn find(&self, id: &str) -> Option<Sent> {
        self.messages.iter().rev().find(|sent| sent.id == id).cloned()
    }
}

impl Phone {
    /// Asks the sender of an unreadable message for it again, a few times.
    pub(super) async fn ask_again(&self, message: &Node, from: &Jid) -> Result<(), PhoneError> {
        let id = message.text("id").unwrap_or_default();
        let participant = message.jid("participant");
        let (count, registration_id) = {
            let signal = &mut *self.signal.lock().await;
            if signal.asked_again.len() >= limits::QUESTIONED_MESSAGES {
                signal.asked_again.clear();
            }
            let sender = participant.as_ref().unwrap_or(from).to_string();
            let count = signal.asked_again.entry((sender, id.clone())).or_default();
            *count += 1;
            (*count, signal.keyring.registration_id())
        };
        if count > limits::RETRIES_PER_MESSAGE {
            return Ok(());
        }
        let retry = NodeBuilder::new("retry")
            .attr("v", "1")
            .attr("id", id.clone())
            .attr("t", unix_seconds())
            .attr("count", count)
            .build();
        let mut receipt = NodeBuilder::new("receipt")
            .attr("to", from)
            .attr("id", id)
            .attr("type", "retry");
        if let Some(participant) = participant {
            receipt = receipt.attr("participant", participant);
        }
        let receipt = receipt.children([retry, leaf("registration", big_endian::<4>(registration_id))]);
        self.relay.receipt_from_phone(self.key(), &receipt.build())?;
        Ok(())
    }

    /// Sends a message again to the one device that could not read it, under its old id.
    pub(super) async fn answer_retry(&self, receipt: &Node) -> Result<(), PhoneError> {
        let from = receipt.jid("from").ok_or(PhoneError::Content)?;
        let participant = receipt.jid("participant");
        let id = receipt.text("id").unwrap_or_default();
        let count = receipt
            .get_optional_child("retry")
            .and_then(|retry| retry.text("count"))
            .and_then(|count| count.parse().ok())
            .unwrap_or(1);
        let signal = &mut *self.signal.lock().await;
        let Some(sent) = signal.sent.find(&id).filter(|_| count <= limits::RETRIES_PER_MESSAGE) else {
            return Ok(());
        };
        let device = participant.clone().unwrap_or_else(|| from.clone());
        let address = self.relay.state().accounts.session_address(&device);
        if count >= NEW_SESSION_FROM {
            signal.keyring.sessions.remove(&address.to_protocol_address());
        }
        if let Some(known) = signal.has_sender_key.get_mut(&sent.chat.user.to_string()) {
            known.retain(|known| *known != address);
        }
        let own_copy = !sent.chat.is_group() && address.user == self.lid.as_str();
        let plain = if own_copy {
            device_sent(&sent.chat, &sent.message)
        } else {
            sent.message
        };
        let sealed = self
            .encrypt(signal, &device, &MessageUtils::encode_and_pad(&plain))
            .await?;
        let mut stanza = NodeBuilder::new("message")
            .attr("to", &from)
            .attr("id", id)
            .attr("type", "text");
        if let Some(participant) = participant {
            stanza = stanza.attr("participant", participant);
        }
        if own_copy {
            stanza = stanza.attr("recipient", sent.chat);
        }
        let stanza = stanza.children([sealed.attr("count", count).build()]).build();
        self.relay.message_from_phone(self.key(), &stanza)?;
        Ok(())
    }
}
