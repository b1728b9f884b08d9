//! A phone's keys, sessions and sender keys, in memory.
//!
//! The five parts are separate values because the Signal functions borrow several of them at once. Sessions are keyed
//! by LID, whatever address a stanza used: clients do the same, and a sender key that was sent over a session of the
//! number would be unreadable otherwise.

use std::collections::HashMap;

use async_trait::async_trait;
use whatsapp_rust::wacore::libsignal::protocol::error::Result;
use whatsapp_rust::wacore::libsignal::protocol::{
    CurveError, Direction, GenericSignedPreKey as _, IdentityChange, IdentityKey, IdentityKeyPair, IdentityKeyStore,
    KeyPair, PreKeyId, PreKeyRecord, PreKeyStore, ProtocolAddress, SenderKeyName, SenderKeyRecord, SenderKeyStore,
    SessionRecord, SessionStore, SignalProtocolError, SignedPreKeyId, SignedPreKeyRecord, SignedPreKeyStore, Timestamp,
};

use crate::clock::unix_seconds;
use crate::entropy::Entropy;
use crate::limits;
use crate::relay::keys::KeyBundle;
use crate::wire::certificate::public_bytes;

const SIGNED_PREKEY_ID: u32 = 1;
/// Registration ids have 14 bits.
const REGISTRATION_ID_MASK: u32 = 0x3fff;

/// Everything a phone needs for the Signal protocol.
pub(crate) struct Keyring {
    pub(crate) identities: Identities,
    pub(crate) sessions: Sessions,
    pub(crate) pre_keys: PreKeys,
    pub(crate) signed_pre_keys: SignedPreKeys,
    pub(crate) sender_keys: SenderKeys,
}

impl Keyring {
    /// New keys, and the public half that the relay hands out.
    pub(crate) fn generate(entropy: &mut Entropy) -> std::result::Result<(Self, KeyBundle), CurveError> {
        let (identity, signed) = (entropy.key_pair(), entropy.key_pair());
        let signature = identity
            .private_key
            .calculate_signature(&signed.public_key.serialize(), entropy.rng())?;
        let registration_id = 1 + (u32::from_be_bytes(entropy.bytes()) & REGISTRATION_ID_MASK);
        let one_time: Vec<(u32, KeyPair)> = (1..=limits::PHONE_PREKEYS).map(|id| (id, entropy.key_pair())).collect();
        let published = KeyBundle {
            registration_id,
            identity: public_bytes(&identity).to_vec(),
            signed_id: SIGNED_PREKEY_ID,
            signed_key: public_bytes(&signed).to_vec(),
            signature: signature.to_vec(),
            one_time: one_time
                .iter()
                .map(|(id, pair)| (*id, public_bytes(pair).to_vec()))
                .collect(),
        };
        let made = Timestamp::from_epoch_millis(unix_seconds() * 1000);
        let signed_record = SignedPreKeyRecord::new(SIGNED_PREKEY_ID.into(), made, &signed, &signature);
        let records = one_time
            .iter()
            .map(|(id, pair)| ((*id).into(), PreKeyRecord::new((*id).into(), pair)));
        let keyring = Self {
            identities: Identities {
                own: identity,
                registration_id,
                known: HashMap::new(),
            },
            sessions: Sessions::default(),
            pre_keys: PreKeys {
                records: records.collect(),
            },
            signed_pre_keys: SignedPreKeys {
                records: HashMap::from([(SIGNED_PREKEY_ID.into(), signed_record)]),
            },
            sender_keys: SenderKeys::default(),
        };
        Ok((keyring, published))
    }

    pub(crate) fn identity(&self) -> KeyPair {
        self.identities.own.clone()
    }

    pub(crate) fn registration_id(&self) -> u32 {
        self.identities.registration_id
    }
}

/// Our identity, and those of others as we last saw them. Every identity is trusted: the relay is the only adversary
/// here, and it is ours.
pub(crate) struct Identities {
    own: KeyPair,
    registration_id: u32,
    known: HashMap<ProtocolAddress, IdentityKey>,
}

