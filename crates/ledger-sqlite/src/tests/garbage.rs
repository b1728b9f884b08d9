//! Rows that cannot be read.

use super::{Choir, NOW, claim, meddle, open};
use matrimony_domain::EventId;
use matrimony_ledger::{
    Audit, AuditKind, Counts, Deliveries, DeliveryState, Events, LedgerError, Logins, Outcome, Rooms,
};
use tempfile::TempDir;

#[tokio::test]
async fn an_event_that_cannot_be_read_blocks_nothing() {
    let folder = TempDir::new().unwrap();
    let ledger = open(&folder.path().join("ledger.db")).await;
    let choir = Choir::unite(&ledger, "choir").await;
    let band = Choir::unite(&ledger, "band").await;
    for id in ["one", "two"] {
        ledger.accept(&choir.message(id), NOW).await.unwrap();
        ledger.accept(&band.message(id), NOW).await.unwrap();
    }
    meddle(&ledger, "UPDATE events SET content = '{\"secret\":' WHERE id = 1").await;

    let error = ledger.event(EventId(1)).await.unwrap_err();
    let place = LedgerError::Corrupt {
        table: "events",
        column: "content",
        row: 1,
    };
    assert_eq!(error.to_string(), place.to_string());
    assert!(!error.to_string().contains("secret"));

    let events: Vec<_> = claim(&ledger, choir.to_relay)
        .await
        .iter()
        .map(|c| c.event.id)
        .collect();
    assert_eq!(
        events,
        [EventId(2), EventId(3)],
        "the other room, and the next of this one"
    );
    let listed = ledger.open_deliveries(None, 10).await.unwrap();
    let refused = listed.iter().find(|d| d.state == DeliveryState::Refused).unwrap();
    assert_eq!(refused.event, EventId(1));
    assert!(refused.reason.as_ref().unwrap().as_str().contains("events"));
    assert_eq!(ledger.audit(1).await.unwrap()[0].kind, AuditKind::Unreadable);
}

#[tokio::test]
async fn other_garbage_names_its_place() {
    let folder = TempDir::new().unwrap();
    let ledger = open(&folder.path().join("ledger.db")).await;
    let choir = Choir::unite(&ledger, "choir").await;
    meddle(
        &ledger,
        "UPDATE rooms SET name = char(8203);
         UPDATE chats SET network = 'fax' WHERE id = 1;
         UPDATE logins SET network = 'telex' WHERE id = 2",
    )
    .await;
    let room = ledger.rooms().await.unwrap_err();
    assert!(
        room.to_string().contains("table rooms") && room.to_string().contains("column name"),
        "{room}"
    );
    let portal = ledger.portals(matrimony_domain::RoomId(1)).await.unwrap_err();
    assert!(portal.to_string().contains("column chat_network"), "{portal}");
    let login = ledger.login(choir.to_relay).await.unwrap_err();
    assert!(login.to_string().contains("column network, row 2"), "{login}");
}

#[tokio::test]
async fn unknown_numbers_of_a_claim_change_nothing() {
    let folder = TempDir::new().unwrap();
    let ledger = open(&folder.path().join("ledger.db")).await;
    let choir = Choir::unite(&ledger, "choir").await;
    ledger.accept(&choir.message("one"), NOW).await.unwrap();
    let mut token = claim(&ledger, choir.to_relay).await.remove(0).token;
    token.delivery = matrimony_domain::DeliveryId(i64::MAX);
    assert!(ledger.settle(&token, &Outcome::Delivered(vec![]), NOW).await.is_err());
    assert!(ledger.begin(&token, &[], NOW).await.is_err());
    let expected = Counts {
        events: 1,
        claimed: 1,
        oldest_due: Some(NOW),
        ..Counts::default()
    };
    assert_eq!(ledger.counts().await.unwrap(), expected);
}
