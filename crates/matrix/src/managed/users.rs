//! Users made with the shared secret.

use super::error::RegisterError;
use crate::client::http_client;
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use serde_json::json;
use sha1::Sha1;

/// Registers a user by Synapse's shared-secret registration: fetch a nonce, then prove that we know the secret.
pub(super) async fn register(
    url: &str,
    secret: &str,
    localpart: &str,
    password: &str,
    admin: bool,
) -> Result<(), RegisterError> {
    #[derive(Deserialize)]
    struct Nonce {
        nonce: String,
    }
    if localpart.starts_with('_') {
        return Err(RegisterError::Reserved);
    }
    if !is_localpart(localpart) {
        return Err(RegisterError::BadName);
    }
    let gone = |error: reqwest::Error| RegisterError::Unreachable(error.without_url());
    let http = http_client().map_err(gone)?;
    let endpoint = format!("{url}/_synapse/admin/v1/register");
    let Nonce { nonce } = http
        .get(&endpoint)
        .send()
        .await
        .map_err(gone)?
        .json()
        .await
        .map_err(gone)?;
    let mac = proof(secret, &nonce, localpart, password, admin);
    let request = json!({
        "nonce": nonce, "username": localpart, "password": password, "admin": admin, "mac": mac,
    });
    let answer = http.post(&endpoint).json(&request).send().await.map_err(gone)?;
    if answer.status().is_success() {
        return Ok(());
    }
    let status = answer.status();
    let body = answer.bytes().await.unwrap_or_default();
    Err(refusal(&body).unwrap_or_else(|| RegisterError::Refused(status.to_string())))
}

fn refusal(body: &[u8]) -> Option<RegisterError> {
    #[derive(Deserialize)]
    struct Standard {
        errcode: String,
    }
    let Standard { errcode } = serde_json::from_slice(body).ok()?;
    Some(match errcode.as_str() {
        "M_USER_IN_USE" => RegisterError::Taken,
        "M_EXCLUSIVE" => RegisterError::Reserved,
        "M_INVALID_USERNAME" => RegisterError::BadName,
        _ => RegisterError::Refused(errcode),
    })
}

fn is_localpart(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._=-/+".contains(&b);
    !text.is_empty() && text.bytes().all(allowed)
}

/// HMAC-SHA1 over the parts with zero bytes between them.
fn proof(secret: &str, nonce: &str, localpart: &str, password: &str, admin: bool) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
    let admin = if admin { "admin" } else { "notadmin" };
    mac.update([nonce, localpart, password, admin].join("\0").as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_none_are_refused_before_asking() {
        assert!(is_localpart("nina") && is_localpart("a.b_c=d-e/f+9"));
        for bad in ["", "Nina", "ni na", "@nina", "é"] {
            assert!(!is_localpart(bad), "{bad}");
        }
    }

    /// Values of Python's `hmac`, the one that Synapse uses.
    #[test]
    fn the_proof_is_synapses() {
        let proof = |admin| proof("shared secret", "n0nce", "nina", "pass word", admin);
        assert_eq!(proof(false), "b3c45a8080ba5f0136ac23a24ac132115cb9e427");
        assert_eq!(proof(true), "63ca366708e0da235241dda545a89b1a0b4bb781");
    }

    #[test]
    fn refusals_are_told_apart() {
        assert!(matches!(
            refusal(br#"{"errcode":"M_USER_IN_USE"}"#),
            Some(RegisterError::Taken)
        ));
        assert!(matches!(
            refusal(br#"{"errcode":"M_EXCLUSIVE"}"#),
            Some(RegisterError::Reserved)
        ));
        assert!(refusal(b"<html>").is_none());
    }
}
