//! The durable queue for what must be answered before it is understood.

use super::Backend;
use super::given::START;
use crate::SpoolItem;
use matrimony_domain::limits::SPOOL_KEYS_KEPT;
use std::time::Duration;

fn item(key: &str) -> SpoolItem {
    SpoolItem {
        key: key.to_owned(),
        bytes: format!("{{\"id\":\"{key}\"}}").into_bytes(),
    }
}

/// Items wait in order until they are done; a queue knows nothing of another.
pub async fn items_wait_in_order(backend: &mut dyn Backend) {
    let ledger = backend.ledger();
    assert_eq!(ledger.spool("as", &[item("b"), item("a")], START).await.unwrap(), 2);
    assert_eq!(ledger.spool("as", &[item("c")], START).await.unwrap(), 1);
    assert_eq!(ledger.spool("other", &[item("a")], START).await.unwrap(), 1);
    let waiting = ledger.spooled("as", 10).await.unwrap();
    let keys: Vec<_> = waiting.iter().map(|item| item.key.as_str()).collect();
    assert_eq!(keys, ["b", "a", "c"]);
    assert_eq!(waiting[0].bytes, item("b").bytes);
    ledger.spool_done(waiting[0].id, START).await.unwrap();
    ledger.spool_done(waiting[0].id, START).await.unwrap();
    let first = ledger.spooled("as", 1).await.unwrap();
    assert_eq!(first.iter().map(|item| item.key.as_str()).collect::<Vec<_>>(), ["a"]);
    assert_eq!(ledger.spooled("other", 10).await.unwrap().len(), 1);
    assert!(ledger.spooled("empty", 10).await.unwrap().is_empty());
}

/// An item whose key the queue has had is dropped, in one batch, later, and after it was done.
pub async fn a_known_key_is_dropped(backend: &mut dyn Backend) {
    let ledger = backend.ledger();
    assert_eq!(
        ledger
            .spool("as", &[item("a"), item("a"), item("b")], START)
            .await
            .unwrap(),
        2
    );
    assert_eq!(ledger.spool("as", &[item("a")], START).await.unwrap(), 0);
    for waiting in ledger.spooled("as", 10).await.unwrap() {
        ledger.spool_done(waiting.id, START).await.unwrap();
    }
    let ledger = backend.reopen().await;
    assert_eq!(ledger.spool("as", &[item("b"), item("c")], START).await.unwrap(), 1);
    let waiting = ledger.spooled("as", 10).await.unwrap();
    assert_eq!(waiting.iter().map(|item| item.key.as_str()).collect::<Vec<_>>(), ["c"]);
}

/// Keys of handled items are forgotten after their time, never sooner, and never those of items that wait.
pub async fn old_keys_are_forgotten(backend: &mut dyn Backend) {
    let ledger = backend.ledger();
    ledger
        .spool(
            "as",
            &[item("old"), item("waits"), item("trigger"), item("late")],
            START,
        )
        .await
        .unwrap();
    let waiting = ledger.spooled("as", 10).await.unwrap();
    ledger.spool_done(waiting[0].id, START).await.unwrap();
    ledger
        .spool_done(waiting[2].id, START.after(SPOOL_KEYS_KEPT))
        .await
        .unwrap();
    assert_eq!(
        ledger.spool("as", &[item("old")], START).await.unwrap(),
        0,
        "its last moment"
    );
    let after = START.after(SPOOL_KEYS_KEPT + Duration::from_millis(1));
    ledger.spool_done(waiting[3].id, after).await.unwrap();
    assert_eq!(ledger.spool("as", &[item("old")], after).await.unwrap(), 1);
    assert_eq!(
        ledger
            .spool("as", &[item("waits"), item("trigger")], after)
            .await
            .unwrap(),
        0
    );
}
