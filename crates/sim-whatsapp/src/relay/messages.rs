//! Fan-out of messages. The sender has encrypted for every device; the relay hands each its part.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use sha2::{Digest, Sha256};
use whatsapp_rust::wacore_binary::{JidExt as _, Node};
use whatsapp_rust::{Jid, NodeBuilder};

use crate::clock::unix_seconds;
use crate::relay::Malformed;
use crate::relay::accounts::{Account, DeviceKey};
use crate::relay::groups::model::Group;
use crate::relay::state::State;
use crate::wire::stanza::Stanza;

/// Children that are for the relay, or only for some receivers.
const NOT_PASSED_ON: [&str; 5] = ["participants", "enc", "device-identity", "tctoken", "cstoken"];

/// Delivers a message and returns the server's answer to its sender.
pub(crate) fn route(state: &mut State, sender: DeviceKey, node: &Node) -> Result<Node, Malformed> {
    let message = Message::read(state, sender, node)?;
    let ack = NodeBuilder::new("ack")
        .attr("class", "message")
        .attr("id", message.id.clone())
        .attr("from", message.to.clone())
        .attr("t", unix_seconds());
    if !message.to.is_group() {
        for (device, copy) in direct_copies(state, sender, &message) {
            state.deliver(device, copy);
        }
        return Ok(ack.build());
    }
    let group = state.groups.get(message.to.user.as_str());
    let Some(group) = group.filter(|group| group.has(sender.account)) else {
        return Ok(ack.attr("error", 403).build());
    };
    let hash = participant_hash(state, group);
    for (device, copy) in group_copies(state, sender, group, &message) {
        state.deliver(device, copy);
    }
    Ok(ack.attr("phash", hash).build())
}

/// A message taken apart.
struct Message<'a> {
    node: &'a Node,
    id: String,
    to: Jid,
    /// Encrypted for one device each.
    per_device: Vec<(Jid, Node)>,
    /// Encrypted for all (sender key), or for the only receiver.
    for_all: Vec<Node>,
    notify: String,
}

impl<'a> Message<'a> {
    fn read(state: &State, sender: DeviceKey, node: &'a Node) -> Result<Self, Malformed> {
        let per_device = node.get_optional_child("participants").map(|participants| {
            participants
                .get_children_by_tag("to")
                .filter_map(|to| Some((to.jid("jid")?, to.get_optional_child("enc")?.clone())))
                .collect()
        });
        Ok(Self {
            node,
            id: node.text("id").ok_or(Malformed("an id"))?,
            to: node.jid("to").ok_or(Malformed("a receiver"))?,
            per_device: per_device.unwrap_or_default(),
            for_all: node.get_children_by_tag("enc").cloned().collect(),
            notify: state.accounts.get(sender.account).name.clone(),
        })
    }

    /// What all copies have in common.
    fn copy(&self) -> NodeBuilder {
        let mut copy = NodeBuilder::new("message")
            .attr("id", self.id.clone())
            .attr("t", unix_seconds())
            .attr("notify", self.notify.clone());
        for key in ["type", "edit", "category", "push_priority"] {
            if let Some(value) = self.node.text(key) {
                copy = copy.attr(key, value);
            }
        }
        copy
    }

    /// The encrypted parts for one receiver, then what is passed on to everybody.
    fn children(&self, mut encrypted: Vec<Node>) -> Vec<Node> {
        encrypted.extend(self.node.get_optional_child("device-identity").cloned());
        let rest = self.node.children().unwrap_or_default().iter();
        encrypted.extend(
            rest.filter(|child| !NOT_PASSED_ON.contains(&child.tag.as_ref()))
                .cloned(),
        );
        encrypted
    }
}

