//! What unanswered attempts have left behind goes again.

use super::{Choir, NOW, claim, open};
use crate::SqliteLedger;
use matrimony_domain::limits::{LATE_COPIES_PRUNED, LATE_COPY};
use matrimony_domain::{Reason, SendIds};
use matrimony_ledger::{Deliveries, Events, Intent, Outcome};
use tempfile::TempDir;

#[tokio::test]
async fn what_is_expected_no_longer_is_forgotten_in_pieces() {
    let folder = TempDir::new().unwrap();
    let ledger = open(&folder.path().join("ledger.db")).await;
    let choir = Choir::unite(&ledger, "choir").await;
    let parts = u16::try_from(LATE_COPIES_PRUNED).unwrap() + 1;
    doubted(&ledger, &choir, parts).await;
    assert_eq!(intents(&ledger).await, usize::from(parts), "expected for a day");
    let next_day = NOW.after(LATE_COPY);
    for (id, left) in [("two", 1), ("three", 0)] {
        // Its claim is of the past, so that only settling it is of the next day.
        ledger.accept(&choir.message(id), NOW).await.unwrap();
        let token = claim(&ledger, choir.to_relay).await.remove(0).token;
        ledger.settle(&token, &refused(), next_day).await.unwrap();
        assert_eq!(intents(&ledger).await, left, "after {id}");
    }
}

#[tokio::test]
async fn what_was_answered_leaves_nothing() {
    let folder = TempDir::new().unwrap();
    let ledger = open(&folder.path().join("ledger.db")).await;
    let choir = Choir::unite(&ledger, "choir").await;
    ledger.accept(&choir.message("one"), NOW).await.unwrap();
    let token = claim(&ledger, choir.to_relay).await.remove(0).token;
    ledger.begin(&token, &[intent(0), intent(1)], NOW).await.unwrap();
    assert_eq!(intents(&ledger).await, 2);
    ledger.settle(&token, &refused(), NOW).await.unwrap();
    assert_eq!(intents(&ledger).await, 0);
}

/// An attempt in some parts that goes unanswered, and is then given up.
async fn doubted(ledger: &SqliteLedger, choir: &Choir, parts: u16) {
    ledger.accept(&choir.message("one"), NOW).await.unwrap();
    let token = claim(ledger, choir.to_relay).await.remove(0).token;
    let intents: Vec<_> = (0..parts).map(intent).collect();
    ledger.begin(&token, &intents, NOW).await.unwrap();
    let unsure = Outcome::Unsure {
        until: NOW,
        reason: Reason::fixed("no answer came"),
        sent: Vec::new(),
    };
    ledger.settle(&token, &unsure, NOW).await.unwrap();
    let token = claim(ledger, choir.to_relay).await.remove(0).token;
    ledger.settle(&token, &refused(), NOW).await.unwrap();
}

fn intent(part: u16) -> Intent {
    Intent {
        part,
        remote_id: None,
        send_ids: SendIds::Theirs,
        fingerprint: [u8::try_from(part % 256).unwrap(); 16],
    }
}

fn refused() -> Outcome {
    Outcome::Refused {
        reason: Reason::fixed("no such group"),
        sent: Vec::new(),
    }
}

async fn intents(ledger: &SqliteLedger) -> usize {
    let mut reader = ledger.readers.get().await.unwrap();
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM intents")
        .fetch_one(&mut *reader)
        .await
        .unwrap();
    usize::try_from(count).unwrap()
}
