//! Receipts: they empty the receiver's queue and travel back to the sender of the message.

use whatsapp_rust::wacore_binary::{JidExt as _, Node};
use whatsapp_rust::{Jid, NodeBuilder};

use crate::clock::unix_seconds;
use crate::relay::Malformed;
use crate::relay::accounts::{DeviceKey, PHONE};
use crate::relay::state::State;
use crate::wire::stanza::{SERVER, Stanza};

/// Takes a receipt, passes it on, and returns the server's answer.
pub(crate) fn route(state: &mut State, sender: DeviceKey, node: &Node) -> Result<Node, Malformed> {
    let id = node.text("id").ok_or(Malformed("an id"))?;
    let to = node.jid("to");
    let mut acknowledged = vec![id.clone()];
    if let Some(list) = node.get_optional_child("list") {
        acknowledged.extend(list.get_children_by_tag("item").filter_map(|item| item.text("id")));
    }
    state.acknowledged(sender, "message", &acknowledged);
    // Baileys confirms copies of what the account itself sent without naming a receiver: nobody else is to know.
    if let Some(to) = to.as_ref().filter(|_| !state.faults.drop_receipts) {
        forward(state, sender, node, &id, to);
    }
    Ok(answer(node, &id, to))
}

fn answer(node: &Node, id: &str, to: Option<Jid>) -> Node {
    let ack = NodeBuilder::new("ack").attr("class", "receipt").attr("id", id);
    let mut ack = match to {
        Some(to) => ack.attr("from", to),
        None => ack.attr("from", SERVER),
    };
    if let Some(kind) = node.text("type") {
        ack = ack.attr("type", kind);
    }
    if let Some(participant) = node.jid("participant") {
        ack = ack.attr("participant", participant);
    }
    ack.build()
}

fn forward(state: &mut State, sender: DeviceKey, node: &Node, id: &str, to: &Jid) {
    let participant = node.jid("participant");
    let Some(target) = (if to.is_group() { participant } else { Some(to.clone()) }) else {
        return;
    };
    let Some(receiver) = state.accounts.find(&target.user) else {
        return;
    };
    // A receipt that names a companion, or the account's own phone, concerns no other device; so does a retry.
    let exact =
        target.device != PHONE || receiver.id == sender.account || node.text("type").as_deref() == Some("retry");
    let devices: Vec<DeviceKey> = if exact {
        vec![receiver.key(target.device)]
    } else {
        receiver.device_ids().map(|device| receiver.key(device)).collect()
    };
    let own = state.accounts.get(sender.account).jid_like(&target, sender.device);
    let mut receipt = NodeBuilder::new("receipt").attr("id", id).attr("t", unix_seconds());
    for key in ["type", "category"] {
        if let Some(value) = node.text(key) {
            receipt = receipt.attr(key, value);
        }
    }
    if let Some(recipient) = node.jid("recipient") {
        receipt = receipt.attr("recipient", recipient);
    }
    receipt = if to.is_group() {
        receipt.attr("from", to).attr("participant", own)
    } else {
        receipt.attr("from", own)
    };
    let receipt = receipt.apply_content(node.content.clone()).build();
    for device in devices.into_iter().filter(|device| *device != sender) {
        state.deliver(device, receipt.clone());
    }
}