#[async_trait]
impl IdentityKeyStore for Identities {
    async fn get_identity_key_pair(&self) -> Result<IdentityKeyPair> {
        Ok(IdentityKeyPair::new(
            IdentityKey::new(self.own.public_key),
            self.own.private_key.clone(),
        ))
    }

    async fn get_local_registration_id(&self) -> Result<u32> {
        Ok(self.registration_id)
    }

    async fn save_identity(&mut self, address: &ProtocolAddress, identity: &IdentityKey) -> Result<IdentityChange> {
        let before = self.known.insert(address.clone(), *identity);
        Ok(IdentityChange::from_changed(
            before.is_some_and(|before| before != *identity),
        ))
    }

    async fn is_trusted_identity(&self, _: &ProtocolAddress, _: &IdentityKey, _: Direction) -> Result<bool> {
        Ok(true)
    }

    async fn get_identity(&self, address: &ProtocolAddress) -> Result<Option<IdentityKey>> {
        Ok(self.known.get(address).copied())
    }
}

/// One-time prekeys that nobody has used yet.
pub(crate) struct PreKeys {
    records: HashMap<PreKeyId, PreKeyRecord>,
}

#[async_trait]
impl PreKeyStore for PreKeys {
    async fn get_pre_key(&self, id: PreKeyId) -> Result<PreKeyRecord> {
        self.records
            .get(&id)
            .cloned()
            .ok_or(SignalProtocolError::InvalidPreKeyId)
    }

    async fn save_pre_key(&mut self, id: PreKeyId, record: &PreKeyRecord) -> Result<()> {
        self.records.insert(id, record.clone());
        Ok(())
    }

    async fn remove_pre_key(&mut self, id: PreKeyId) -> Result<()> {
        self.records.remove(&id);
        Ok(())
    }
}

/// The signed prekey.
pub(crate) struct SignedPreKeys {
    records: HashMap<SignedPreKeyId, SignedPreKeyRecord>,
}

#[async_trait]
impl SignedPreKeyStore for SignedPreKeys {
    async fn get_signed_pre_key(&self, id: SignedPreKeyId) -> Result<SignedPreKeyRecord> {
        self.records
            .get(&id)
            .cloned()
            .ok_or(SignalProtocolError::InvalidSignedPreKeyId)
    }

    async fn save_signed_pre_key(&mut self, id: SignedPreKeyId, record: &SignedPreKeyRecord) -> Result<()> {
        self.records.insert(id, record.clone());
        Ok(())
    }
}

/// Sessions with other devices.
#[derive(Default)]
pub(crate) struct Sessions {
    records: HashMap<ProtocolAddress, SessionRecord>,
}

impl Sessions {
    /// Forgets a session, so that the next message opens a new one.
    pub(crate) fn remove(&mut self, address: &ProtocolAddress) {
        self.records.remove(address);
    }

    pub(crate) fn contains(&self, address: &ProtocolAddress) -> bool {
        self.records.contains_key(address)
    }
}

#[async_trait]
impl SessionStore for Sessions {
    async fn load_session(&self, address: &ProtocolAddress) -> Result<Option<SessionRecord>> {
        Ok(self.records.get(address).cloned())
    }

    async fn has_session(&self, address: &ProtocolAddress) -> Result<bool> {
        Ok(self.contains(address))
    }

    async fn store_session(&mut self, address: &ProtocolAddress, record: SessionRecord) -> Result<()> {
        self.records.insert(address.clone(), record);
        Ok(())
    }
}

/// Sender keys of groups, ours and others'.
#[derive(Default)]
pub(crate) struct SenderKeys {
    records: HashMap<String, SenderKeyRecord>,
}

impl SenderKeys {
    /// Forgets a sender key; the next message in the group makes a new one.
    pub(crate) fn remove(&mut self, name: &SenderKeyName) {
        self.records.remove(name.cache_key());
    }
}

#[async_trait]
impl SenderKeyStore for SenderKeys {
    async fn store_sender_key(&mut self, name: &SenderKeyName, record: SenderKeyRecord) -> Result<()> {
        self.records.insert(name.cache_key().to_owned(), record);
        Ok(())
    }

    async fn load_sender_key(&self, name: &SenderKeyName) -> Result<Option<SenderKeyRecord>> {
        Ok(self.records.get(name.cache_key()).cloned())
    }
}
