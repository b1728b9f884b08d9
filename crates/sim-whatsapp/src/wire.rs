//! From bytes to stanzas: WebSocket stream framing, the Noise handshake, certificates, binary XML.

pub(crate) mod certificate;
pub(crate) mod connection;
pub(crate) mod framing;
pub(crate) mod noise;
pub(crate) mod stanza;
