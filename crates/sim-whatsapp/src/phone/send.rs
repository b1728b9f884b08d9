//! Typing on a phone.

use whatsapp_rust::wacore::messages::MessageUtils;
use whatsapp_rust::wacore_binary::{JidExt as _, Node};
use whatsapp_rust::waproto::buffa::MessageField;
use whatsapp_rust::waproto::whatsapp as wa;
use whatsapp_rust::waproto::whatsapp::message::DeviceSentMessage;
use whatsapp_rust::{Jid, NodeBuilder};

use crate::clock::unix_seconds;
use crate::phone::retry::Sent;
use crate::phone::{Phone, PhoneError, Signal};
use crate::relay::accounts::PHONE;
use crate::wire::stanza::{Stanza, empty};

impl Phone {
    /// Sends a message to a person or group, and to the account's own companions, who show it as sent by us.
    /// Returns its id.
    pub(crate) async fn send(&self, to: &Jid, message: wa::Message) -> Result<String, PhoneError> {
        let signal = &mut *self.signal.lock().await;
        let id = format!("3A{}", signal.entropy.id::<9>());
        let parts = if to.is_group() {
            self.group_parts(signal, to, &message).await?
        } else {
            self.direct_parts(signal, to, &message).await?
        };
        let stanza = NodeBuilder::new("message")
            .attr("to", to)
            .attr("id", id.clone())
            .attr("type", stanza_type(&message))
            .children(parts);
        let stanza = match edit_attribute(&message) {
            Some(edit) => stanza.attr("edit", edit).build(),
            None => stanza.build(),
        };
        let ack = self.relay.message_from_phone(self.key(), &stanza)?;
        if ack.text("error").is_some() {
            return Err(PhoneError::NotInGroup);
        }
        self.show_own(to, &id, &message, unix_seconds());
        signal.sent.remember(Sent {
            id: id.clone(),
            chat: to.clone(),
            message,
        });
        Ok(id)
    }

    /// Tells those in a chat that somebody is typing on this phone, or no longer.
    pub(crate) fn set_typing(&self, to: &Jid, typing: bool) -> Result<(), PhoneError> {
        let doing = if typing { "composing" } else { "paused" };
        let stanza = NodeBuilder::new("chatstate")
            .attr("to", to)
            .children([empty(doing)])
            .build();
        self.relay.typing_from_phone(self.key(), &stanza)?;
        Ok(())
    }

    async fn group_parts(&self, signal: &mut Signal, to: &Jid, message: &wa::Message) -> Result<Vec<Node>, PhoneError> {
        let devices = self.group_devices(to).ok_or(PhoneError::NotInGroup)?;
        let plain = MessageUtils::encode_and_pad(message);
        let (per_device, for_all) = self.encrypt_for_group(signal, to, &devices, &plain).await?;
        let mut parts = Vec::new();
        if !per_device.is_empty() {
            parts.push(NodeBuilder::new("participants").children(per_device).build());
        }
        parts.push(for_all);
        Ok(parts)
    }

    async fn direct_parts(
        &self,
        signal: &mut Signal,
        to: &Jid,
        message: &wa::Message,
    ) -> Result<Vec<Node>, PhoneError> {
        let (theirs, ours) = self.direct_devices(to).ok_or(PhoneError::NoKeys)?;
        let plain = MessageUtils::encode_and_pad(message);
        let mut parts = self.encrypt_each(signal, &theirs, &plain).await?;
        if !ours.is_empty() {
            let copy = MessageUtils::encode_and_pad(&device_sent(to, message));
            parts.extend(self.encrypt_each(signal, &ours, &copy).await?);
        }
        Ok(vec![NodeBuilder::new("participants").children(parts).build()])
    }

    /// Every device of every member but this phone, by LID; `None` without such a group.
    fn group_devices(&self, group: &Jid) -> Option<Vec<Jid>> {
        let state = self.relay.state();
        let group = state.groups.get(group.user.as_str())?;
        let devices = group.accounts(&state.accounts).flat_map(|account| {
            account
                .device_ids()
                .map(|device| (account.key(device), account.lid(device)))
        });
        Some(
            devices
                .filter(|(key, _)| *key != self.key())
                .map(|(_, jid)| jid)
                .collect(),
        )
    }

    /// The devices of the other person, and our own companions, in the family of addresses that `to` uses. A message
    /// to oneself goes to the companions alone.
    fn direct_devices(&self, to: &Jid) -> Option<(Vec<Jid>, Vec<Jid>)> {
        let state = self.relay.state();
        let receiver = state.accounts.find(&to.user)?;
        let own = state.accounts.get(self.account);
        let theirs = if receiver.id == own.id {
            Vec::new()
        } else {
            receiver
                .device_ids()
                .map(|device| receiver.jid_like(to, device))
                .collect()
        };
        let ours = own
            .device_ids()
            .filter(|device| *device != PHONE)
            .map(|device| own.jid_like(to, device));
        Some((theirs, ours.collect()))
    }
}

/// What the account's other devices get: the message and where it went.
pub(super) fn device_sent(to: &Jid, message: &wa::Message) -> wa::Message {
    wa::Message {
        device_sent_message: MessageField::some(DeviceSentMessage {
            destination_jid: Some(to.to_string()),
            message: MessageField::some(message.clone()),
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// The `type` of a message stanza, as clients set it.
fn stanza_type(message: &wa::Message) -> &'static str {
    if message.reaction_message.is_set() {
        "reaction"
    } else if message.poll_creation_message.is_set() || message.poll_creation_message_v3.is_set() {
        "poll"
    } else if message.conversation.is_some()
        || message.extended_text_message.is_set()
        || message.protocol_message.is_set()
    {
        "text"
    } else {
        "media"
    }
}

/// The `edit` of a message stanza: 1 for an edit, 7 for a revoke of one's own message.
fn edit_attribute(message: &wa::Message) -> Option<&'static str> {
    use wa::message::protocol_message::Type;
    match message.protocol_message.as_option()?.r#type? {
        Type::MESSAGE_EDIT => Some("1"),
        Type::REVOKE => Some("7"),
        _ => None,
    }
}
