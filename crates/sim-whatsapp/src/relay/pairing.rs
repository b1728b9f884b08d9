//! Linking a companion: offered references, the phone's signature, the companion's, and the first reconnect.

pub(crate) mod code;
mod device_list;
pub(crate) mod qr;

use std::collections::{HashMap, VecDeque};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use thiserror::Error;
use tracing::{info, warn};
use whatsapp_rust::NodeBuilder;
use whatsapp_rust::wacore::adv::{AdvValidation, validate_adv_with_identity_key};
use whatsapp_rust::wacore_binary::Node;
use whatsapp_rust::waproto::buffa::Message as _;
use whatsapp_rust::waproto::whatsapp::client_payload::DevicePairingRegistrationData;
use whatsapp_rust::waproto::whatsapp::{
    ADVDeviceIdentity, ADVSignedDeviceIdentity, ADVSignedDeviceIdentityHMAC, ClientPairingProps,
};

use crate::clock::unix_seconds;
use crate::limits;
use crate::relay::Malformed;
use crate::relay::accounts::{Account, AccountId, Device};
use crate::relay::keys::KeyBundle;
use crate::relay::login::{Guest, stream_error};
use crate::relay::outbox::Outbox;
use crate::relay::pairing::code::CodeFlow;
use crate::relay::state::State;
use crate::wire::certificate::public_bytes;
use crate::wire::stanza::{Stanza, from_server, leaf, number};

const ACCOUNT_SIGNATURE_PREFIX: [u8; 2] = [6, 0];

/// Companions on their way into an account.
#[derive(Default)]
pub(crate) struct Pairing {
    registrations: Vec<Registration>,
    /// Link-code flows by the digits of the phone number.
    codes: HashMap<String, CodeFlow>,
    /// Devices the phone has signed and that have not countersigned yet, by the id of the `pair-success`.
    unsigned: HashMap<String, Unsigned>,
}

/// A connection that wants to become a companion.
#[derive(Clone)]
pub(crate) struct Registration {
    refs: Vec<String>,
    noise_key: Vec<u8>,
    data: DevicePairingRegistrationData,
    outbox: Outbox,
}

/// A device that waits for the companion's own signature.
struct Unsigned {
    account: AccountId,
    device: Device,
    outbox: Outbox,
}

/// Why a phone could not link a companion.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum PairingError {
    /// The text is not what a companion shows as a QR code.
    #[error("this is not the text of a pairing code: {0}")]
    NotAPairingCode(&'static str),
    /// The companion that showed the code is gone, or the code was used or has expired.
    #[error("no companion waits with this code: show a new one")]
    Expired,
    /// The code belongs to another companion than the one that is connected.
    #[error("the code does not belong to the companion that showed it")]
    OtherCompanion,
    /// No companion asked for a link code for this number.
    #[error("no companion has asked for a link code for this number")]
    NoCodeRequested,
}

impl Pairing {
    /// Forgets a connection that has ended.
    pub(crate) fn forget_connection(&mut self, outbox: &Outbox) {
        self.withdraw(outbox);
        self.unsigned.retain(|_, unsigned| !unsigned.outbox.is(outbox));
    }

    /// Takes back what was offered to a connection.
    fn withdraw(&mut self, outbox: &Outbox) {
        self.registrations
            .retain(|registration| !registration.outbox.is(outbox));
    }

    fn registration_with_key(&self, noise_key: &[u8]) -> Option<&Registration> {
        self.registrations
            .iter()
            .find(|registration| registration.noise_key == noise_key)
    }
}

impl State {
    /// Offers pairing references to a new connection; the client shows them as QR codes, one after another.
    pub(crate) fn offer_pairing(&mut self, guest: &Guest, noise_key: &[u8], data: &DevicePairingRegistrationData) {
        let refs: Vec<String> = (0..limits::PAIRING_REFS)
            .map(|_| format!("2@{}", self.entropy.id::<24>()))
            .collect();
        let children: Vec<Node> = refs.iter().map(|text| leaf("ref", text.as_bytes())).collect();
        let offer = from_server("iq")
            .attr("type", "set")
            .attr("id", self.entropy.id::<8>())
            .attr("xmlns", "md")
            .children([NodeBuilder::new("pair-device").children(children).build()])
            .build();
        self.pairing.registrations.push(Registration {
            refs,
            noise_key: noise_key.to_vec(),
            data: data.clone(),
            outbox: guest.outbox.clone(),
        });
        self.answer(guest, offer);
    }

    /// Signs a companion into an account and tells it so. `adv_secret` is what phone and companion share: from the QR
    /// code, or agreed with the link code.
    fn accept_companion(&mut self, account: AccountId, registration: &Registration, adv_secret: &[u8]) {
        self.pairing.withdraw(&registration.outbox);
        let account = self.accounts.get_mut(account);
        let device = new_device(account, registration);
        let container = sign_device(account, &device, adv_secret, self.entropy.rng());
        let id = self.entropy.id::<8>();
        let success = pair_success(account, &device, container);
        let stanza = from_server("iq")
            .attr("type", "set")
            .attr("id", id.clone())
            .attr("xmlns", "md")
            .attr("t", unix_seconds())
            .children([success])
            .build();
        let unsigned = Unsigned {
            account: account.id,
            device,
            outbox: registration.outbox.clone(),
        };
        self.pairing.unsigned.insert(id, unsigned);
        self.journal.sent(&self.accounts, None, &stanza);
        registration.outbox.send(stanza);
    }

