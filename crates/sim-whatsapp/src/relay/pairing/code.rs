//! Pairing by link code: companion and phone prove to each other that they know the eight characters, and agree on
//! the secret that a QR code would have carried.

use whatsapp_rust::NodeBuilder;
use whatsapp_rust::wacore::crypto::hkdf_sha256_into;
use whatsapp_rust::wacore::libsignal::crypto::aes_256_gcm_decrypt;
use whatsapp_rust::wacore::libsignal::protocol::{KeyPair, PublicKey};
use whatsapp_rust::wacore::pair_code::PairCodeUtils;
use whatsapp_rust::wacore_binary::{Node, NodeContent};

use crate::clock::unix_seconds;
use crate::relay::accounts::AccountId;
use crate::relay::iq::Refusal;
use crate::relay::login::Guest;
use crate::relay::pairing::PairingError;
use crate::relay::state::State;
use crate::wire::certificate::public_bytes;
use crate::wire::stanza::{Stanza, from_server, leaf};

const SALT_BYTES: usize = 32;
const NONCE_BYTES: usize = 12;
const KEY_BYTES: usize = 32;

/// One companion's attempt for one phone number.
pub(crate) struct CodeFlow {
    reference: Vec<u8>,
    wrapped_ephemeral: Vec<u8>,
    noise_key: Vec<u8>,
    /// Set when the phone's user has typed the code.
    agreed: Option<Agreed>,
}

struct Agreed {
    phone_ephemeral: KeyPair,
    companion_ephemeral: [u8; 32],
}

/// Handles `<link_code_companion_reg>` of a companion that is registering. Returns the answer, or nothing if it was
/// sent already. `result` is the empty result to fill.
pub(crate) fn handle(state: &mut State, guest: &Guest, request: &Node, result: Node) -> Result<Option<Node>, Refusal> {
    let number = request
        .jid("jid")
        .map(|jid| jid.user.to_string())
        .ok_or(Refusal::BAD_REQUEST)?;
    let account = state
        .accounts
        .find(&number)
        .map(|account| account.id)
        .ok_or(Refusal::BAD_REQUEST)?;
    match request.text("stage").as_deref() {
        Some("companion_hello") => Ok(Some(hello(state, number, request, result))),
        Some("companion_finish") => {
            let flow = state.pairing.codes.remove(&number).ok_or(Refusal::BAD_REQUEST)?;
            let adv_secret = agree(&flow, &state.accounts.get(account).identity, request)?;
            let registration = state
                .pairing
                .registration_with_key(&flow.noise_key)
                .cloned()
                .ok_or(Refusal::BAD_REQUEST)?;
            // The empty result goes first: a client does not expect its pairing to succeed before it.
            state.answer(guest, result);
            state.accept_companion(account, &registration, &adv_secret);
            Ok(None)
        }
        _ => Err(Refusal::BAD_REQUEST),
    }
}

/// What the phone does when its user types the code that the companion shows.
pub(crate) fn enter(state: &mut State, account: AccountId, code: &str) -> Result<(), PairingError> {
    let code: String = code
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect::<String>()
        .to_uppercase();
    if !PairCodeUtils::validate_code(&code) {
        return Err(PairingError::NotAPairingCode(
            "a link code has eight letters and digits",
        ));
    }
    let account = state.accounts.get(account);
    let identity = public_bytes(&account.identity);
    let flow = state
        .pairing
        .codes
        .get_mut(&account.number)
        .ok_or(PairingError::NoCodeRequested)?;
    let phone_ephemeral = state.entropy.key_pair();
    let companion_ephemeral = PairCodeUtils::decrypt_primary_ephemeral_pub(&flow.wrapped_ephemeral, &code)
        .map_err(|_| PairingError::NotAPairingCode("the companion's key does not open with it"))?;
    let wrapped = PairCodeUtils::encrypt_ephemeral_pub(&public_bytes(&phone_ephemeral), &code);
    flow.agreed = Some(Agreed {
        phone_ephemeral,
        companion_ephemeral,
    });
    let (reference, noise_key) = (flow.reference.clone(), flow.noise_key.clone());
    let companion = state
        .pairing
        .registration_with_key(&noise_key)
        .ok_or(PairingError::Expired)?;
    let hello = NodeBuilder::new("link_code_companion_reg")
        .attr("stage", "primary_hello")
        .children([
            leaf("link_code_pairing_wrapped_primary_ephemeral_pub", wrapped),
            leaf("primary_identity_pub", identity),
            leaf("link_code_pairing_ref", reference),
        ])
        .build();
    let notification = from_server("notification")
        .attr("type", "link_code_companion_reg")
        .attr("id", state.entropy.id::<8>())
        .attr("t", unix_seconds())
        .children([hello])
        .build();
    state.journal.sent(&state.accounts, None, &notification);
    companion.outbox.send(notification);
    Ok(())
}

