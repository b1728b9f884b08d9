//! Copies of ours that another login of ours has seen only after the attempt was repeated.

use super::Backend;
use super::given::{self, START, United, at, copy, fingerprint, message, united};
use crate::{Accepted, Outcome};
use matrimony_domain::limits::LATE_COPY;
use matrimony_domain::{EventId, RemoteId, UnixMillis};

/// The sighting of the last missing part settles, whichever attempt made it; what the other attempt made is still known
/// when it is seen.
pub async fn every_unanswered_attempt_may_be_seen(backend: &mut dyn Backend) {
    let town = united(backend).await;
    let event = town.heard(&town.signal, "one").await;
    for now in [START, at(15)] {
        let claim = town.claim(&town.whatsapp, now).await;
        let parts = [given::theirs(0, "a"), given::theirs(1, "b")];
        town.begin(&claim, &parts, now).await;
        town.settle(&claim, given::unsure(now), now).await;
    }
    for (text, id, delivered) in [("a", "a1", 0), ("a", "a2", 0), ("b", "b1", 1), ("b", "b2", 1)] {
        assert_eq!(sight(&town, text, id, at(16)).await, Some(event), "{id}");
        assert_eq!(town.counts().await.delivered, delivered, "{id}");
    }
    let copies = town.ledger.copies_of(event, &town.whatsapp.chat).await.unwrap();
    assert_eq!(copies, [copy(0, "a1"), copy(0, "a2"), copy(1, "b1"), copy(1, "b2")]);
}

/// A double that is seen only after the repeat was answered is one more copy: an echo, known by its id from then on.
pub async fn a_late_sighting_is_one_more_copy(backend: &mut dyn Backend) {
    let town = united(backend).await;
    let event = repeated(&town, given::delivered("answered"), at(16)).await;
    assert_eq!(sight(&town, "one", "late", at(17)).await, Some(event));
    let chat = &town.whatsapp.chat;
    let known = town.ledger.event_of(chat, &RemoteId::new("late")).await;
    assert_eq!(known.unwrap(), Some(event));
    let echo = town.ledger.accept(&message(&town.whatsapp, "late"), at(18)).await;
    assert_eq!(echo.unwrap(), Accepted::Echo(event));
    let copies = town.ledger.copies_of(event, chat).await.unwrap();
    assert_eq!(copies, [copy(0, "answered"), copy(0, "late")]);
    let counts = town.counts().await;
    assert_eq!((counts.delivered, counts.unsure_repeated), (1, 1));
}

/// One unanswered attempt makes one copy: the same words again were written by hand. So were they where every attempt
/// was answered.
pub async fn a_double_is_seen_once(backend: &mut dyn Backend) {
    let town = united(backend).await;
    let event = repeated(&town, given::delivered("answered"), at(16)).await;
    assert_eq!(
        sight(&town, "one", "answered", at(17)).await,
        Some(event),
        "known by its id"
    );
    assert_eq!(sight(&town, "one", "late", at(17)).await, Some(event));
    assert_eq!(
        sight(&town, "one", "late", at(17)).await,
        Some(event),
        "known by its id"
    );
    assert_eq!(sight(&town, "one", "by-hand", at(17)).await, None);

    town.heard(&town.signal, "two").await;
    let claim = town.claim(&town.whatsapp, at(20)).await;
    town.begin(&claim, &[given::theirs(0, "two")], at(20)).await;
    town.settle(&claim, given::delivered("second"), at(20)).await;
    assert_eq!(
        sight(&town, "two", "by-hand-too", at(21)).await,
        None,
        "nothing was in doubt"
    );
}

/// An answer that came late has told of its copy: nothing of that attempt is in doubt any more.
pub async fn a_late_answer_ends_its_doubt(backend: &mut dyn Backend) {
    let town = united(backend).await;
    town.heard(&town.signal, "one").await;
    let claim = town.claim(&town.whatsapp, START).await;
    town.begin(&claim, &[given::theirs(0, "one")], START).await;
    let end = given::lease_end(START);
    assert!(town.claims(&town.whatsapp, end).await.is_empty(), "it is in doubt");
    town.settle(&claim, given::delivered("answered"), end).await;
    assert_eq!(sight(&town, "one", "by-hand", end).await, None);
}

