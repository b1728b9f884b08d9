//! The file: who may read it, what it survives, which ones are refused.

use super::{Choir, NOW, claim, meddle, open, options, refused};
use crate::SqliteLedger;
use matrimony_ledger::{Accepted, Events, LedgerError, Rooms, Vault};
use std::os::unix::fs::PermissionsExt;
use tempfile::TempDir;

#[tokio::test]
async fn the_file_is_its_owners_alone() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("ledger.db");
    std::fs::write(&path, b"").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let ledger = open(&path).await;
    ledger.vault_put("scope", "key", b"value", NOW).await.unwrap();
    let mut seen = 0;
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let mode = file.unwrap().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        seen += 1;
    }
    assert_eq!(seen, 3, "the file, its log and the log's index");
}

/// The files as SIGKILL leaves them: copied in the middle of work, nothing closed.
#[tokio::test]
async fn what_was_answered_survives_a_crash() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("ledger.db");
    let ledger = open(&path).await;
    let choir = Choir::unite(&ledger, "choir").await;
    ledger.accept(&choir.message("one"), NOW).await.unwrap();
    ledger.accept(&choir.message("two"), NOW).await.unwrap();
    let claims = claim(&ledger, choir.to_relay).await;

    let crashed = TempDir::new().unwrap();
    for file in ["ledger.db", "ledger.db-wal"] {
        std::fs::copy(folder.path().join(file), crashed.path().join(file)).unwrap();
    }
    let ledger = open(&crashed.path().join("ledger.db")).await;
    let counts = ledger.counts().await.unwrap();
    assert_eq!((counts.events, counts.due, counts.claimed), (2, 1, 1));
    let again = ledger.accept(&choir.message("one"), NOW).await.unwrap();
    assert_eq!(again, Accepted::Duplicate(claims[0].event.id));
}

#[tokio::test]
async fn a_ledger_that_was_dropped_opens_again() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("ledger.db");
    let ledger = open(&path).await;
    let choir = Choir::unite(&ledger, "choir").await;
    ledger.accept(&choir.message("one"), NOW).await.unwrap();
    drop(ledger);
    let ledger = open(&path).await;
    assert_eq!(ledger.counts().await.unwrap().events, 1);
}

#[tokio::test]
async fn the_ledgers_id_is_given_once() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("ledger.db");
    let nonce = async |path, entropy| {
        let ledger = SqliteLedger::open(path, options(entropy)).await.unwrap();
        let choir = Choir::unite(&ledger, "choir").await;
        ledger.accept(&choir.message("one"), NOW).await.unwrap();
        let key = claim(&ledger, choir.to_relay).await.remove(0).key;
        ledger.close().await;
        key.nonce
    };
    let first = SqliteLedger::open(&path, options(1)).await.unwrap();
    let id = first.ledger_id;
    first.close().await;
    let second = SqliteLedger::open(&path, options(2)).await.unwrap();
    assert_eq!((id, second.ledger_id), ([1; 16], [1; 16]));
    second.close().await;
    let other = folder.path().join("other.db");
    assert_ne!(
        nonce(&path, 1).await,
        nonce(&other, 3).await,
        "same delivery number, other ledger"
    );
}

#[tokio::test]
async fn a_newer_schema_is_refused_untouched() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("ledger.db");
    let ledger = open(&path).await;
    meddle(&ledger, "PRAGMA user_version = 7").await;
    ledger.close().await;
    let before = std::fs::read(&path).unwrap();
    let error = refused(&path).await;
    assert!(matches!(error, LedgerError::Newer { found: 7, known: 1 }), "{error}");
    assert!(error.to_string().contains("schema version 7"), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[tokio::test]
async fn what_is_no_ledger_is_refused_untouched() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("ledger.db");
    let letter = b"dear dora, this is no database at all".repeat(100);
    std::fs::write(&path, &letter).unwrap();
    let error = refused(&path).await;
    assert!(matches!(error, LedgerError::Unavailable(_)), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), letter);
    let nowhere = refused(&folder.path().join("missing/ledger.db")).await;
    assert!(matches!(nowhere, LedgerError::Unavailable(_)), "{nowhere}");
}

#[tokio::test]
async fn a_closed_ledger_says_so() {
    let folder = TempDir::new().unwrap();
    let ledger = open(&folder.path().join("ledger.db")).await;
    ledger.close().await;
    ledger.close().await;
    let read = ledger.rooms().await;
    assert!(matches!(read, Err(LedgerError::Unavailable(_))));
    let write = ledger.vault_put("scope", "key", b"value", NOW).await;
    assert!(matches!(write, Err(LedgerError::Unavailable(_))));
}