fn hello(state: &mut State, number: String, request: &Node, mut result: Node) -> Node {
    let reference = state.entropy.id::<16>().into_bytes();
    let flow = CodeFlow {
        reference: reference.clone(),
        wrapped_ephemeral: request.child_bytes("link_code_pairing_wrapped_companion_ephemeral_pub"),
        noise_key: request.child_bytes("companion_server_auth_key_pub"),
        agreed: None,
    };
    state.pairing.codes.insert(number, flow);
    let answer = NodeBuilder::new("link_code_companion_reg")
        .attr("stage", "companion_hello")
        .children([leaf("link_code_pairing_ref", reference)])
        .build();
    result.content = Some(NodeContent::Nodes(vec![answer]));
    result
}

/// Opens the companion's key bundle and derives the shared secret, as the phone does.
fn agree(flow: &CodeFlow, identity: &KeyPair, request: &Node) -> Result<[u8; 32], Refusal> {
    let agreed = flow.agreed.as_ref().ok_or(Refusal::BAD_REQUEST)?;
    let wrapped = request.child_bytes("link_code_pairing_wrapped_key_bundle");
    let companion_identity = request.child_bytes("companion_identity_public");
    let ephemeral_secret = agreement(&agreed.phone_ephemeral, &agreed.companion_ephemeral)?;
    let bundle = open_bundle(&ephemeral_secret, &wrapped)?;
    let [bundled_companion, bundled_phone, random] = [0, 1, 2].map(|i| &bundle[i * KEY_BYTES..(i + 1) * KEY_BYTES]);
    if bundled_companion != companion_identity || bundled_phone != public_bytes(identity) {
        return Err(Refusal::FORBIDDEN);
    }
    let identity_secret = agreement(identity, &companion_identity)?;
    let mut adv_secret = [0; 32];
    let shared = [&ephemeral_secret[..], &identity_secret, random].concat();
    hkdf_sha256_into(&shared, None, b"adv_secret", &mut adv_secret).map_err(|_| Refusal::INTERNAL)?;
    Ok(adv_secret)
}

fn open_bundle(secret: &[u8; 32], wrapped: &[u8]) -> Result<Vec<u8>, Refusal> {
    let (salt, rest) = wrapped.split_at_checked(SALT_BYTES).ok_or(Refusal::BAD_REQUEST)?;
    let (nonce, sealed) = rest.split_at_checked(NONCE_BYTES).ok_or(Refusal::BAD_REQUEST)?;
    let nonce = nonce.try_into().map_err(|_| Refusal::BAD_REQUEST)?;
    let info = b"link_code_pairing_key_bundle_encryption_key";
    let mut key = [0; 32];
    hkdf_sha256_into(secret, Some(salt), info, &mut key).map_err(|_| Refusal::INTERNAL)?;
    let mut bundle = Vec::new();
    aes_256_gcm_decrypt(&key, nonce, b"", sealed, &mut bundle).map_err(|_| Refusal::FORBIDDEN)?;
    if bundle.len() != 3 * KEY_BYTES {
        return Err(Refusal::BAD_REQUEST);
    }
    Ok(bundle)
}

fn agreement(ours: &KeyPair, theirs: &[u8]) -> Result<[u8; 32], Refusal> {
    let theirs = PublicKey::from_djb_public_key_bytes(theirs).map_err(|_| Refusal::BAD_REQUEST)?;
    ours.private_key
        .calculate_agreement(&theirs)
        .map_err(|_| Refusal::BAD_REQUEST)
}
