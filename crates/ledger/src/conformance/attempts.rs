//! Attempts: begun, repeated, given up.

use super::Backend;
use super::given::{self, START, at, copy, later, united};
use crate::{AuditKind, ClaimLost, DeliveryState, Outcome};
use matrimony_domain::limits::DELIVERY_HORIZON;
use matrimony_domain::{Reason, RemoteId};

/// An attempt counts when it begins, once, and not when it is handed back.
pub async fn an_attempt_counts_when_it_begins(backend: &mut dyn Backend) {
    let town = united(backend).await;
    town.heard(&town.signal, "one").await;
    let claim = town.claim(&town.whatsapp, START).await;
    town.begin(&claim, &[given::ours("copy")], START).await;
    town.begin(&claim, &[given::ours("copy")], START).await;
    town.settle(&claim, Outcome::Released, START).await;
    let claim = town.claim(&town.whatsapp, START).await;
    assert_eq!(claim.attempts, 0);
    town.settle(&claim, Outcome::Released, START).await;
    let claim = town.claim(&town.whatsapp, START).await;
    town.begin(&claim, &[given::ours("copy")], START).await;
    town.settle(&claim, later(at(1)), START).await;
    assert_eq!(town.claim(&town.whatsapp, at(1)).await.attempts, 1);
}

/// A delivered attempt leaves its copies, in place of what was intended.
pub async fn delivered_copies_replace_intended_ones(backend: &mut dyn Backend) {
    let town = united(backend).await;
    let event = town.heard(&town.signal, "one").await;
    let claim = town.claim(&town.whatsapp, START).await;
    town.begin(&claim, &[given::ours("intended")], START).await;
    let sent = vec![copy(0, "given-by-the-network"), copy(1, "second-part")];
    town.settle(&claim, Outcome::Delivered(sent.clone()), START).await;
    assert_eq!(town.ledger.copies_of(event, &town.whatsapp.chat).await.unwrap(), sent);
    let chat = &town.whatsapp.chat;
    for (id, known) in [
        ("intended", None),
        ("given-by-the-network", Some(event)),
        ("second-part", Some(event)),
    ] {
        assert_eq!(
            town.ledger.event_of(chat, &RemoteId::new(id)).await.unwrap(),
            known,
            "{id}"
        );
    }
}

/// Parts that got through are not sent again: the next claim names them, and they are copies already.
pub async fn sent_parts_stay_sent(backend: &mut dyn Backend) {
    let town = united(backend).await;
    let event = town.heard(&town.signal, "one").await;
    let claim = town.claim(&town.whatsapp, START).await;
    town.begin(&claim, &[given::theirs(0, "a"), given::theirs(1, "b")], START)
        .await;
    let outcome = Outcome::Later {
        at: at(1),
        reason: Reason::fixed("too fast"),
        sent: vec![copy(0, "first-part")],
    };
    town.settle(&claim, outcome, START).await;
    let claim = town.claim(&town.whatsapp, at(1)).await;
    assert_eq!(claim.sent, [copy(0, "first-part")]);
    town.begin(&claim, &[given::theirs(1, "b")], at(1)).await;
    let outcome = Outcome::Unsure {
        until: at(2),
        reason: Reason::fixed("no answer"),
        sent: vec![copy(1, "second-part")],
    };
    town.settle(&claim, outcome, at(1)).await;
    let claim = town.claim(&town.whatsapp, at(2)).await;
    assert_eq!(claim.sent, [copy(0, "first-part"), copy(1, "second-part")]);
    // Naming known parts again changes nothing.
    town.settle(&claim, Outcome::Delivered(vec![copy(0, "first-part")]), at(2))
        .await;
    let copies = town.ledger.copies_of(event, &town.whatsapp.chat).await.unwrap();
    assert_eq!(copies, [copy(0, "first-part"), copy(1, "second-part")]);
}

