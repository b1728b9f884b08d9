//! Claims whose worker does not come back.

use super::Backend;
use super::given::{self, START, at, lease_end, united};
use crate::{DeliveryState, Intent, WorkerId};
use matrimony_domain::SendIds;
use matrimony_domain::limits::UNSURE_WAIT;

/// Where nothing had begun, it is due again when the lease ends, not before.
pub async fn what_had_not_begun_is_due_again(backend: &mut dyn Backend) {
    let town = united(backend).await;
    let event = town.heard(&town.signal, "one").await;
    town.claim(&town.whatsapp, START).await;
    let end = lease_end(START);
    let just_before = matrimony_domain::UnixMillis(end.0 - 1);
    assert!(town.claims(&town.whatsapp, just_before).await.is_empty());
    let claim = town.claim(&town.whatsapp, end).await;
    assert_eq!(
        (claim.event.id, claim.attempts, claim.repeats_unsure),
        (event, 0, false)
    );
}

/// Where a repeat is safe, it is due again: the ids are ours, or the network dedupes by a key of ours.
pub async fn what_is_safe_to_repeat_is_due_again(backend: &mut dyn Backend) {
    let town = united(backend).await;
    town.heard(&town.signal, "one").await;
    let keyed = Intent {
        send_ids: SendIds::Ours,
        ..given::theirs(1, "two")
    };
    let claim = town.claim(&town.whatsapp, START).await;
    town.begin(&claim, &[given::ours("copy"), keyed], START).await;
    let claim = town.claim(&town.whatsapp, lease_end(START)).await;
    assert_eq!((claim.attempts, claim.repeats_unsure), (1, false));
    assert_eq!(town.counts().await.unsure_repeated, 0);
}

/// Where one part's id is the network's, it is unsure, and comes back after the wait for a sighting.
pub async fn what_is_not_safe_to_repeat_is_unsure(backend: &mut dyn Backend) {
    let town = united(backend).await;
    town.heard(&town.signal, "one").await;
    town.heard(&town.signal, "two").await;
    let claim = town.claim(&town.whatsapp, START).await;
    town.begin(&claim, &[given::ours("copy"), given::theirs(1, "part")], START)
        .await;
    let end = lease_end(START);
    assert!(town.claims(&town.whatsapp, end).await.is_empty());
    assert_eq!(town.counts().await.unsure, 1);
    let listed = town.ledger.open_deliveries(None, 10).await.unwrap();
    assert_eq!(listed[1].state, DeliveryState::Unsure);
    let waited = end.after(UNSURE_WAIT);
    assert_eq!(town.next_due(&town.whatsapp).await, Some(waited));
    let claim = town.claim(&town.whatsapp, waited).await;
    assert!(claim.repeats_unsure);
    town.begin(&claim, &[given::theirs(1, "part")], waited).await;
    assert_eq!(town.counts().await.unsure_repeated, 1);
}

/// A repeat that was claimed and not begun stays in doubt, without a second wait.
pub async fn doubt_outlives_a_lease(backend: &mut dyn Backend) {
    let town = united(backend).await;
    town.heard(&town.signal, "one").await;
    let claim = town.claim(&town.whatsapp, START).await;
    town.begin(&claim, &[given::theirs(0, "one")], START).await;
    town.settle(&claim, given::unsure(at(15)), START).await;
    town.claim(&town.whatsapp, at(15)).await;
    let claim = town.claim(&town.whatsapp, lease_end(at(15))).await;
    assert!(claim.repeats_unsure);
    assert_eq!(claim.attempts, 1);
}

/// After a restart the leases of other workers end at once, those of the named one go on.
pub async fn leases_of_others_can_be_ended(backend: &mut dyn Backend) {
    let town = united(backend).await;
    town.heard(&town.signal, "one").await;
    town.heard(&town.whatsapp, "two").await;
    town.claims_as("before the restart", town.whatsapp.relay, START).await;
    town.claims_as("this one", town.signal.relay, START).await;
    let this = WorkerId("this one".to_owned());
    assert_eq!(town.ledger.end_leases(&this, at(1)).await.unwrap(), 1);
    assert_eq!(town.ledger.end_leases(&this, at(1)).await.unwrap(), 0);
    assert_eq!(town.next_due(&town.whatsapp).await, Some(at(1)));
    town.claim(&town.whatsapp, at(1)).await;
    assert!(town.claims(&town.signal, at(1)).await.is_empty());
}

/// Claims and what had begun are known after a restart.
pub async fn claims_survive_a_restart(backend: &mut dyn Backend) {
    let town = united(backend).await;
    town.heard(&town.signal, "one").await;
    let claim = town.claim(&town.whatsapp, START).await;
    town.begin(&claim, &[given::theirs(0, "one")], START).await;
    let ledger = backend.reopen().await;
    let relay = town.whatsapp.relay;
    let early = ledger.claim_due(relay, &given::lease("worker", at(1)), at(1), 10).await;
    assert!(early.unwrap().is_empty());
    let now = lease_end(START);
    let ended = ledger.claim_due(relay, &given::lease("worker", now), now, 10).await;
    assert!(ended.unwrap().is_empty());
    assert_eq!(ledger.counts().await.unwrap().unsure, 1);
    ledger
        .settle(&claim.token, &given::delivered("copy"), now)
        .await
        .unwrap();
    assert_eq!(ledger.counts().await.unwrap().delivered, 1);
}
