//! What we ask of a network.

use crate::clock::UnixMillis;
use crate::ids::{ChatKey, DeliveryId, PersonKey};
use crate::name::Name;
use crate::text::Text;
use std::fmt;

/// One thing to do in one chat: one message of the network. A delivery is one or more actions, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// Where.
    pub chat: ChatKey,
    /// As whom.
    pub voice: Voice,
    /// When the original happened; a network that can carry it shows it.
    pub at: UnixMillis,
    /// The words, complete: where the relay speaks, the author's name is already in front.
    pub text: Text,
}

/// As whom an [`Action`] is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Voice {
    /// As the relay login of the portal.
    Relay,
    /// As the author (on Matrix: their ghost).
    Author(Author),
}

/// The author as a network that can speak as them needs them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author {
    /// The person on their own network.
    pub person: PersonKey,
    /// Their name as the room should see it, already told apart from others of the same name.
    pub name: Name,
}

/// Names one part of one delivery, the same on every attempt and after every restart. Networks that let us choose ids
/// derive them from it, so that a repeat is recognised.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SendKey {
    /// The delivery.
    pub delivery: DeliveryId,
    /// Which part of it, from 0.
    pub part: u16,
    /// Unique to the delivery over all ledgers ever made: a new ledger counts deliveries from 1 again.
    pub nonce: [u8; 16],
}

impl SendKey {
    /// 36 lower-case hexadecimal digits: nonce, then part.
    pub fn to_hex(&self) -> String {
        let mut out = String::with_capacity(36);
        for byte in self.nonce.iter().chain(&self.part.to_be_bytes()) {
            out.push(char::from_digit(u32::from(byte >> 4), 16).expect("a nibble is a digit"));
            out.push(char::from_digit(u32::from(byte & 15), 16).expect("a nibble is a digit"));
        }
        out
    }
}

impl fmt::Debug for SendKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SendKey({}.{})", self.delivery, self.part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_differs_by_part_and_nonce() {
        let key = SendKey {
            delivery: DeliveryId(1),
            part: 0,
            nonce: [0xab; 16],
        };
        assert_eq!(key.to_hex(), format!("{}0000", "ab".repeat(16)));
        assert_ne!(key.to_hex(), SendKey { part: 1, ..key }.to_hex());
        assert_ne!(
            key.to_hex(),
            SendKey {
                nonce: [0xac; 16],
                ..key
            }
            .to_hex()
        );
    }
}
