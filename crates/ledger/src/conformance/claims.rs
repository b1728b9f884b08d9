//! Who gets which delivery, and in which order.

use super::Backend;
use super::given::{self, START, at, chat, later, united};
use crate::{ClaimLost, Outcome};
use matrimony_domain::{NetworkKind, Reason, Seq};

/// A claim carries what the sender needs.
pub async fn a_claim_is_complete(backend: &mut dyn Backend) {
    let town = united(backend).await;
    let event = town.heard(&town.signal, "one").await;
    let claim = town.claim(&town.whatsapp, START).await;
    assert_eq!(Some(claim.event.clone()), town.ledger.event(event).await.unwrap());
    assert_eq!(
        Some(claim.portal.clone()),
        town.ledger.portal_of(&town.whatsapp.chat).await.unwrap()
    );
    assert_eq!((claim.key.delivery, claim.key.part), (claim.token.delivery, 0));
    assert_eq!((claim.attempts, claim.repeats_unsure), (0, false));
    assert_eq!(claim.sent, []);
    assert!(claim.horizon > START);
    let counts = town.counts().await;
    assert_eq!((counts.due, counts.claimed), (0, 1));
}

/// The send key is the same on every claim and after a restart, and differs between deliveries.
pub async fn the_send_key_is_stable(backend: &mut dyn Backend) {
    let town = united(backend).await;
    town.heard(&town.signal, "one").await;
    let first = town.claim(&town.whatsapp, START).await;
    town.settle(&first, Outcome::Released, START).await;
    let ledger = backend.reopen().await;
    let again = ledger
        .claim_due(town.whatsapp.relay, &given::lease("worker", START), START, 10)
        .await;
    let again = given::only(again.unwrap());
    assert_eq!(first.key, again.key);
    ledger
        .settle(&again.token, &given::delivered("copy"), START)
        .await
        .unwrap();
    ledger
        .accept(&given::message(&town.signal, "two"), START)
        .await
        .unwrap();
    let other = ledger
        .claim_due(town.whatsapp.relay, &given::lease("worker", START), START, 10)
        .await;
    assert_ne!(given::only(other.unwrap()).key.nonce, first.key.nonce);
}

/// Of each portal only the first open delivery is claimed; the next one after it is settled.
pub async fn one_at_a_time_in_each_portal(backend: &mut dyn Backend) {
    let town = united(backend).await;
    for id in ["one", "two", "three"] {
        town.heard(&town.signal, id).await;
    }
    for seq in 1..=3 {
        let claim = town.claim(&town.whatsapp, START).await;
        assert_eq!(claim.event.seq, Seq(seq));
        assert!(
            town.claims(&town.whatsapp, START).await.is_empty(),
            "a claimed one blocks"
        );
        town.settle(&claim, given::delivered(&format!("copy-{seq}")), START)
            .await;
    }
    assert!(town.claims(&town.whatsapp, START).await.is_empty());
    let counts = town.counts().await;
    assert_eq!((counts.delivered, counts.due, counts.claimed), (3, 0, 0));
}

/// Portals of one login run side by side, at most `limit` claims at a time, the oldest first.
pub async fn portals_run_side_by_side(backend: &mut dyn Backend) {
    let town = united(backend).await;
    let mut sides = Vec::new();
    for band in ["band-a", "band-b", "band-c"] {
        let room = given::room(&*town.ledger, band).await.id;
        given::side(
            &*town.ledger,
            room,
            chat(NetworkKind::WhatsApp, band),
            town.whatsapp.relay,
        )
        .await;
        let source = chat(NetworkKind::Signal, band);
        sides.push(given::side(&*town.ledger, room, source, town.signal.relay).await);
    }
    let mut heard = Vec::new();
    for side in sides.iter().rev() {
        heard.push(town.heard(side, "one").await);
        town.heard(side, "two").await;
    }
    let relay = town.whatsapp.relay;
    let two = town
        .ledger
        .claim_due(relay, &given::lease("worker", START), START, 2)
        .await
        .unwrap();
    let rest = town.claims_as("worker", relay, START).await;
    let events: Vec<_> = two.iter().chain(&rest).map(|claim| claim.event.id).collect();
    assert_eq!((two.len(), events), (2, heard));
    let none = town
        .ledger
        .claim_due(relay, &given::lease("worker", START), START, 0)
        .await
        .unwrap();
    assert!(none.is_empty());
}

/// A delivery that waits for its next attempt blocks those behind it, until it is due.
pub async fn a_retryable_delivery_blocks(backend: &mut dyn Backend) {
    let town = united(backend).await;
    let first = town.heard(&town.signal, "one").await;
    town.heard(&town.signal, "two").await;
    let claim = town.claim(&town.whatsapp, START).await;
    town.begin(&claim, &[given::ours("copy")], START).await;
    town.settle(&claim, later(at(30)), at(1)).await;
    assert_eq!(town.next_due(&town.whatsapp).await, Some(at(30)));
    assert!(town.claims(&town.whatsapp, at(29)).await.is_empty());
    let again = town.claim(&town.whatsapp, at(30)).await;
    assert_eq!((again.event.id, again.attempts), (first, 1));
    assert!(!again.repeats_unsure);
}

