//! The map between an event and its copies.

use super::Backend;
use super::given::{self, START, copy, united};
use crate::Outcome;
use matrimony_domain::RemoteId;

/// Every part leads back to the event, as does the original; parts come in order.
pub async fn every_part_leads_back(backend: &mut dyn Backend) {
    let town = united(backend).await;
    let event = town.heard(&town.signal, "one").await;
    let claim = town.claim(&town.whatsapp, START).await;
    let sent = vec![copy(2, "c"), copy(0, "a"), copy(1, "b")];
    town.settle(&claim, Outcome::Delivered(sent), START).await;
    let copies = town.ledger.copies_of(event, &town.whatsapp.chat).await.unwrap();
    assert_eq!(copies, [copy(0, "a"), copy(1, "b"), copy(2, "c")]);
    for id in ["a", "b", "c"] {
        let found = town.ledger.event_of(&town.whatsapp.chat, &RemoteId::new(id)).await;
        assert_eq!(found.unwrap(), Some(event));
    }
    let original = town.ledger.event_of(&town.signal.chat, &RemoteId::new("one")).await;
    assert_eq!(original.unwrap(), Some(event));
}

/// An id means something in its own chat only; what is not known is not found.
pub async fn an_id_belongs_to_its_chat(backend: &mut dyn Backend) {
    let town = united(backend).await;
    let event = town.heard(&town.signal, "one").await;
    let elsewhere = town.ledger.event_of(&town.whatsapp.chat, &RemoteId::new("one")).await;
    assert_eq!(elsewhere.unwrap(), None);
    let unknown = given::chat(matrimony_domain::NetworkKind::Matrix, "!unknown");
    assert_eq!(town.ledger.copies_of(event, &unknown).await.unwrap(), []);
    assert_eq!(town.ledger.copies_of(event, &town.whatsapp.chat).await.unwrap(), []);
}

/// An id that was a message of its own before stays that message.
pub async fn the_first_meaning_of_an_id_stays(backend: &mut dyn Backend) {
    let town = united(backend).await;
    town.heard(&town.signal, "one").await;
    let claim = town.claim(&town.whatsapp, START).await;
    let earlier = town.heard(&town.whatsapp, "clash").await;
    town.settle(&claim, given::delivered("clash"), START).await;
    let found = town.ledger.event_of(&town.whatsapp.chat, &RemoteId::new("clash")).await;
    assert_eq!(found.unwrap(), Some(earlier));
    assert_eq!(town.counts().await.delivered, 1);
}
