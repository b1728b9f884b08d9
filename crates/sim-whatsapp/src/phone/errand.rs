//! What a phone is asked to do by the relay.

use whatsapp_rust::wacore_binary::Node;

/// One thing to do, in the order of asking.
#[derive(Debug)]
pub(crate) enum Errand {
    /// Read a stanza that arrived for the phone.
    Stanza(Node),
    /// Send app-state keys and history to a companion that was just linked.
    Onboard(u16),
}