/// A refused or skipped delivery does not block; its reason is kept.
pub async fn a_refused_delivery_does_not_block(backend: &mut dyn Backend) {
    let town = united(backend).await;
    for id in ["one", "two", "three"] {
        town.heard(&town.signal, id).await;
    }
    let why = Reason::fixed("not a member of the group");
    for outcome in [given::refused(), Outcome::Skipped(why.clone())] {
        let claim = town.claim(&town.whatsapp, START).await;
        town.begin(&claim, &[given::ours(&format!("copy-{}", claim.event.seq))], START)
            .await;
        town.settle(&claim, outcome, START).await;
    }
    assert_eq!(town.claim(&town.whatsapp, START).await.event.seq, Seq(3));
    let counts = town.counts().await;
    assert_eq!((counts.refused, counts.skipped, counts.claimed), (1, 1, 1));
    let listed = town.ledger.open_deliveries(Some(town.room), 10).await.unwrap();
    assert_eq!(
        listed.iter().map(|d| d.seq).collect::<Vec<_>>(),
        [Seq(3), Seq(2), Seq(1)]
    );
    assert!(listed[1..].iter().all(|d| d.reason.as_ref() == Some(&why)));
}

/// Only the newest claim of a delivery may begin or settle it, and only once.
pub async fn an_older_claim_is_void(backend: &mut dyn Backend) {
    let town = united(backend).await;
    let event = town.heard(&town.signal, "one").await;
    let old = town.claim(&town.whatsapp, START).await;
    let later = given::lease_end(START);
    let new = given::only(town.claims_as("another", town.whatsapp.relay, later).await);
    assert_eq!(new.token.delivery, old.token.delivery);
    assert_ne!(new.token.fence, old.token.fence);
    let begun = town.ledger.begin(&old.token, &[given::ours("x")], later).await;
    assert!(matches!(begun, Err(ClaimLost::Ended)));
    let settled = town.ledger.settle(&old.token, &given::delivered("x"), later).await;
    assert!(matches!(settled, Err(ClaimLost::Ended)));
    assert_eq!(town.ledger.copies_of(event, &town.whatsapp.chat).await.unwrap(), []);
    town.settle(&new, given::delivered("y"), later).await;
    let twice = town.ledger.settle(&new.token, &given::delivered("z"), later).await;
    assert!(matches!(twice, Err(ClaimLost::Ended)));
    assert_eq!(town.counts().await.delivered, 1);
    town.heard(&town.signal, "never claimed").await;
    let forged = crate::ClaimToken {
        delivery: town.ledger.open_deliveries(None, 1).await.unwrap()[0].id,
        fence: 0,
    };
    let settled = town.ledger.settle(&forged, &given::delivered("z"), later).await;
    assert!(matches!(settled, Err(ClaimLost::Ended)));
}

/// `next_due` is about the first open deliveries only: their due time, unsure wait or lease end.
pub async fn next_due_follows_the_first(backend: &mut dyn Backend) {
    let town = united(backend).await;
    assert_eq!(town.next_due(&town.whatsapp).await, None);
    town.heard_at(&town.signal, "one", at(1)).await;
    town.heard_at(&town.signal, "two", at(2)).await;
    assert_eq!(town.next_due(&town.whatsapp).await, Some(at(1)));
    let claim = town.claim(&town.whatsapp, at(3)).await;
    assert_eq!(town.next_due(&town.whatsapp).await, Some(given::lease_end(at(3))));
    town.begin(&claim, &[given::theirs(0, "one")], at(3)).await;
    town.settle(&claim, given::unsure(at(18)), at(4)).await;
    assert_eq!(town.next_due(&town.whatsapp).await, Some(at(18)));
    let claim = town.claim(&town.whatsapp, at(18)).await;
    town.settle(&claim, given::delivered("copy"), at(18)).await;
    assert_eq!(town.next_due(&town.whatsapp).await, Some(at(2)));
    town.unlink(town.whatsapp.relay, at(19)).await;
    assert_eq!(town.next_due(&town.whatsapp).await, None);
}

/// The age of the oldest delivery under way is when its event was accepted.
pub async fn the_oldest_due_is_known(backend: &mut dyn Backend) {
    let town = united(backend).await;
    assert_eq!(town.counts().await.oldest_due, None);
    town.heard_at(&town.signal, "one", at(1)).await;
    town.heard_at(&town.signal, "two", at(2)).await;
    let claim = town.claim(&town.whatsapp, at(9)).await;
    assert_eq!(town.counts().await.oldest_due, Some(at(1)));
    town.settle(&claim, given::delivered("copy"), at(9)).await;
    assert_eq!(town.counts().await.oldest_due, Some(at(2)));
    town.unlink(town.whatsapp.relay, at(10)).await;
    assert_eq!(town.counts().await.oldest_due, None);
}

/// Lists are bounded and of one room where one is named.
pub async fn lists_are_bounded(backend: &mut dyn Backend) {
    let town = united(backend).await;
    for id in ["one", "two", "three"] {
        town.heard(&town.signal, id).await;
    }
    town.deliver(&town.whatsapp, "copy", START).await;
    let newest = town.ledger.open_deliveries(None, 1).await.unwrap();
    assert_eq!(newest.iter().map(|d| d.seq).collect::<Vec<_>>(), [Seq(3)]);
    assert_eq!(town.ledger.open_deliveries(Some(town.room), 10).await.unwrap().len(), 2);
    let elsewhere = given::room(&*town.ledger, "the band").await.id;
    assert!(
        town.ledger
            .open_deliveries(Some(elsewhere), 10)
            .await
            .unwrap()
            .is_empty()
    );
}
