//! Key bundles: what devices publish, and what others fetch to open a session (the `encrypt` namespace).

use std::collections::VecDeque;

use whatsapp_rust::NodeBuilder;
use whatsapp_rust::wacore::prekeys::compute_key_bundle_digest;
use whatsapp_rust::wacore_binary::Node;

use crate::clock::unix_seconds;
use crate::limits;
use crate::relay::accounts::{DeviceKey, PHONE};
use crate::relay::iq::Refusal;
use crate::relay::login;
use crate::relay::state::State;
use crate::wire::stanza::{Stanza, big_endian, leaf, number};

/// Curve25519, as clients write it.
const KEY_TYPE: u8 = 5;

/// The public keys of one device.
#[derive(Debug, Clone, Default)]
pub(crate) struct KeyBundle {
    pub(crate) registration_id: u32,
    pub(crate) identity: Vec<u8>,
    pub(crate) signed_id: u32,
    pub(crate) signed_key: Vec<u8>,
    pub(crate) signature: Vec<u8>,
    /// Handed out once each, oldest first.
    pub(crate) one_time: VecDeque<(u32, Vec<u8>)>,
}

impl KeyBundle {
    /// The bundle as one requester gets it: with one one-time key, which is gone afterwards.
    pub(crate) fn take(&mut self) -> Self {
        let one_time = self.one_time.pop_front();
        Self {
            registration_id: self.registration_id,
            identity: self.identity.clone(),
            signed_id: self.signed_id,
            signed_key: self.signed_key.clone(),
            signature: self.signature.clone(),
            one_time: one_time.into_iter().collect(),
        }
    }

    fn read_signed(&mut self, node: &Node) {
        self.signed_id = number(&node.child_bytes("id"));
        self.signed_key = node.child_bytes("value");
        self.signature = node.child_bytes("signature");
    }

    fn signed_node(&self) -> Node {
        NodeBuilder::new("skey")
            .children([
                leaf("id", big_endian::<3>(self.signed_id)),
                leaf("value", self.signed_key.clone()),
                leaf("signature", self.signature.clone()),
            ])
            .build()
    }

    fn head(&self) -> Vec<Node> {
        vec![
            leaf("registration", big_endian::<4>(self.registration_id)),
            leaf("type", [KEY_TYPE]),
            leaf("identity", self.identity.clone()),
            self.signed_node(),
        ]
    }
}

/// `get`: how many one-time keys are left, a digest to compare, or other devices' bundles.
pub(crate) fn get(state: &mut State, device: DeviceKey, request: &Node) -> Result<Vec<Node>, Refusal> {
    if request.get_optional_child("count").is_some() {
        let keys = own(state, device)?;
        let count = NodeBuilder::new("count").attr("value", keys.one_time.len() as u64);
        return Ok(vec![count.build()]);
    }
    if request.get_optional_child("digest").is_some() {
        return digest(own(state, device)?);
    }
    let wanted = request.get_optional_child("key").ok_or(Refusal::BAD_REQUEST)?;
    let users = wanted
        .get_children_by_tag("user")
        .map(|user| bundle(state, user))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(vec![NodeBuilder::new("list").children(users).build()])
}

/// `set`: a rotated signed key, or an upload of one-time keys.
pub(crate) fn set(state: &mut State, device: DeviceKey, request: &Node) -> Result<Vec<Node>, Refusal> {
    let keys = own(state, device)?;
    if let Some(signed) = request.get_optional_child_by_tag(&["rotate", "skey"]) {
        keys.read_signed(signed);
    }
    if let Some(list) = request.get_optional_child("list") {
        if let Some(signed) = request.get_optional_child("skey") {
            keys.read_signed(signed);
        }
        for key in list.get_children_by_tag("key") {
            if keys.one_time.len() < limits::DEVICE_PREKEYS {
                keys.one_time
                    .push_back((number(&key.child_bytes("id")), key.child_bytes("value")));
            }
        }
    }
    if state.online.get(&device).is_some_and(|online| online.active) {
        login::onboard(state, device);
    }
    Ok(Vec::new())
}

fn own(state: &mut State, device: DeviceKey) -> Result<&mut KeyBundle, Refusal> {
    state
        .accounts
        .get_mut(device.account)
        .keys_mut(device.device)
        .ok_or(Refusal::NOT_FOUND)
}

fn digest(keys: &KeyBundle) -> Result<Vec<Node>, Refusal> {
    if keys.one_time.is_empty() {
        return Err(Refusal::NOT_FOUND);
    }
    let one_time: Vec<&[u8]> = keys.one_time.iter().map(|(_, key)| key.as_slice()).collect();
    let hash = compute_key_bundle_digest(&keys.identity, &keys.signed_key, &keys.signature, &one_time);
    let ids = keys.one_time.iter().map(|(id, _)| leaf("id", big_endian::<3>(*id)));
    let mut children = keys.head();
    children.push(NodeBuilder::new("list").children(ids).build());
    children.push(leaf("hash", hash));
    Ok(vec![NodeBuilder::new("digest").children(children).build()])
}

/// One device's bundle, under the address it was asked by.
fn bundle(state: &mut State, user: &Node) -> Result<Node, Refusal> {
    let jid = user.jid("jid").ok_or(Refusal::BAD_REQUEST)?;
    let answer = NodeBuilder::new("user").attr("jid", jid.clone());
    let Some(account) = state.accounts.find_mut(&jid.user) else {
        return Ok(answer.children([Refusal::NOT_ACCEPTABLE.node()]).build());
    };
    let Some(keys) = account.keys_mut(jid.device).map(KeyBundle::take) else {
        return Ok(answer.children([Refusal::NOT_ACCEPTABLE.node()]).build());
    };
    let mut children = keys.head();
    if let Some((id, key)) = keys.one_time.front() {
        let key = [leaf("id", big_endian::<3>(*id)), leaf("value", key.clone())];
        children.push(NodeBuilder::new("key").children(key).build());
    }
    if jid.device != PHONE
        && let Some(device) = account.devices.get(&jid.device)
    {
        children.push(leaf("device-identity", device.signed_identity.clone()));
    }
    Ok(answer.attr("t", unix_seconds()).children(children).build())
}
