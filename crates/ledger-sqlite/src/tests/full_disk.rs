//! A disk that is full, as SQLite reports it when its file may not grow.

use super::{Choir, NOW, meddle, open};
use futures_util::future::join_all;
use matrimony_domain::{Content, InboundBody, Seq, Text};
use matrimony_ledger::{Accepted, Events, LedgerError, Spool, SpoolItem};
use tempfile::TempDir;

#[tokio::test]
async fn a_full_disk_loses_nothing() {
    let folder = TempDir::new().unwrap();
    let ledger = open(&folder.path().join("ledger.db")).await;
    let choir = Choir::unite(&ledger, "choir").await;
    ledger.accept(&choir.message("before"), NOW).await.unwrap();

    meddle(&ledger, "PRAGMA max_page_count = 1").await; // means: as large as it is
    let mut large = choir.message("large");
    large.body = InboundBody::Message(Content::Text(Text::plain("la ".repeat(20_000))));
    let refused = ledger.accept(&large, NOW).await;
    assert!(matches!(refused, Err(LedgerError::DiskFull)), "{refused:?}");
    assert_eq!(ledger.counts().await.unwrap().events, 1);

    meddle(&ledger, "PRAGMA max_page_count = 1000000").await;
    let accepted = ledger.accept(&large, NOW).await.unwrap();
    assert!(matches!(accepted, Accepted::New { seq: Seq(2), .. }), "{accepted:?}");
}

/// What still fits is taken, though what shared its commit did not.
#[tokio::test]
async fn what_fits_is_taken_beside_what_does_not() {
    let folder = TempDir::new().unwrap();
    let ledger = open(&folder.path().join("ledger.db")).await;
    meddle(&ledger, "PRAGMA max_page_count = 1").await;
    let item = |key: &str, size| {
        [SpoolItem {
            key: key.to_owned(),
            bytes: vec![7; size],
        }]
    };
    let (small, large) = (item("small", 10), item("large", 100_000));
    let both = join_all([ledger.spool("q", &large, NOW), ledger.spool("q", &small, NOW)]).await;
    assert!(matches!(both[0], Err(LedgerError::DiskFull)), "{:?}", both[0]);
    assert!(matches!(both[1], Ok(1)), "{:?}", both[1]);
    let waiting = ledger.spooled("q", 10).await.unwrap();
    assert_eq!(
        waiting.iter().map(|item| item.key.as_str()).collect::<Vec<_>>(),
        ["small"]
    );
}
