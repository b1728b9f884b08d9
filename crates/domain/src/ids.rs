//! Identifiers. The numeric ones are ours, the textual ones belong to a network and are opaque outside its connector.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::str::FromStr;

/// A chat network. The engine never branches on it; it is a key and a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NetworkKind {
    /// Matrix, the home of every room.
    Matrix,
    /// Signal, through signal-cli.
    Signal,
    /// WhatsApp, through whatsapp-rust.
    WhatsApp,
}

impl NetworkKind {
    /// Every network that this version knows.
    pub const ALL: [Self; 3] = [Self::Matrix, Self::Signal, Self::WhatsApp];

    /// The name that people read, as in "Amy (WhatsApp)".
    pub const fn label(self) -> &'static str {
        match self {
            Self::Matrix => "Matrix",
            Self::Signal => "Signal",
            Self::WhatsApp => "WhatsApp",
        }
    }

    /// The name in tables, spans and commands; [`FromStr`] reads it back.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Matrix => "matrix",
            Self::Signal => "signal",
            Self::WhatsApp => "whatsapp",
        }
    }
}

impl fmt::Display for NetworkKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no network that this version knows.
#[derive(Debug, thiserror::Error)]
#[error("unknown network; known are matrix, signal, whatsapp")]
pub struct UnknownNetwork;

impl FromStr for NetworkKind {
    type Err = UnknownNetwork;

    fn from_str(s: &str) -> Result<Self, UnknownNetwork> {
        match s {
            "matrix" => Ok(Self::Matrix),
            "signal" => Ok(Self::Signal),
            "whatsapp" => Ok(Self::WhatsApp),
            _ => Err(UnknownNetwork),
        }
    }
}

macro_rules! numeric_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

numeric_id!(
    /// A room: our unit of conversation.
    RoomId
);
numeric_id!(
    /// The attachment of one chat to one room. Survives a move to another room.
    PortalId
);
numeric_id!(
    /// A login that Matrimony holds.
    LoginId
);
numeric_id!(
    /// An accepted event, unique over all rooms.
    EventId
);
numeric_id!(
    /// The duty to make one copy of one event.
    DeliveryId
);
numeric_id!(
    /// The place of an event in its room, from 1, without gaps.
    Seq
);

macro_rules! remote_key {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name {
            /// The network whose connector gives `id` its meaning.
            pub network: NetworkKind,
            /// Opaque outside that connector.
            pub id: String,
        }

        impl $name {
            /// A key as its connector made it.
            pub fn new(network: NetworkKind, id: impl Into<String>) -> Self {
                Self { network, id: id.into() }
            }
        }

        /// Redacted: the network and a short digest, enough to tell two apart in a log.
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}#{:06x}", self.network, digest(&self.id))
            }
        }

        /// Redacted like the debug form.
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(self, f)
            }
        }
    };
}

remote_key!(
    /// A conversation as a network knows it: a Signal group, a WhatsApp group or direct chat, a Matrix room.
    ChatKey
);
remote_key!(
    /// Someone on a network: a Signal ACI, a WhatsApp LID, a Matrix user id.
    PersonKey
);

/// The id of a message in its chat. The connector makes it unique within the chat, so where a network identifies a
/// message by author and time, both are in it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RemoteId(pub String);

impl RemoteId {
    /// An id as its connector made it.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }
}

/// Redacted to a short digest: on some networks the id holds the author.
impl fmt::Debug for RemoteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:06x}", digest(&self.0))
    }
}

/// 24 bits, the same in every run (the hasher has fixed keys).
fn digest(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish() & 0xff_ffff
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_reads_back_what_it_prints() {
        for kind in [NetworkKind::Matrix, NetworkKind::Signal, NetworkKind::WhatsApp] {
            assert_eq!(kind.as_str().parse::<NetworkKind>().unwrap(), kind);
        }
        assert!("Signal".parse::<NetworkKind>().is_err());
    }

    #[test]
    fn keys_do_not_print_what_they_hold() {
        let person = PersonKey::new(NetworkKind::WhatsApp, "15550100001");
        let shown = format!("{person:?} {person} {:?}", RemoteId::new("15550100001/7"));
        assert!(!shown.contains("15550100001"), "{shown}");
        assert!(shown.starts_with("whatsapp#"), "{shown}");
    }
}