fn direct_copies(state: &State, sender: DeviceKey, message: &Message<'_>) -> Vec<(DeviceKey, Node)> {
    let single = [(message.to.clone(), message.for_all.first().cloned())];
    let many = message
        .per_device
        .iter()
        .map(|(jid, part)| (jid.clone(), Some(part.clone())));
    let receivers: Vec<(Jid, Option<Node>)> = if message.per_device.is_empty() {
        single.into_iter().collect()
    } else {
        many.collect()
    };
    let from = state.accounts.get(sender.account);
    receivers
        .into_iter()
        .filter_map(|(jid, part)| {
            let receiver = state.accounts.find(&jid.user)?;
            let copy = direct_copy(from, sender.device, receiver, &jid, message);
            let copy = copy.children(message.children(part.into_iter().collect())).build();
            Some((receiver.key(jid.device), copy))
        })
        .collect()
}

/// Addresses one copy: from the sender's address of the family that `jid` uses, with the other family beside it; a
/// copy for a device of the sender says instead whom the message went to.
fn direct_copy(from: &Account, device: u16, receiver: &Account, jid: &Jid, message: &Message<'_>) -> NodeBuilder {
    let copy = message.copy().attr("from", from.jid_like(jid, device));
    if receiver.id == from.id {
        let recipient = message.node.jid("recipient");
        let recipient = recipient.or_else(|| (!message.per_device.is_empty()).then(|| message.to.clone()));
        return match recipient {
            Some(recipient) => copy.attr("recipient", recipient),
            None => copy,
        };
    }
    if jid.is_lid() {
        copy.attr("sender_pn", from.pn(device))
    } else {
        copy.attr("sender_lid", from.lid(device))
    }
}

fn group_copies(state: &State, sender: DeviceKey, group: &Group, message: &Message<'_>) -> Vec<(DeviceKey, Node)> {
    let only = message
        .node
        .jid("participant")
        .map(|jid| state.accounts.session_address(&jid));
    let mut copies = Vec::new();
    for member in group.accounts(&state.accounts) {
        for device in member.device_ids() {
            let (key, address) = (member.key(device), member.lid(device));
            if key == sender || only.as_ref().is_some_and(|only| *only != address) {
                continue;
            }
            let own_part = message
                .per_device
                .iter()
                .filter(|(jid, _)| state.accounts.session_address(jid) == address)
                .map(|(_, part)| part.clone());
            // A sender key must arrive before what it opens.
            let encrypted = own_part.chain(message.for_all.iter().cloned()).collect();
            let copy = message.copy().attr("from", message.to.clone());
            let copy = group.addressing.sign(copy, state, sender);
            copies.push((key, copy.children(message.children(encrypted)).build()));
        }
    }
    copies
}

/// `2:` and the first six bytes of SHA-256 over the sorted addresses of all devices of all members, phones and sender
/// included. A client that has another list refreshes its own.
fn participant_hash(state: &State, group: &Group) -> String {
    let mut addresses: Vec<String> = group
        .accounts(&state.accounts)
        .flat_map(|member| {
            member
                .device_ids()
                .map(|device| group.addressing.jid(member, device).to_phash_form_string())
        })
        .collect();
    addresses.sort_unstable();
    hash_addresses(&addresses)
}

fn hash_addresses(sorted: &[String]) -> String {
    let digest = Sha256::digest(sorted.concat());
    format!("2:{}", STANDARD_NO_PAD.encode(&digest[..6]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_participant_hash_is_that_of_the_protocol() {
        let addresses = [
            Jid::lid_device("100000000000001", 0),
            Jid::lid_device("100000000000001", 2),
        ]
        .map(|jid| jid.to_phash_form_string());
        assert_eq!(addresses, ["100000000000001.0:0@lid", "100000000000001.0:2@lid"]);
        let digest = Sha256::digest("100000000000001.0:0@lid100000000000001.0:2@lid");
        assert_eq!(
            hash_addresses(&addresses),
            format!("2:{}", STANDARD_NO_PAD.encode(&digest[..6]))
        );
        assert_eq!(hash_addresses(&addresses).len(), 10);
    }
}
