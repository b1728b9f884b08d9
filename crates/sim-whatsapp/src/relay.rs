//! The relay: accounts, devices, key bundles, groups and queues, and the handlers that move stanzas between them.
//!
//! It never decrypts a message. All state sits behind one lock that no handler holds across an await, so a stanza is
//! handled whole or not at all. Phones are devices like any other to it: device 0 of their account.

pub(crate) mod accounts;
pub(crate) mod app_state;
pub(crate) mod faults;
pub(crate) mod groups;
pub(crate) mod iq;
pub(crate) mod journal;
pub(crate) mod keys;
pub(crate) mod login;
pub(crate) mod messages;
pub(crate) mod outbox;
pub(crate) mod pairing;
pub(crate) mod presence;
pub(crate) mod receipts;
pub(crate) mod state;
pub(crate) mod usync;

use std::sync::{Mutex, MutexGuard, PoisonError};

use tracing::debug;
use whatsapp_rust::wacore::libsignal::protocol::{CurveError, KeyPair};
use whatsapp_rust::wacore_binary::Node;

use crate::clock::unix_seconds;
use crate::entropy::Entropy;
use crate::relay::accounts::DeviceKey;
use crate::relay::login::Guest;
use crate::relay::state::State;
use crate::wire::certificate::Authority;
use crate::wire::stanza::Stanza;

/// The server behind the sockets.
pub(crate) struct Relay {
    authority: Authority,
    state: Mutex<State>,
}

/// A stanza that lacks what its kind needs.
#[derive(Debug, thiserror::Error)]
#[error("the stanza lacks {0}")]
pub(crate) struct Malformed(pub(crate) &'static str);

impl Relay {
    pub(crate) fn new(seed: Option<u64>) -> Result<Self, CurveError> {
        let mut entropy = Entropy::new(seed);
        let authority = Authority::new(&mut entropy, unix_seconds())?;
        Ok(Self {
            authority,
            state: Mutex::new(State::new(entropy)),
        })
    }

    pub(crate) fn authority(&self) -> &Authority {
        &self.authority
    }

    /// The state, for one short look or change. A handler that panicked cannot have left it half-changed in a way
    /// that matters more than going on.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn fresh_key_pair(&self) -> KeyPair {
        self.state().entropy.key_pair()
    }

    /// Handles a stanza of a connected client.
    pub(crate) fn receive(&self, guest: &Guest, node: &Node) {
        let state = &mut *self.state();
        state.journal.received(&state.accounts, guest.device, node);
        if let Err(malformed) = dispatch(state, guest, node) {
            debug!(tag = %node.tag, %malformed, "ignored a stanza");
        }
    }

    /// Handles a message of a phone and returns the server's answer to it.
    pub(crate) fn message_from_phone(&self, phone: DeviceKey, node: &Node) -> Result<Node, Malformed> {
        let state = &mut *self.state();
        state.journal.received(&state.accounts, Some(phone), node);
        messages::route(state, phone, node)
    }

    /// Handles a `<chatstate>` of a phone.
    pub(crate) fn typing_from_phone(&self, phone: DeviceKey, node: &Node) -> Result<(), Malformed> {
        presence::chat_state(&mut self.state(), phone, node)
    }

    /// Handles a receipt of a phone.
    pub(crate) fn receipt_from_phone(&self, phone: DeviceKey, node: &Node) -> Result<(), Malformed> {
        let state = &mut *self.state();
        state.journal.received(&state.accounts, Some(phone), node);
        receipts::route(state, phone, node).map(|_ack| ())
    }
}

fn dispatch(state: &mut State, guest: &Guest, node: &Node) -> Result<(), Malformed> {
    if node.tag == "iq" {
        return iq::handle(state, guest, node);
    }
    let Some(device) = guest.device else {
        return Err(Malformed("a login before it"));
    };
    match node.tag.as_ref() {
        "message" => {
            if state.faults.loses_message(device) {
                return Ok(());
            }
            let ack = messages::route(state, device, node)?;
            if let Some(ack) = state.faults.passes_ack(device, ack) {
                state.answer(guest, ack);
            }
        }
        "receipt" => {
            let ack = receipts::route(state, device, node)?;
            state.answer(guest, ack);
        }
        "ack" => {
            let class = node.text("class").unwrap_or_default();
            let id = node.text("id").ok_or(Malformed("an id"))?;
            state.acknowledged(device, &class, &[id]);
        }
        "presence" => presence::presence(state, guest, device, node)?,
        "chatstate" => presence::chat_state(state, device, node)?,
        "ib" => {}
        _ => return Err(Malformed("a known tag")),
    }
    Ok(())
}
