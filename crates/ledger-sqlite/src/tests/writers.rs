//! The writer: what shares a commit, who is answered.

use super::{Choir, NOW, open};
use futures_util::future::join_all;
use matrimony_domain::limits::{WRITE_BATCH, WRITE_QUEUE};
use matrimony_ledger::{Events, Vault};
use tempfile::TempDir;

#[tokio::test]
async fn what_waits_shares_a_commit() {
    let folder = TempDir::new().unwrap();
    let ledger = open(&folder.path().join("ledger.db")).await;
    let choir = Choir::unite(&ledger, "choir").await;
    let before = ledger.writer_stats();
    let messages: Vec<_> = (0..32).map(|n| choir.message(&format!("{n}"))).collect();
    let accepted = join_all(messages.iter().map(|inbound| ledger.accept(inbound, NOW))).await;
    assert!(accepted.iter().all(Result::is_ok));
    let stats = ledger.writer_stats();
    assert_eq!(stats.writes - before.writes, 32);
    assert!(stats.commits - before.commits <= 2, "{stats:?}");
}

#[tokio::test]
async fn a_full_queue_makes_callers_wait() {
    let folder = TempDir::new().unwrap();
    let ledger = open(&folder.path().join("ledger.db")).await;
    let keys: Vec<_> = (0..WRITE_QUEUE + WRITE_BATCH).map(|n| n.to_string()).collect();
    let puts = join_all(keys.iter().map(|key| ledger.vault_put("scope", key, b"value", NOW))).await;
    assert!(puts.iter().all(Result::is_ok));
    assert!(ledger.writer_stats().queue_full > 0);
    assert_eq!(ledger.writer_stats().writes as usize, keys.len());
}

/// The clock of the runtime plays no part: a test may stop it.
#[tokio::test(start_paused = true)]
async fn no_timer_is_involved() {
    let folder = TempDir::new().unwrap();
    let ledger = open(&folder.path().join("ledger.db")).await;
    let reads = join_all((0..50).map(|_| ledger.vault_get("scope", "key"))).await;
    assert!(reads.iter().all(|read| matches!(read, Ok(None))));
}
