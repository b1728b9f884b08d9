//! Rooms and their portals.

use super::Backend;
use super::given::{self, START, at, chat, name, united};
use crate::{DeliveryState, LedgerError, UniteError};
use matrimony_domain::{LoginId, NetworkKind, PortalId, RoomId};

/// A room keeps its name and time, and is listed, oldest first.
pub async fn a_room_is_found_again(backend: &mut dyn Backend) {
    let ledger = backend.ledger();
    let choir = given::room(&*ledger, "the choir").await;
    let band = given::room(&*ledger, "the band").await;
    assert_eq!((choir.name.clone(), choir.created), (name("the choir"), START));
    assert_eq!(ledger.room(choir.id).await.unwrap(), Some(choir.clone()));
    assert_eq!(ledger.rooms().await.unwrap(), vec![choir, band]);
    assert_eq!(ledger.room(RoomId(999)).await.unwrap(), None);
    assert_eq!(ledger.portals(RoomId(999)).await.unwrap(), vec![]);
}

/// A portal is found by its room and by its chat, oldest first.
pub async fn a_portal_is_found_by_room_and_by_chat(backend: &mut dyn Backend) {
    let town = united(backend).await;
    let portals = town.ledger.portals(town.room).await.unwrap();
    let chats: Vec<_> = portals.iter().map(|portal| portal.chat.clone()).collect();
    assert_eq!(chats, [town.signal.chat.clone(), town.whatsapp.chat.clone()]);
    let found = town.ledger.portal_of(&town.whatsapp.chat).await.unwrap();
    assert_eq!(found.as_ref(), portals.get(1));
    assert_eq!(found.map(|portal| portal.relay), Some(town.whatsapp.relay));
    let unknown = chat(NetworkKind::Signal, "elsewhere");
    assert_eq!(town.ledger.portal_of(&unknown).await.unwrap(), None);
}

/// A chat that hangs on a room is not united again, with the same room or another; the error names the room.
pub async fn a_chat_hangs_on_one_room(backend: &mut dyn Backend) {
    let town = united(backend).await;
    let other = given::room(&*town.ledger, "the band").await.id;
    for wanted in [town.room, other] {
        let again = town
            .ledger
            .unite(wanted, &town.signal.chat, town.signal.relay, START)
            .await;
        assert!(matches!(again, Err(UniteError::AlreadyUnited { room }) if room == town.room));
    }
    assert_eq!(town.ledger.portals(other).await.unwrap(), vec![]);
}

/// What is named must be there.
pub async fn what_is_missing_is_named(backend: &mut dyn Backend) {
    let town = united(backend).await;
    let free = chat(NetworkKind::Signal, "free");
    let (ledger, relay) = (&town.ledger, town.signal.relay);
    let no_room = ledger.unite(RoomId(999), &free, relay, START).await;
    assert!(matches!(no_room, Err(UniteError::Ledger(LedgerError::Missing("room")))));
    let no_login = ledger.unite(town.room, &free, LoginId(999), START).await;
    assert!(matches!(
        no_login,
        Err(UniteError::Ledger(LedgerError::Missing("login")))
    ));
    let nowhere = PortalId(999);
    let missing = [
        (ledger.detach(nowhere, START).await, "portal"),
        (ledger.move_portal(nowhere, town.room, START).await, "portal"),
        (ledger.move_portal(town.signal.portal, RoomId(999), START).await, "room"),
        (ledger.set_relay(nowhere, relay, START).await, "portal"),
        (ledger.set_relay(town.signal.portal, LoginId(999), START).await, "login"),
    ];
    for (answer, what) in missing {
        assert!(
            matches!(answer, Err(LedgerError::Missing(named)) if named == what),
            "{what}"
        );
    }
    assert_eq!(ledger.portal_of(&free).await.unwrap(), None);
}

/// Only events accepted after the attachment are delivered to a chat.
pub async fn a_new_portal_gets_no_old_events(backend: &mut dyn Backend) {
    let town = united(backend).await;
    town.heard(&town.signal, "before").await;
    let matrix = given::relay(&*town.ledger, NetworkKind::Matrix, "bot").await;
    let home = chat(NetworkKind::Matrix, "!choir");
    given::unite(&*town.ledger, town.room, &home, matrix).await;
    let after = town.heard(&town.signal, "after").await;
    let claims = town.claims_as("worker", matrix, START).await;
    let events: Vec<_> = claims.iter().map(|claim| claim.event.id).collect();
    assert_eq!(events, [after]);
}