/// Parts that got through before a refusal are copies like others, and what is missing is not tried again.
pub async fn parts_before_a_refusal_are_copies(backend: &mut dyn Backend) {
    let town = united(backend).await;
    let event = town.heard(&town.signal, "one").await;
    let claim = town.claim(&town.whatsapp, START).await;
    town.begin(&claim, &[given::theirs(0, "a"), given::theirs(1, "b")], START)
        .await;
    let outcome = Outcome::Refused {
        reason: Reason::fixed("too many links"),
        sent: vec![copy(0, "first-part")],
    };
    town.settle(&claim, outcome, START).await;
    let chat = &town.whatsapp.chat;
    assert_eq!(
        town.ledger.copies_of(event, chat).await.unwrap(),
        [copy(0, "first-part")]
    );
    let known = town.ledger.event_of(chat, &RemoteId::new("first-part")).await;
    assert_eq!(known.unwrap(), Some(event));
    assert_eq!(town.counts().await.refused, 1);
    assert!(town.claims(&town.whatsapp, at(1)).await.is_empty());
}

/// An unanswered attempt waits, then is repeated; the repeat is counted and leaves a line in the audit.
pub async fn an_unsure_attempt_is_repeated_and_counted(backend: &mut dyn Backend) {
    let town = united(backend).await;
    town.heard(&town.signal, "one").await;
    town.heard(&town.signal, "two").await;
    let claim = town.claim(&town.whatsapp, START).await;
    town.begin(&claim, &[given::theirs(0, "one")], START).await;
    town.settle(&claim, given::unsure(at(15)), START).await;
    assert_eq!(town.counts().await.unsure, 1);
    assert!(
        town.claims(&town.whatsapp, at(14)).await.is_empty(),
        "an unsure one blocks"
    );
    let claim = town.claim(&town.whatsapp, at(15)).await;
    assert!(claim.repeats_unsure);
    assert_eq!((claim.attempts, town.counts().await.unsure_repeated), (1, 0));
    town.begin(&claim, &[given::theirs(0, "one")], at(15)).await;
    assert_eq!(town.counts().await.unsure_repeated, 1);
    let line = town.ledger.audit(1).await.unwrap().remove(0);
    assert_eq!(
        (line.kind, line.login),
        (AuditKind::UnsureRepeated, Some(town.whatsapp.relay))
    );
    town.settle(&claim, given::delivered("copy"), at(16)).await;
    assert!(!town.claim(&town.whatsapp, at(16)).await.repeats_unsure);
}

/// Doubt stays until the delivery is settled, but each unanswered attempt is counted once: what was certainly not sent
/// makes no second copy.
pub async fn each_unanswered_attempt_is_counted_once(backend: &mut dyn Backend) {
    let town = united(backend).await;
    town.heard(&town.signal, "one").await;
    let outcomes = [
        (given::unsure(at(1)), 0),
        (later(at(2)), 1),
        (later(at(3)), 1),
        (Outcome::Released, 1),
        (given::unsure(at(4)), 1),
        (given::delivered("copy"), 2),
    ];
    for (round, (outcome, counted)) in outcomes.into_iter().enumerate() {
        let claim = town.claim(&town.whatsapp, at(9)).await;
        assert_eq!(claim.repeats_unsure, round > 0, "round {round}");
        town.begin(&claim, &[given::theirs(0, "one")], at(9)).await;
        assert_eq!(town.counts().await.unsure_repeated, counted, "round {round}");
        town.settle(&claim, outcome, at(9)).await;
    }
    assert_eq!(town.counts().await.delivered, 1);
}

/// A claim that was handed back is as it was, doubt included.
pub async fn a_released_claim_is_as_it_was(backend: &mut dyn Backend) {
    let town = united(backend).await;
    town.heard(&town.signal, "one").await;
    let claim = town.claim(&town.whatsapp, START).await;
    town.begin(&claim, &[given::theirs(0, "one")], START).await;
    town.settle(&claim, given::unsure(at(15)), START).await;
    let claim = town.claim(&town.whatsapp, at(15)).await;
    town.settle(&claim, Outcome::Released, at(16)).await;
    let listed = town.ledger.open_deliveries(None, 1).await.unwrap().remove(0);
    assert_eq!((listed.state, listed.attempts), (DeliveryState::Unsure, 1));
    let again = town.claim(&town.whatsapp, at(16)).await;
    assert!(again.repeats_unsure);
    assert_eq!(town.counts().await.unsure_repeated, 0);
}

