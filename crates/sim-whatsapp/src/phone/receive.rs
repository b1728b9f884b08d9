//! Reading what arrives for a phone.

use tracing::debug;
use whatsapp_rust::wacore::libsignal::protocol::{
    PreKeySignalMessage, PreKeyStore as _, SenderKeyDistributionMessage, SignalMessage, UsePQRatchet, group_decrypt,
    message_decrypt_prekey, message_decrypt_signal, process_sender_key_distribution_message,
};
use whatsapp_rust::wacore::messages::decode_plaintext;
use whatsapp_rust::wacore::types::jid::{JidExt as _, make_sender_key_name};
use whatsapp_rust::wacore_binary::Node;
use whatsapp_rust::waproto::whatsapp as wa;
use whatsapp_rust::waproto::whatsapp::message::protocol_message::Type;
use whatsapp_rust::{Jid, NodeBuilder};

use crate::phone::{Phone, PhoneError, Signal};
use crate::wire::stanza::Stanza;

/// The padding scheme of `<enc v="2">`.
const ENC_VERSION: u8 = 2;

impl Phone {
    /// Reads a stanza: messages are decrypted, shown and confirmed; of the rest only requests to send again matter.
    pub(super) async fn receive(&self, node: &Node) -> Result<(), PhoneError> {
        match node.tag.as_ref() {
            "message" => self.receive_message(node).await,
            "receipt" if node.text("type").as_deref() == Some("retry") => self.answer_retry(node).await,
            _ => Ok(()),
        }
    }

    async fn receive_message(&self, node: &Node) -> Result<(), PhoneError> {
        let from = node.jid("from").ok_or(PhoneError::Content)?;
        let participant = node.jid("participant");
        let sender = participant.clone().unwrap_or_else(|| from.clone());
        let messages = match self.decrypt_all(node, &from, &sender).await {
            Ok(messages) => messages,
            Err(error) => {
                debug!(%error, "a phone asks for a message again");
                return self.ask_again(node, &from).await;
            }
        };
        for message in &messages {
            self.show_received(node, &from, &sender, message);
            if asks_for_key(message) && self.is_own(&sender) {
                self.share_key(sender.device).await?;
            }
        }
        let mut receipt = NodeBuilder::new("receipt")
            .attr("to", from)
            .attr("id", node.text("id").unwrap_or_default());
        if let Some(participant) = participant {
            receipt = receipt.attr("participant", participant);
        }
        self.relay.receipt_from_phone(self.key(), &receipt.build())?;
        Ok(())
    }

    async fn decrypt_all(&self, node: &Node, from: &Jid, sender: &Jid) -> Result<Vec<wa::Message>, PhoneError> {
        let signal = &mut *self.signal.lock().await;
        let sender = self.relay.state().accounts.session_address(sender);
        let mut messages = Vec::new();
        for part in node.get_children_by_tag("enc") {
            let plain = decrypt(signal, part, from, &sender).await?;
            let message = decode_plaintext(&plain, ENC_VERSION).map_err(|_| PhoneError::Content)?;
            take_sender_key(signal, &message, from, &sender).await?;
            messages.push(message);
        }
        Ok(messages)
    }
}

/// Whether a companion has lost the app-state key.
fn asks_for_key(message: &wa::Message) -> bool {
    let protocol = message.protocol_message.as_option();
    protocol.and_then(|protocol| protocol.r#type) == Some(Type::APP_STATE_SYNC_KEY_REQUEST)
}

async fn decrypt(signal: &mut Signal, part: &Node, from: &Jid, sender: &Jid) -> Result<Vec<u8>, PhoneError> {
    let address = sender.to_protocol_address();
    let sealed = part.bytes();
    let Signal { keyring, entropy, .. } = signal;
    match part.text("type").as_deref() {
        Some("pkmsg") => {
            let sealed = PreKeySignalMessage::try_from(&sealed[..])?;
            let opened = message_decrypt_prekey(
                &sealed,
                &address,
                &mut keyring.sessions,
                &mut keyring.identities,
                &mut keyring.pre_keys,
                &keyring.signed_pre_keys,
                entropy.rng(),
                UsePQRatchet::No,
            )
            .await?;
            if let Some(used) = opened.consumed_prekey_id {
                keyring.pre_keys.remove_pre_key(used).await?;
            }
            Ok(opened.plaintext)
        }
        Some("msg") => {
            let sealed = SignalMessage::try_from(&sealed[..])?;
            let (sessions, identities) = (&mut keyring.sessions, &mut keyring.identities);
            Ok(
                message_decrypt_signal(&sealed, &address, sessions, identities, entropy.rng())
                    .await?
                    .plaintext,
            )
        }
        Some("skmsg") => {
            let name = make_sender_key_name(from, &address);
            Ok(group_decrypt(&sealed, &mut keyring.sender_keys, &name).await?)
        }
        _ => Err(PhoneError::Content),
    }
}

/// Stores the sender key that a message carries, if it carries one.
async fn take_sender_key(
    signal: &mut Signal,
    message: &wa::Message,
    group: &Jid,
    sender: &Jid,
) -> Result<(), PhoneError> {
    let Some(carried) = message.sender_key_distribution_message.as_option() else {
        return Ok(());
    };
    let Some(bytes) = &carried.axolotl_sender_key_distribution_message else {
        return Ok(());
    };
    let distribution = SenderKeyDistributionMessage::try_from(&bytes[..])?;
    let name = make_sender_key_name(group, &sender.to_protocol_address());
    process_sender_key_distribution_message(&name, &distribution, &mut signal.keyring.sender_keys).await?;
    Ok(())
}