    /// Takes a client's answer to an iq of ours. The only one that matters is the countersignature of a companion:
    /// it becomes a device of its account and is sent away to log in as one.
    pub(crate) fn take_result(&mut self, guest: &Guest, id: &str, node: &Node) -> Result<(), Malformed> {
        let Some(Unsigned {
            account, mut device, ..
        }) = self.pairing.unsigned.remove(id)
        else {
            return Ok(());
        };
        if node.text("type").as_deref() == Some("error") {
            warn!("a companion refused the phone's signature");
            return Ok(());
        }
        let signed = node
            .get_optional_child_by_tag(&["pair-device-sign", "device-identity"])
            .ok_or(Malformed("a device identity"))?
            .bytes();
        let account = self.accounts.get_mut(account);
        device.signed_identity =
            countersigned(account, &device, &signed).ok_or(Malformed("a valid device signature"))?;
        let (id, key_index, account) = (device.id, device.key_index, account.id);
        self.accounts.get_mut(account).devices.insert(id, device);
        info!(device = id, "a companion was linked");
        self.announce_device_list(account, "add", id, key_index);
        self.answer(guest, stream_error(Some(515), None));
        guest.outbox.close();
        Ok(())
    }
}

fn new_device(account: &mut Account, registration: &Registration) -> Device {
    let id = account.next_device;
    account.next_device += 1;
    let data = &registration.data;
    let bytes = |field: &Option<Vec<u8>>| field.clone().unwrap_or_default();
    Device {
        id,
        noise_key: registration.noise_key.clone(),
        keys: KeyBundle {
            registration_id: number(&bytes(&data.e_regid)),
            identity: bytes(&data.e_ident),
            signed_id: number(&bytes(&data.e_skey_id)),
            signed_key: bytes(&data.e_skey_val),
            signature: bytes(&data.e_skey_sig),
            one_time: VecDeque::new(),
        },
        key_index: u32::from(id),
        signed_identity: Vec::new(),
        queue: VecDeque::new(),
        onboarded: false,
    }
}

/// The device identity, signed by the phone and authenticated with the secret that only the companion shares.
fn sign_device(account: &Account, device: &Device, adv_secret: &[u8], rng: &mut rand::rngs::StdRng) -> Vec<u8> {
    let details = ADVDeviceIdentity {
        raw_id: Some(account.raw_id),
        timestamp: Some(unix_seconds()),
        key_index: Some(device.key_index),
        ..Default::default()
    }
    .encode_to_vec();
    let message = [&ACCOUNT_SIGNATURE_PREFIX[..], &details, &device.keys.identity].concat();
    let signature = account
        .identity
        .private_key
        .calculate_signature(&message, rng)
        .expect("signing with a generated key cannot fail");
    let signed = ADVSignedDeviceIdentity {
        details: Some(details),
        account_signature_key: Some(public_bytes(&account.identity).to_vec()),
        account_signature: Some(signature.to_vec()),
        ..Default::default()
    }
    .encode_to_vec();
    let mut mac = Hmac::<Sha256>::new_from_slice(adv_secret).expect("HMAC takes keys of any length");
    mac.update(&signed);
    ADVSignedDeviceIdentityHMAC {
        details: Some(signed),
        hmac: Some(mac.finalize().into_bytes().to_vec()),
        ..Default::default()
    }
    .encode_to_vec()
}

fn pair_success(account: &Account, device: &Device, container: Vec<u8>) -> Node {
    let properties = ClientPairingProps {
        is_chat_db_lid_migrated: Some(account.lid_chats),
        ..Default::default()
    };
    NodeBuilder::new("pair-success")
        .children([
            leaf("device-identity", container),
            NodeBuilder::new("platform").attr("name", "android").build(),
            leaf("client-props", properties.encode_to_vec()),
            NodeBuilder::new("device")
                .attr("jid", account.pn(device.id))
                .attr("lid", account.lid(device.id))
                .build(),
        ])
        .build()
}

/// Checks both signatures and puts the account key back in, which clients leave out of their answer and contacts
/// need.
fn countersigned(account: &Account, device: &Device, signed: &[u8]) -> Option<Vec<u8>> {
    let account_key = public_bytes(&account.identity);
    let identity: [u8; 32] = device.keys.identity.as_slice().try_into().ok()?;
    if validate_adv_with_identity_key(signed, &identity, Some(&account_key)) != AdvValidation::Valid {
        return None;
    }
    let mut signed = ADVSignedDeviceIdentity::decode_from_slice(signed).ok()?;
    signed.account_signature_key = Some(account_key.to_vec());
    Some(signed.encode_to_vec())
}
