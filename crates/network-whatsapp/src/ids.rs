//! The ids of messages that we send.

use matrimony_domain::SendKey;
use sha2::{Digest, Sha256};

/// The WhatsApp id of the message that `key` names: the same for ever, so a repeat after a crash is the same message to
/// the ledger and to every phone. It has the look of the ids that WhatsApp Web makes, `3EB0` and 18 upper-case
/// hexadecimal digits.
pub(crate) fn message_id(key: &SendKey) -> String {
    let digest = Sha256::digest(format!("matrimony/whatsapp/{}", key.to_hex()));
    format!("3EB0{}", hex::encode_upper(&digest[..9]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use matrimony_domain::DeliveryId;

    fn key(delivery: i64, part: u16, nonce: u8) -> SendKey {
        SendKey {
            delivery: DeliveryId(delivery),
            part,
            nonce: [nonce; 16],
        }
    }

    #[test]
    fn an_id_looks_like_those_of_whatsapp_web() {
        let id = message_id(&key(1, 0, 7));
        assert_eq!(id.len(), 22);
        assert!(id.starts_with("3EB0"));
        assert!(id.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase()), "{id}");
    }

    #[test]
    fn an_id_is_fixed_for_ever() {
        // A change here would send again, as new messages, what was on its way during an update.
        assert_eq!(message_id(&key(1, 0, 7)), "3EB0B116A0BC5FB797C15C");
    }

    #[test]
    fn parts_and_nonces_have_ids_of_their_own() {
        assert_ne!(message_id(&key(1, 0, 7)), message_id(&key(1, 1, 7)));
        assert_ne!(message_id(&key(1, 0, 7)), message_id(&key(1, 0, 8)));
    }
}
