//! Encrypting for devices.

use whatsapp_rust::wacore::libsignal::protocol::{
    CiphertextMessage, IdentityKey, PreKeyBundle, PublicKey, SenderKeyName, UsePQRatchet,
    create_sender_key_distribution_message, group_encrypt, message_encrypt, process_prekey_bundle,
};
use whatsapp_rust::wacore::messages::MessageUtils;
use whatsapp_rust::wacore::types::jid::{JidExt as _, make_sender_key_name};
use whatsapp_rust::wacore_binary::Node;
use whatsapp_rust::waproto::buffa::MessageField;
use whatsapp_rust::waproto::whatsapp as wa;
use whatsapp_rust::waproto::whatsapp::message::SenderKeyDistributionMessage;
use whatsapp_rust::{Jid, NodeBuilder};

use crate::phone::{Phone, PhoneError, Signal};
use crate::relay::accounts::PHONE;
use crate::relay::keys::KeyBundle;

impl Phone {
    /// `<enc>` for one device, over the session with it or a new one.
    pub(super) async fn encrypt(&self, signal: &mut Signal, to: &Jid, plain: &[u8]) -> Result<NodeBuilder, PhoneError> {
        let device = self.relay.state().accounts.session_address(to);
        let address = device.to_protocol_address();
        if !signal.keyring.sessions.contains(&address) {
            self.open_session(signal, &device).await?;
        }
        let Signal { keyring, .. } = signal;
        let sealed = message_encrypt(plain, &address, &mut keyring.sessions, &mut keyring.identities).await?;
        let kind = match sealed {
            CiphertextMessage::PreKeySignalMessage(_) => "pkmsg",
            _ => "msg",
        };
        Ok(enc(kind, sealed.serialize().to_vec()))
    }

    /// `<to jid><enc/></to>` for each device.
    pub(super) async fn encrypt_each(
        &self,
        signal: &mut Signal,
        devices: impl IntoIterator<Item = &Jid>,
        plain: &[u8],
    ) -> Result<Vec<Node>, PhoneError> {
        let mut parts = Vec::new();
        for device in devices {
            let sealed = self.encrypt(signal, device, plain).await?.build();
            parts.push(NodeBuilder::new("to").attr("jid", device).children([sealed]).build());
        }
        Ok(parts)
    }

    /// The group's encrypted message, and our sender key for the devices that lack it.
    pub(super) async fn encrypt_for_group(
        &self,
        signal: &mut Signal,
        group: &Jid,
        devices: &[Jid],
        plain: &[u8],
    ) -> Result<(Vec<Node>, Node), PhoneError> {
        let name = self.sender_key_name(group);
        self.rotate_after_departures(signal, group, devices, &name);
        let known = signal
            .has_sender_key
            .get(&group.user.to_string())
            .cloned()
            .unwrap_or_default();
        let lacking: Vec<&Jid> = devices.iter().filter(|device| !known.contains(device)).collect();
        let distribution =
            create_sender_key_distribution_message(&name, &mut signal.keyring.sender_keys, signal.entropy.rng())
                .await?;
        let announcement = wa::Message {
            sender_key_distribution_message: MessageField::some(SenderKeyDistributionMessage {
                group_id: Some(group.to_string()),
                axolotl_sender_key_distribution_message: Some(distribution.serialized().to_vec()),
            }),
            ..Default::default()
        };
        let announcement = MessageUtils::encode_and_pad(&announcement);
        let parts = self.encrypt_each(signal, lacking, &announcement).await?;
        signal.has_sender_key.insert(group.user.to_string(), devices.to_vec());
        let Signal { keyring, entropy, .. } = signal;
        let sealed = group_encrypt(&mut keyring.sender_keys, &name, plain, entropy.rng()).await?;
        Ok((parts, enc("skmsg", sealed.serialized().to_vec()).build()))
    }

    fn sender_key_name(&self, group: &Jid) -> SenderKeyName {
        make_sender_key_name(group, &self.own_lid().to_protocol_address())
    }

    /// Somebody who left must not read on: a new sender key for those who stay.
    fn rotate_after_departures(&self, signal: &mut Signal, group: &Jid, devices: &[Jid], name: &SenderKeyName) {
        let known = signal.has_sender_key.get(&group.user.to_string());
        if known.is_some_and(|known| known.iter().any(|device| !devices.contains(device))) {
            signal.has_sender_key.remove(&group.user.to_string());
            signal.keyring.sender_keys.remove(name);
        }
    }

    async fn open_session(&self, signal: &mut Signal, device: &Jid) -> Result<(), PhoneError> {
        let published = {
            let state = &mut *self.relay.state();
            let keys = state
                .accounts
                .find_mut(&device.user)
                .and_then(|account| account.keys_mut(device.device));
            keys.map(KeyBundle::take)
        };
        let bundle = signal_bundle(&published.ok_or(PhoneError::NoKeys)?)?;
        let Signal { keyring, entropy, .. } = signal;
        process_prekey_bundle(
            &device.to_protocol_address(),
            &mut keyring.sessions,
            &mut keyring.identities,
            &bundle,
            entropy.rng(),
            UsePQRatchet::No,
        )
        .await?;
        Ok(())
    }
}

fn signal_bundle(keys: &KeyBundle) -> Result<PreKeyBundle, PhoneError> {
    let one_time = match keys.one_time.front() {
        Some((id, key)) => Some(((*id).into(), PublicKey::from_djb_public_key_bytes(key)?)),
        None => None,
    };
    Ok(PreKeyBundle::new(
        keys.registration_id,
        // WhatsApp writes the device into the address's name, so that Signal's own device number is always 0.
        u32::from(PHONE).into(),
        one_time,
        keys.signed_id.into(),
        PublicKey::from_djb_public_key_bytes(&keys.signed_key)?,
        keys.signature.clone(),
        IdentityKey::new(PublicKey::from_djb_public_key_bytes(&keys.identity)?),
    )?)
}

fn enc(kind: &'static str, sealed: Vec<u8>) -> NodeBuilder {
    NodeBuilder::new("enc").attr("v", "2").attr("type", kind).bytes(sealed)
}
