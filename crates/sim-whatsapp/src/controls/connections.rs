//! Cutting, refusing and disturbing connections.

use serde::{Deserialize, Serialize};
use whatsapp_rust::NodeBuilder;
use whatsapp_rust::wacore_binary::Node;

use crate::controls::{ControlError, account_of};
use crate::relay::accounts::DeviceKey;
use crate::relay::faults::{AckFault, LoginRefusal};
use crate::relay::journal::LogEntry;
use crate::relay::login::{self, stream_error};
use crate::relay::state::State;
use crate::server::SimWhatsApp;

/// The last thing a client hears before its socket closes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Farewell {
    /// Nothing: the socket just closes. Clients reconnect after a back-off.
    #[default]
    None,
    /// Code 515: reconnect at once.
    Restart,
    /// Code 401, `device_removed`: the phone has unlinked the companion.
    DeviceRemoved,
    /// Another connection of the same device has taken over.
    Replaced,
    /// Code 503: the service is unavailable; reconnect after a back-off.
    Unavailable,
    /// Code 429: too many connections.
    TooMany,
    /// The server calls the client's last stanza malformed.
    NotWellFormed,
    /// The end of the stream, politely.
    StreamEnd,
}

impl Farewell {
    fn stanza(self) -> Option<Node> {
        match self {
            Self::None => None,
            Self::Restart => Some(stream_error(Some(515), None)),
            Self::DeviceRemoved => Some(stream_error(Some(401), Some("device_removed"))),
            Self::Replaced => Some(stream_error(None, Some("replaced"))),
            Self::Unavailable => Some(stream_error(Some(503), None)),
            Self::TooMany => Some(stream_error(Some(429), None)),
            Self::NotWellFormed => {
                let reason = NodeBuilder::new("xml-not-well-formed").build();
                Some(NodeBuilder::new("stream:error").children([reason]).build())
            }
            Self::StreamEnd => Some(NodeBuilder::new("xmlstreamend").build()),
        }
    }
}

impl SimWhatsApp {
    /// Cuts the connections of a phone's companions, or of one of them. Returns how many were open.
    ///
    /// # Errors
    /// No such phone.
    pub fn cut(&self, phone: &str, device: Option<u16>, farewell: Farewell) -> Result<usize, ControlError> {
        let state = &mut *self.inner.relay.state();
        let account = account_of(state, phone)?;
        let open: Vec<DeviceKey> = state
            .online
            .keys()
            .filter(|key| key.account == account && device.is_none_or(|device| key.device == device))
            .copied()
            .collect();
        for key in &open {
            close(state, *key, farewell);
        }
        Ok(open.len())
    }

    /// Unlinks a companion, as its owner does on the phone: it hears of it if it is connected, and cannot log in again.
    ///
    /// # Errors
    /// No such phone or companion.
    pub fn unlink(&self, phone: &str, device: u16) -> Result<(), ControlError> {
        let state = &mut *self.inner.relay.state();
        let key = companion(state, phone, device)?;
        close(state, key, Farewell::DeviceRemoved);
        login::unlink(state, key);
        Ok(())
    }

    /// Refuses the logins of a phone's companions, or allows them again. Open connections stay: cut them too.
    ///
    /// # Errors
    /// No such phone.
    pub fn refuse_logins(&self, phone: &str, refusal: Option<LoginRefusal>) -> Result<(), ControlError> {
        let state = &mut *self.inner.relay.state();
        let account = account_of(state, phone)?;
        state.faults.refuse_logins(account, refusal);
        Ok(())
    }

    /// Disturbs the answers to the next `count` messages that companions of a phone send; 0 ends it.
    ///
    /// # Errors
    /// No such phone.
    pub fn disturb_acks(&self, phone: &str, fault: AckFault, count: u32) -> Result<(), ControlError> {
        let state = &mut *self.inner.relay.state();
        let account = account_of(state, phone)?;
        state.faults.plan_acks(account, fault, count);
        Ok(())
    }

    /// Sends the answers that were held back, to those companions that are connected now. Returns how many there were.
    pub fn release_acks(&self) -> usize {
        let state = &mut *self.inner.relay.state();
        let held = state.faults.release_acks();
        let count = held.len();
        for (device, ack) in held {
            state.send_now(device, ack);
        }
        count
    }

    /// While set, receipts are taken and not passed on to the senders of the messages.
    pub fn drop_receipts(&self, drop: bool) {
        self.inner.relay.state().faults.drop_receipts = drop;
    }

    /// Garbles the next `count` messages to one device, so that they do not decrypt. Device 0 is the phone itself.
    ///
    /// # Errors
    /// No such phone or companion.
    pub fn corrupt_messages(&self, phone: &str, device: u16, count: u32) -> Result<(), ControlError> {
        let state = &mut *self.inner.relay.state();
        let key = companion(state, phone, device)?;
        state.faults.corrupt_next(key, count);
        Ok(())
    }

    /// Stanzas that came and went, after entry `since`: outlines without content.
    #[must_use]
    pub fn stanza_log(&self, since: u64) -> Vec<LogEntry> {
        self.inner.relay.state().journal.since(since)
    }
}

fn companion(state: &State, phone: &str, device: u16) -> Result<DeviceKey, ControlError> {
    let account = state.accounts.get(account_of(state, phone)?);
    if account.device_ids().any(|known| known == device) {
        Ok(account.key(device))
    } else {
        Err(ControlError::NoSuchDevice(device))
    }
}

fn close(state: &mut State, device: DeviceKey, farewell: Farewell) {
    if let Some(stanza) = farewell.stanza() {
        state.send_now(device, stanza);
    }
    if let Some(online) = state.online.get(&device) {
        online.outbox.close();
    }
}
