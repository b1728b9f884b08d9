//! The server's certificate chain: root signs intermediate, intermediate signs the Noise static key (the leaf).
//!
//! Clients pin the root. whatsapp-rust has WhatsApp's compiled in, other clients can be given ours
//! ([`Authority::root_public_key`]). Both insist on the structure: the intermediate's issuer serial is 0, the leaf's
//! is the intermediate's serial, the leaf's key is the server's static key, and both are valid now.

use whatsapp_rust::wacore::libsignal::protocol::{CurveError, KeyPair};
use whatsapp_rust::waproto::buffa::{Message as _, MessageField};
use whatsapp_rust::waproto::whatsapp::CertChain;
use whatsapp_rust::waproto::whatsapp::cert_chain::{NoiseCertificate, noise_certificate::Details};

use crate::entropy::Entropy;

const ROOT_SERIAL: u32 = 0;
const INTERMEDIATE_SERIAL: u32 = 1;
const LEAF_SERIAL: u32 = 2;
const DAY_SECONDS: u64 = 86_400;

/// The keys that vouch for the server, and the chain it shows.
pub(crate) struct Authority {
    root: KeyPair,
    /// The server's Noise static key. It outlives every connection, so that clients may resume with what they cached.
    pub(crate) static_key: KeyPair,
    /// The encoded `CertChain`.
    pub(crate) chain: Vec<u8>,
}

impl Authority {
    /// Draws all keys and signs a chain that is valid from yesterday for a year.
    pub(crate) fn new(entropy: &mut Entropy, now: u64) -> Result<Self, CurveError> {
        let (root, intermediate, static_key) = (entropy.key_pair(), entropy.key_pair(), entropy.key_pair());
        let chain = CertChain {
            intermediate: MessageField::some(certificate(
                entropy,
                &root,
                &details(INTERMEDIATE_SERIAL, ROOT_SERIAL, &intermediate, now),
            )?),
            leaf: MessageField::some(certificate(
                entropy,
                &intermediate,
                &details(LEAF_SERIAL, INTERMEDIATE_SERIAL, &static_key, now),
            )?),
        };
        Ok(Self {
            root,
            static_key,
            chain: chain.encode_to_vec(),
        })
    }

    /// The Curve25519 key that a client must trust.
    pub(crate) fn root_public_key(&self) -> [u8; 32] {
        public_bytes(&self.root)
    }
}

/// The 32 bytes of a public key as they go over the wire.
pub(crate) fn public_bytes(pair: &KeyPair) -> [u8; 32] {
    pair.public_key
        .public_key_bytes()
        .try_into()
        .expect("a Curve25519 public key has 32 bytes")
}

fn details(serial: u32, issuer_serial: u32, subject: &KeyPair, now: u64) -> Details {
    Details {
        serial: Some(serial),
        issuer_serial: Some(issuer_serial),
        key: Some(public_bytes(subject).to_vec()),
        not_before: Some(now - DAY_SECONDS),
        not_after: Some(now + 365 * DAY_SECONDS),
    }
}

fn certificate(entropy: &mut Entropy, issuer: &KeyPair, details: &Details) -> Result<NoiseCertificate, CurveError> {
    let details = details.encode_to_vec();
    let signature = issuer.private_key.calculate_signature(&details, entropy.rng())?;
    Ok(NoiseCertificate {
        details: Some(details),
        signature: Some(signature.to_vec()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use whatsapp_rust::wacore::libsignal::protocol::PublicKey;

    const NOW: u64 = 1_900_000_000;

    /// Follows the chain as a client does, down from nothing but the root's public key.
    fn verify(root: &[u8], chain: &[u8]) -> Result<Vec<u8>, &'static str> {
        let chain = CertChain::decode_from_slice(chain).map_err(|_| "chain")?;
        let mut issuer = (ROOT_SERIAL, root.to_vec());
        for certificate in [chain.intermediate, chain.leaf] {
            let certificate = certificate.into_option().ok_or("missing certificate")?;
            let bytes = certificate.details.ok_or("missing details")?;
            let key = PublicKey::from_djb_public_key_bytes(&issuer.1).map_err(|_| "issuer key")?;
            if !key.verify_signature(&bytes, &certificate.signature.ok_or("missing signature")?) {
                return Err("signature");
            }
            let details = Details::decode_from_slice(&bytes).map_err(|_| "details")?;
            if details.issuer_serial != Some(issuer.0) {
                return Err("issuer serial");
            }
            if !(details.not_before.ok_or("from")?..details.not_after.ok_or("until")?).contains(&NOW) {
                return Err("validity");
            }
            issuer = (details.serial.ok_or("serial")?, details.key.ok_or("key")?);
        }
        Ok(issuer.1)
    }

    #[test]
    fn the_chain_leads_from_the_root_to_the_static_key() {
        let authority = Authority::new(&mut Entropy::new(Some(1)), NOW).expect("an authority");
        let leaf = verify(&authority.root_public_key(), &authority.chain);
        assert_eq!(leaf, Ok(public_bytes(&authority.static_key).to_vec()));
    }

    #[test]
    fn another_root_does_not_vouch_for_it() {
        let authority = Authority::new(&mut Entropy::new(Some(1)), NOW).expect("an authority");
        let other = Authority::new(&mut Entropy::new(Some(2)), NOW).expect("another authority");
        assert_eq!(verify(&other.root_public_key(), &authority.chain), Err("signature"));
    }
}
