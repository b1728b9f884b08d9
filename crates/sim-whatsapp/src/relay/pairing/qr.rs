//! Pairing by QR code: what the phone does with the text it scanned.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::relay::accounts::AccountId;
use crate::relay::pairing::PairingError;
use crate::relay::state::State;

/// Scans `text`: `ref,noise key,identity key,adv secret[,client type]`, base64 fields, possibly behind a link that
/// ends in `#`.
pub(crate) fn scan(state: &mut State, account: AccountId, text: &str) -> Result<(), PairingError> {
    let code = text.rsplit('#').next().unwrap_or(text).trim();
    let fields: Vec<&str> = code.split(',').collect();
    let [reference, noise_key, identity, adv_secret, ..] = fields.as_slice() else {
        return Err(PairingError::NotAPairingCode("it has fewer than four fields"));
    };
    let (noise_key, identity, adv_secret) = (key(noise_key)?, key(identity)?, key(adv_secret)?);
    let registration = state
        .pairing
        .registrations
        .iter()
        .find(|registration| registration.refs.iter().any(|offered| offered == reference))
        .cloned()
        .ok_or(PairingError::Expired)?;
    if registration.data.e_ident.as_deref() != Some(&identity[..]) || registration.noise_key != noise_key {
        return Err(PairingError::OtherCompanion);
    }
    state.accept_companion(account, &registration, &adv_secret);
    Ok(())
}

fn key(field: &str) -> Result<Vec<u8>, PairingError> {
    STANDARD
        .decode(field)
        .ok()
        .filter(|bytes| bytes.len() == 32)
        .ok_or(PairingError::NotAPairingCode(
            "a field is not a key of 32 bytes in base64",
        ))
}