/// A detached portal's open deliveries are skipped with a reason, its copies stay known, and its chat is free.
pub async fn a_detached_chat_is_free_and_its_copies_stay_known(backend: &mut dyn Backend) {
    let town = united(backend).await;
    let first = town.heard(&town.signal, "one").await;
    town.deliver(&town.whatsapp, "copy-of-one", START).await;
    town.heard(&town.signal, "two").await;
    let in_hand = town.claim(&town.whatsapp, START).await;
    town.heard(&town.signal, "three").await;
    town.ledger.detach(town.whatsapp.portal, at(1)).await.unwrap();

    let counts = town.counts().await;
    assert_eq!((counts.skipped, counts.due, counts.claimed), (2, 0, 0));
    let open = town.ledger.open_deliveries(None, 10).await.unwrap();
    assert!(
        open.iter()
            .all(|d| d.state == DeliveryState::Skipped && d.reason.is_some())
    );
    let late = town.ledger.settle(&in_hand.token, &given::delivered("x"), at(2)).await;
    assert!(matches!(late, Err(crate::ClaimLost::Ended)));

    assert_eq!(town.ledger.portal_of(&town.whatsapp.chat).await.unwrap(), None);
    let copy = matrimony_domain::RemoteId::new("copy-of-one");
    assert_eq!(
        town.ledger.event_of(&town.whatsapp.chat, &copy).await.unwrap(),
        Some(first)
    );
    let again = town.ledger.detach(town.whatsapp.portal, at(2)).await;
    assert!(matches!(again, Err(LedgerError::Missing("portal"))));
}

/// A chat that is united again, here with another room, keeps its portal and its copies.
pub async fn a_chat_that_comes_back_is_the_same_portal(backend: &mut dyn Backend) {
    let town = united(backend).await;
    let first = town.heard(&town.signal, "one").await;
    town.deliver(&town.whatsapp, "copy-of-one", START).await;
    town.ledger.detach(town.whatsapp.portal, at(1)).await.unwrap();
    let band = given::room(&*town.ledger, "the band").await.id;
    let back = given::unite(&*town.ledger, band, &town.whatsapp.chat, town.whatsapp.relay).await;
    assert_eq!((back.id, back.room), (town.whatsapp.portal, band));
    let copies = town.ledger.copies_of(first, &town.whatsapp.chat).await.unwrap();
    assert_eq!(copies, [given::copy(0, "copy-of-one")]);
    town.heard(&town.signal, "two").await;
    assert!(town.claims(&town.whatsapp, at(2)).await.is_empty());
}

/// A portal moves with its open deliveries; from then on the other room's events reach it.
pub async fn a_portal_moves_with_its_open_deliveries(backend: &mut dyn Backend) {
    let town = united(backend).await;
    let old = town.heard(&town.signal, "old").await;
    let band = given::room(&*town.ledger, "the band").await.id;
    let drummer = chat(NetworkKind::Signal, "drummers");
    let drummer = given::side(&*town.ledger, band, drummer, town.signal.relay).await;
    town.ledger
        .move_portal(town.whatsapp.portal, band, at(1))
        .await
        .unwrap();
    town.heard(&town.signal, "not for the band").await;
    let new = town.heard(&drummer, "new").await;

    let first = town.claim(&town.whatsapp, at(1)).await;
    assert_eq!((first.event.id, first.portal.room), (old, band));
    assert_eq!(first.event.room, town.room);
    town.settle(&first, given::delivered("copy-of-old"), at(1)).await;
    assert_eq!(town.claim(&town.whatsapp, at(1)).await.event.id, new);
}

/// A new relay does the portal's open deliveries; the old one gets none of them.
pub async fn a_new_relay_takes_over(backend: &mut dyn Backend) {
    let town = united(backend).await;
    let event = town.heard(&town.signal, "one").await;
    let successor = given::relay(&*town.ledger, NetworkKind::WhatsApp, "successor").await;
    town.ledger
        .set_relay(town.whatsapp.portal, successor, at(1))
        .await
        .unwrap();
    assert!(town.claims(&town.whatsapp, at(1)).await.is_empty());
    assert_eq!(town.next_due(&town.whatsapp).await, None);
    let claim = given::only(town.claims_as("worker", successor, at(1)).await);
    assert_eq!((claim.event.id, claim.portal.relay), (event, successor));
}

/// A linked relay in place of an unlinked one sets held deliveries free; the other way round holds them.
pub async fn a_new_relay_changes_what_is_held(backend: &mut dyn Backend) {
    let town = united(backend).await;
    town.unlink(town.whatsapp.relay, START).await;
    town.heard(&town.signal, "one").await;
    let successor = given::relay(&*town.ledger, NetworkKind::WhatsApp, "successor").await;
    let portal = town.whatsapp.portal;
    town.ledger.set_relay(portal, successor, at(1)).await.unwrap();
    assert_eq!((town.counts().await.due, town.counts().await.held), (1, 0));
    town.ledger.set_relay(portal, town.whatsapp.relay, at(2)).await.unwrap();
    assert_eq!((town.counts().await.due, town.counts().await.held), (0, 1));
}
