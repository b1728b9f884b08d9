//! Availability and typing. Neither is ever queued.

use whatsapp_rust::wacore_binary::{JidExt as _, Node};
use whatsapp_rust::{Jid, NodeBuilder};

use crate::clock::unix_seconds;
use crate::relay::Malformed;
use crate::relay::accounts::{AccountId, DeviceKey, PHONE};
use crate::relay::login::Guest;
use crate::relay::state::State;
use crate::wire::stanza::Stanza;

/// `<presence>`: a subscription, or the client's own availability and push name.
pub(crate) fn presence(state: &mut State, guest: &Guest, device: DeviceKey, node: &Node) -> Result<(), Malformed> {
    let kind = node.text("type").unwrap_or_else(|| "available".to_owned());
    if kind == "subscribe" {
        let to = node.jid("to").ok_or(Malformed("a receiver"))?;
        let subject = state.accounts.find(&to.user).map(|account| account.id);
        if let Some(subject) = subject {
            state.subscriptions.insert((device, subject), to.clone());
        }
        let available = subject.is_some_and(|subject| is_available(state, subject));
        state.answer(guest, availability(&to, available));
        return Ok(());
    }
    if let Some(name) = node.text("name").filter(|name| !name.is_empty()) {
        state.accounts.get_mut(device.account).name = name;
    }
    if let Some(online) = state.online.get_mut(&device) {
        online.available = kind == "available";
    }
    announce(state, device.account);
    Ok(())
}

/// Tells subscribers whether an account is available now.
pub(crate) fn announce(state: &mut State, subject: AccountId) {
    let available = is_available(state, subject);
    let told: Vec<_> = state
        .subscriptions
        .iter()
        .filter(|((_, of), _)| *of == subject)
        .map(|((device, _), address)| (*device, availability(address, available)))
        .collect();
    for (device, presence) in told {
        state.send_now(device, presence);
    }
}

/// `<chatstate>`: typing or not, to the other person or to the group's members who are connected.
pub(crate) fn chat_state(state: &mut State, device: DeviceKey, node: &Node) -> Result<(), Malformed> {
    let to = node.jid("to").ok_or(Malformed("a receiver"))?;
    let sender = state.accounts.get(device.account);
    let typing = NodeBuilder::new("chatstate");
    let (typing, receivers): (_, Vec<AccountId>) = if to.is_group() {
        let group = state.groups.get(to.user.as_str());
        let members = group.map(|group| group.members.as_slice()).unwrap_or_default();
        let members = members.iter().map(|member| member.account);
        let addressing = group.map(|group| group.addressing).unwrap_or_default();
        let participant = addressing.jid(sender, device.device);
        let typing = typing.attr("from", to).attr("participant", participant);
        (typing, members.filter(|member| *member != device.account).collect())
    } else {
        let receiver = state.accounts.find(&to.user).map(|account| account.id);
        (
            typing.attr("from", sender.jid_like(&to, PHONE)),
            receiver.into_iter().collect(),
        )
    };
    let typing = typing.apply_content(node.content.clone()).build();
    for account in receivers {
        let devices: Vec<DeviceKey> = state
            .online
            .keys()
            .filter(|key| key.account == account)
            .copied()
            .collect();
        for device in devices {
            state.send_now(device, typing.clone());
        }
    }
    Ok(())
}

fn is_available(state: &State, account: AccountId) -> bool {
    let mut online = state.online.iter().filter(|(key, _)| key.account == account);
    online.any(|(_, online)| online.available)
}

fn availability(of: &Jid, available: bool) -> Node {
    let presence = NodeBuilder::new("presence").attr("from", of);
    if available {
        return presence.build();
    }
    presence
        .attr("type", "unavailable")
        .attr("last", unix_seconds())
        .build()
}