/// A wait past the horizon is a refusal that says so, and the next one takes its place.
pub async fn a_wait_past_the_horizon_is_a_refusal(backend: &mut dyn Backend) {
    let town = united(backend).await;
    town.heard(&town.signal, "one").await;
    let second = town.heard(&town.signal, "two").await;
    let claim = town.claim(&town.whatsapp, START).await;
    assert_eq!(claim.horizon, START.after(DELIVERY_HORIZON));
    town.begin(&claim, &[given::ours("copy")], START).await;
    let past = claim.horizon.after(std::time::Duration::from_millis(1));
    town.settle(&claim, later(past), at(1)).await;
    assert_horizon_named(&*town.ledger).await;
    assert_eq!(town.claim(&town.whatsapp, at(1)).await.event.id, second);
}

/// The horizon is counted from the first attempt, not from later ones.
pub async fn the_horizon_is_counted_from_the_first_attempt(backend: &mut dyn Backend) {
    let town = united(backend).await;
    town.heard(&town.signal, "one").await;
    for now in [at(0), at(3_600), at(7_200)] {
        let claim = town.claim(&town.whatsapp, now).await;
        town.begin(&claim, &[given::ours("copy")], now).await;
        town.settle(&claim, later(now), now).await;
    }
    let claim = town.claim(&town.whatsapp, at(7_200)).await;
    assert_eq!(claim.horizon, START.after(DELIVERY_HORIZON));
}

/// What comes due past its horizon is refused when it would be claimed, and the next one is claimed instead.
pub async fn what_comes_due_past_its_horizon_is_refused(backend: &mut dyn Backend) {
    let town = united(backend).await;
    town.heard(&town.signal, "one").await;
    let claim = town.claim(&town.whatsapp, START).await;
    town.begin(&claim, &[given::ours("copy")], START).await;
    town.settle(&claim, later(at(1)), START).await;
    let second = town.heard(&town.signal, "two").await;
    let next_day = START.after(DELIVERY_HORIZON * 2);
    let claim = town.claim(&town.whatsapp, next_day).await;
    assert_eq!(claim.event.id, second, "never tried, so it has its day before it");
    assert_eq!(claim.horizon, next_day.after(DELIVERY_HORIZON));
    assert_horizon_named(&*town.ledger).await;
}

/// An answer that comes after the lease has ended is taken while nobody else holds the delivery; beginning is not.
pub async fn a_late_answer_is_taken(backend: &mut dyn Backend) {
    let town = united(backend).await;
    let event = town.heard(&town.signal, "one").await;
    let claim = town.claim(&town.whatsapp, START).await;
    let end = given::lease_end(START);
    let begun = town.ledger.begin(&claim.token, &[given::theirs(0, "one")], end).await;
    assert!(matches!(begun, Err(ClaimLost::Ended)));
    let claim = town.claim(&town.whatsapp, end).await;
    town.begin(&claim, &[given::theirs(0, "one")], end).await;
    let end = given::lease_end(end);
    assert!(
        town.claims(&town.whatsapp, end).await.is_empty(),
        "it waits for a sighting"
    );
    town.settle(&claim, given::delivered("copy"), end).await;
    let copies = town.ledger.copies_of(event, &town.whatsapp.chat).await.unwrap();
    assert_eq!(copies, [copy(0, "copy")]);
}

async fn assert_horizon_named(ledger: &dyn crate::Ledger) {
    let listed = ledger.open_deliveries(None, 10).await.unwrap();
    let refused = listed.iter().find(|d| d.state == DeliveryState::Refused);
    let reason = refused
        .and_then(|d| d.reason.as_ref())
        .expect("one is refused with a reason");
    assert!(reason.as_str().contains("24 hours"), "{reason}");
    assert!(reason.as_str().contains("the network is busy"), "{reason}");
}
