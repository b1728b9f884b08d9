//! Secrets and connector state.

use super::Backend;
use super::given::{START, at};

/// A value is found under its scope and key, is replaced as a whole, and survives a restart.
pub async fn a_value_is_kept(backend: &mut dyn Backend) {
    let ledger = backend.ledger();
    assert_eq!(ledger.vault_get("signal", "token").await.unwrap(), None);
    ledger
        .vault_put("signal", "token", b"first, longer", START)
        .await
        .unwrap();
    ledger.vault_put("signal", "token", &[0, 255, 7], at(1)).await.unwrap();
    ledger.vault_put("whatsapp", "token", b"", at(1)).await.unwrap();
    let ledger = backend.reopen().await;
    assert_eq!(
        ledger.vault_get("signal", "token").await.unwrap(),
        Some(vec![0, 255, 7])
    );
    assert_eq!(ledger.vault_get("whatsapp", "token").await.unwrap(), Some(vec![]));
    assert_eq!(ledger.vault_get("signal", "other").await.unwrap(), None);
}
