//! Deliveries of a login that cannot speak.

use super::Backend;
use super::given::{self, START, at, later, lease_end, message, new_login, united};
use crate::{Accepted, DeliveryState, Outcome};
use matrimony_domain::limits::{DELIVERY_HORIZON, UNSURE_WAIT};
use matrimony_domain::{NetworkKind, Seq};

/// Open deliveries of an unlinked login are held, new ones too, and drain in order once it is linked.
pub async fn a_hold_drains_in_order(backend: &mut dyn Backend) {
    let town = united(backend).await;
    town.heard(&town.signal, "one").await;
    town.heard(&town.signal, "two").await;
    town.unlink(town.whatsapp.relay, at(1)).await;
    let accepted = town
        .ledger
        .accept(&message(&town.signal, "three"), at(2))
        .await
        .unwrap();
    assert!(
        matches!(accepted, Accepted::New { ref wake, .. } if wake.is_empty()),
        "{accepted:?}"
    );
    assert!(town.claims(&town.whatsapp, at(3)).await.is_empty());
    let counts = town.counts().await;
    assert_eq!((counts.held, counts.due), (3, 0));

    town.link(town.whatsapp.relay, at(4)).await;
    let counts = town.counts().await;
    assert_eq!((counts.held, counts.due), (0, 3));
    for seq in 1..=3 {
        let claim = town.claim(&town.whatsapp, at(4)).await;
        assert_eq!(claim.event.seq, Seq(seq));
        town.settle(&claim, given::delivered(&format!("copy-{seq}")), at(4))
            .await;
    }
}

/// Linking a known account again, by adding it, lets its deliveries flow.
pub async fn adding_a_login_again_ends_its_hold(backend: &mut dyn Backend) {
    let town = united(backend).await;
    town.heard(&town.signal, "one").await;
    town.unlink(town.whatsapp.relay, at(1)).await;
    let again = new_login(NetworkKind::WhatsApp, "whatsapp-relay");
    let record = town.ledger.add_login(&again, at(2)).await.unwrap();
    assert_eq!(record.account.login, town.whatsapp.relay);
    town.claim(&town.whatsapp, at(2)).await;
}

/// A hold is not counted against the horizon, however long it is.
pub async fn a_hold_stops_the_horizon(backend: &mut dyn Backend) {
    let town = united(backend).await;
    town.heard(&town.signal, "one").await;
    let claim = town.claim(&town.whatsapp, START).await;
    town.begin(&claim, &[given::ours("copy")], START).await;
    town.settle(&claim, later(at(5)), at(1)).await;
    town.unlink(town.whatsapp.relay, at(2)).await;
    let next_week = START.after(DELIVERY_HORIZON * 7);
    town.link(town.whatsapp.relay, next_week).await;
    let claim = town.claim(&town.whatsapp, next_week).await;
    assert_eq!((claim.attempts, claim.horizon), (1, next_week.after(DELIVERY_HORIZON)));
}

/// What is in a worker's hands when the login is unlinked is held once the attempt has ended without a settlement.
pub async fn what_is_in_hand_is_held_afterwards(backend: &mut dyn Backend) {
    for outcome in [later(at(5)), given::unsure(at(15)), Outcome::Released] {
        let town = united(backend).await;
        let event = town.heard(&town.signal, &format!("{outcome:?}")).await;
        let claim = town.claim(&town.whatsapp, START).await;
        town.begin(&claim, &[given::theirs(0, "one")], START).await;
        town.unlink(town.whatsapp.relay, at(1)).await;
        assert_eq!(town.counts().await.claimed, 1);
        town.settle(&claim, outcome.clone(), at(2)).await;
        let listed = town.ledger.open_deliveries(None, 1).await.unwrap().remove(0);
        assert_eq!(
            (listed.event, listed.state),
            (event, DeliveryState::Held),
            "{outcome:?}"
        );
        town.ledger.detach(town.whatsapp.portal, at(3)).await.unwrap();
        town.ledger.detach(town.signal.portal, at(3)).await.unwrap();
        town.link(town.whatsapp.relay, at(4)).await;
    }
}

/// An answer that was on its way is taken although the login is unlinked by now.
pub async fn an_answer_on_its_way_is_taken(backend: &mut dyn Backend) {
    let town = united(backend).await;
    town.heard(&town.signal, "one").await;
    let claim = town.claim(&town.whatsapp, START).await;
    town.begin(&claim, &[given::theirs(0, "one")], START).await;
    town.unlink(town.whatsapp.relay, at(1)).await;
    town.settle(&claim, given::delivered("copy"), at(2)).await;
    assert_eq!(town.counts().await.delivered, 1);
}

/// A lease that ends while the login is unlinked ends in a hold, in doubt where a repeat is not safe.
pub async fn a_lease_that_ends_is_held(backend: &mut dyn Backend) {
    let town = united(backend).await;
    town.heard(&town.signal, "one").await;
    let claim = town.claim(&town.whatsapp, START).await;
    town.begin(&claim, &[given::theirs(0, "one")], START).await;
    town.unlink(town.whatsapp.relay, at(1)).await;
    let end = lease_end(START);
    assert!(town.claims(&town.whatsapp, end).await.is_empty());
    assert_eq!((town.counts().await.held, town.counts().await.claimed), (1, 0));
    town.link(town.whatsapp.relay, end).await;
    assert!(
        town.claims(&town.whatsapp, end).await.is_empty(),
        "it waits for a sighting first"
    );
    let claim = town.claim(&town.whatsapp, end.after(UNSURE_WAIT)).await;
    assert!(claim.repeats_unsure);
}

/// Doubt outlives a hold, and waits for a sighting once more after it.
pub async fn doubt_outlives_a_hold(backend: &mut dyn Backend) {
    let town = united(backend).await;
    town.heard(&town.signal, "one").await;
    let claim = town.claim(&town.whatsapp, START).await;
    town.begin(&claim, &[given::theirs(0, "one")], START).await;
    town.settle(&claim, given::unsure(at(15)), START).await;
    town.unlink(town.whatsapp.relay, at(1)).await;
    town.link(town.whatsapp.relay, at(100)).await;
    assert_eq!((town.counts().await.unsure, town.counts().await.due), (1, 0));
    let waited = at(100).after(UNSURE_WAIT);
    assert_eq!(town.next_due(&town.whatsapp).await, Some(waited));
    assert!(town.claim(&town.whatsapp, waited).await.repeats_unsure);
}

/// One login's hold leaves the others alone.
pub async fn other_logins_go_on(backend: &mut dyn Backend) {
    let town = united(backend).await;
    town.unlink(town.whatsapp.relay, START).await;
    town.heard(&town.signal, "one").await;
    town.heard(&town.whatsapp, "two").await;
    town.claim(&town.signal, START).await;
}
