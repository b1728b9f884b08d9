//! Who comes in: registrations, logins, and how a connection goes active.

use tracing::info;
use whatsapp_rust::NodeBuilder;
use whatsapp_rust::wacore_binary::Node;
use whatsapp_rust::waproto::whatsapp::ClientPayload;

use crate::clock::unix_seconds;
use crate::phone::errand::Errand;
use crate::relay::Relay;
use crate::relay::accounts::{DeviceKey, PHONE};
use crate::relay::faults::LoginRefusal;
use crate::relay::outbox::Outbox;
use crate::relay::presence;
use crate::relay::state::{Online, State};
use crate::wire::noise::Pattern;
use crate::wire::stanza::{Stanza, from_server};

/// A connection whose handshake is done.
pub(crate) struct Guest {
    /// The device it logged in as; `None` while it registers.
    pub(crate) device: Option<DeviceKey>,
    pub(crate) outbox: Outbox,
}

impl Relay {
    /// Lets a client in by what it said in the handshake, or leaves a `<failure>` and the end in its outbox.
    pub(crate) fn admit(
        &self,
        handshake: Pattern,
        client_static: &[u8],
        payload: &ClientPayload,
        outbox: &Outbox,
    ) -> Result<Guest, &'static str> {
        let state = &mut *self.state();
        let mut guest = Guest {
            device: None,
            outbox: outbox.clone(),
        };
        if let Some(registration) = payload.device_pairing_data.as_option() {
            state.offer_pairing(&guest, client_static, registration);
            return Ok(guest);
        }
        match identify(state, client_static, payload) {
            Ok(device) => {
                log_in(state, device, handshake, &guest.outbox);
                guest.device = Some(device);
                Ok(guest)
            }
            Err((refusal, why)) => {
                state.answer(&guest, refusal.stanza());
                outbox.close();
                Err(why)
            }
        }
    }

    /// Forgets a connection that has ended.
    pub(crate) fn dismiss(&self, guest: &Guest) {
        let state = &mut *self.state();
        state.pairing.forget_connection(&guest.outbox);
        let Some(device) = guest.device else {
            return;
        };
        if state
            .online
            .get(&device)
            .is_some_and(|online| online.outbox.is(&guest.outbox))
        {
            state.online.remove(&device);
            presence::announce(state, device.account);
        }
    }
}

fn identify(
    state: &mut State,
    client_static: &[u8],
    payload: &ClientPayload,
) -> Result<DeviceKey, (LoginRefusal, &'static str)> {
    let unknown = || {
        (
            LoginRefusal::reason(401),
            "no such device, or another key than at pairing",
        )
    };
    let number = payload.username.ok_or_else(unknown)?.to_string();
    let device = payload.device.unwrap_or_default();
    let account = state.accounts.find(&number).ok_or_else(unknown)?;
    let key = u16::try_from(device)
        .map(|device| account.key(device))
        .map_err(|_| unknown())?;
    if let Some(refusal) = state.faults.refuses_login(key.account) {
        return Err((refusal, "a test asked for it"));
    }
    let known = state.accounts.device_mut(key).ok_or_else(unknown)?;
    if known.noise_key != client_static {
        return Err(unknown());
    }
    Ok(key)
}

fn log_in(state: &mut State, device: DeviceKey, handshake: Pattern, outbox: &Outbox) {
    let online = Online {
        outbox: outbox.clone(),
        handshake,
        active: false,
        available: false,
    };
    if let Some(older) = state.online.insert(device, online) {
        older.outbox.send(stream_error(None, Some("replaced")));
        older.outbox.close();
    }
    let lid = state.accounts.get(device.account).lid(device.device);
    let success = NodeBuilder::new("success")
        .attr("t", unix_seconds())
        .attr("lid", lid)
        .attr("location", "sim")
        .attr("props", "27")
        .attr("creation", unix_seconds())
        .build();
    state.send_now(device, success);
    info!(device = device.device, "logged in");
}

/// A `<stream:error>` with a code, a conflict, or both.
pub(crate) fn stream_error(code: Option<u16>, conflict: Option<&str>) -> Node {
    let mut error = NodeBuilder::new("stream:error");
    if let Some(code) = code {
        error = error.attr("code", code);
    }
    if let Some(conflict) = conflict {
        error = error.children([NodeBuilder::new("conflict").attr("type", conflict).build()]);
    }
    error.build()
}

/// Plays the queue to a client that went active: a preview, everything queued in order marked `offline`, and the
/// closing stanza without which the client waits for a minute.
pub(crate) fn go_active(state: &mut State, device: DeviceKey) {
    if device.device == PHONE {
        return;
    }
    if let Some(online) = state.online.get_mut(&device) {
        online.active = true;
    }
    let Some(linked) = state.accounts.device_mut(device) else {
        return;
    };
    let queued: Vec<Node> = linked.queue.iter().cloned().collect();
    let count = |tag: &str| queued.iter().filter(|node| node.tag == tag).count() as u64;
    let preview = NodeBuilder::new("offline_preview")
        .attr("count", queued.len() as u64)
        .attr("message", count("message"))
        .attr("receipt", count("receipt"))
        .attr("notification", count("notification"))
        .attr("appdata", 0_u64)
        .build();
    let total = queued.len() as u64;
    state.send_now(device, from_server("ib").children([preview]).build());
    for mut node in queued {
        node.attrs.insert("offline", "1");
        state.send_now(device, node);
    }
    let end = NodeBuilder::new("offline").attr("count", total).build();
    state.send_now(device, from_server("ib").children([end]).build());
    onboard(state, device);
}

/// Once a new companion can be written to, its phone sends it app-state keys and history.
pub(crate) fn onboard(state: &mut State, device: DeviceKey) {
    let Some(linked) = state.accounts.device_mut(device) else {
        return;
    };
    if linked.onboarded || linked.keys.one_time.is_empty() {
        return;
    }
    linked.onboarded = true;
    state.tell_phone(device.account, Errand::Onboard(device.device));
}

/// Removes a companion from its account; its next login fails with 401.
pub(crate) fn unlink(state: &mut State, device: DeviceKey) -> bool {
    let account = state.accounts.get_mut(device.account);
    let Some(unlinked) = account.devices.remove(&device.device) else {
        return false;
    };
    state.announce_device_list(device.account, "remove", unlinked.id, unlinked.key_index);
    true
}

/// Whether a client's iq asks for its queue.
pub(crate) fn asks_for_queue(node: &Node) -> bool {
    node.text("xmlns").as_deref() == Some("passive") && node.get_optional_child("active").is_some()
}