/// A double is expected for a day after its delivery was settled; who says the same later says it by hand.
pub async fn a_double_is_expected_for_a_day(backend: &mut dyn Backend) {
    let town = united(backend).await;
    let settled = at(16);
    let event = repeated(&town, given::delivered("answered"), settled).await;
    let last = UnixMillis(settled.after(LATE_COPY).0 - 1);
    assert_eq!(sight(&town, "one", "by-hand", settled.after(LATE_COPY)).await, None);
    assert_eq!(sight(&town, "one", "late", last).await, Some(event));
}

/// What was given up, or taken off its room, after an unanswered attempt may be seen late like what was delivered, and
/// stays settled as it was.
pub async fn the_outcome_does_not_hide_a_late_copy(backend: &mut dyn Backend) {
    let town = united(backend).await;
    let event = repeated(&town, given::refused(), at(16)).await;
    assert_eq!(sight(&town, "one", "late", at(17)).await, Some(event));
    let second = town.heard(&town.signal, "two").await;
    let claim = town.claim(&town.whatsapp, at(20)).await;
    town.begin(&claim, &[given::theirs(0, "two")], at(20)).await;
    town.settle(&claim, given::unsure(at(35)), at(20)).await;
    town.ledger.detach(town.whatsapp.portal, at(21)).await.unwrap();
    assert_eq!(sight(&town, "two", "late-too", at(22)).await, Some(second));
    let counts = town.counts().await;
    assert_eq!((counts.refused, counts.skipped, counts.delivered), (1, 1, 0));
}

/// What may have been sent earlier is found first, settled or not, so that a late copy never settles what is newer.
pub async fn a_late_copy_settles_nothing_newer(backend: &mut dyn Backend) {
    let town = united(backend).await;
    let first = repeated(&town, given::delivered("answered"), at(16)).await;
    let second = town.heard(&town.signal, "two").await;
    let claim = town.claim(&town.whatsapp, at(20)).await;
    town.begin(&claim, &[given::theirs(0, "one")], at(20)).await;
    town.settle(&claim, given::unsure(at(35)), at(20)).await;
    assert_eq!(sight(&town, "one", "late", at(21)).await, Some(first));
    assert_eq!(town.counts().await.unsure, 1);
    assert_eq!(sight(&town, "one", "later", at(21)).await, Some(second));
    assert_eq!(town.counts().await.unsure, 0);
}

/// Doubles are expected across a restart.
pub async fn late_copies_survive_a_restart(backend: &mut dyn Backend) {
    let mut town = united(backend).await;
    let event = repeated(&town, given::delivered("answered"), at(16)).await;
    town.ledger = backend.reopen().await;
    assert_eq!(sight(&town, "one", "late", at(17)).await, Some(event));
}

/// A message, "one", whose first attempt goes unanswered and whose repeat ends in `outcome`.
async fn repeated(town: &United, outcome: Outcome, now: UnixMillis) -> EventId {
    let event = town.heard(&town.signal, "one").await;
    for (begun, outcome) in [(START, given::unsure(at(15))), (at(15), outcome)] {
        let claim = town.claim(&town.whatsapp, begun).await;
        town.begin(&claim, &[given::theirs(0, "one")], begun).await;
        town.settle(&claim, outcome, now).await;
    }
    event
}

/// A login of ours sees these words in the WhatsApp group.
async fn sight(town: &United, text: &str, remote_id: &str, now: UnixMillis) -> Option<EventId> {
    let (chat, seen) = (&town.whatsapp.chat, RemoteId::new(remote_id));
    let answer = town.ledger.reconcile(chat, fingerprint(text), &seen, now).await;
    answer.expect("the ledger answers")
}
