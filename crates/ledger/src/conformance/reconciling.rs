//! Copies of ours that another login of ours has seen.

use super::Backend;
use super::given::{self, START, at, chat, copy, fingerprint, later, message, united};
use crate::{Accepted, ClaimLost};
use matrimony_domain::{NetworkKind, RemoteId, UnixMillis};

/// A sighting of what went unanswered settles it, with the id that was seen; its copy is an echo from then on.
pub async fn a_sighting_settles_an_unsure_delivery(backend: &mut dyn Backend) {
    let town = united(backend).await;
    let event = town.heard(&town.signal, "one").await;
    let claim = town.claim(&town.whatsapp, START).await;
    town.begin(&claim, &[given::theirs(0, "one")], START).await;
    town.settle(&claim, given::unsure(at(15)), at(1)).await;
    let chat = &town.whatsapp.chat;
    let seen = RemoteId::new("seen");
    let settled = town.ledger.reconcile(chat, fingerprint("one"), &seen, at(2)).await;
    assert_eq!(settled.unwrap(), Some(event));
    let counts = town.counts().await;
    assert_eq!((counts.delivered, counts.unsure, counts.unsure_repeated), (1, 0, 0));
    assert_eq!(town.ledger.copies_of(event, chat).await.unwrap(), [copy(0, "seen")]);
    let echo = town.ledger.accept(&message(&town.whatsapp, "seen"), at(3)).await;
    assert_eq!(echo.unwrap(), Accepted::Echo(event));
    assert!(town.claims(&town.whatsapp, at(99)).await.is_empty());
}

/// A sighting may come before the answer: the delivery is settled, and the claim on it has ended.
pub async fn a_sighting_settles_a_begun_delivery(backend: &mut dyn Backend) {
    let town = united(backend).await;
    let event = town.heard(&town.signal, "one").await;
    let claim = town.claim(&town.whatsapp, START).await;
    let seen = RemoteId::new("seen");
    let chat = &town.whatsapp.chat;
    let before = town.ledger.reconcile(chat, fingerprint("one"), &seen, START).await;
    assert_eq!(before.unwrap(), None, "nothing has begun");
    town.begin(&claim, &[given::theirs(0, "one")], at(1)).await;
    let settled = town.ledger.reconcile(chat, fingerprint("one"), &seen, at(1)).await;
    assert_eq!(settled.unwrap(), Some(event));
    let answer = town.ledger.settle(&claim.token, &given::delivered("seen"), at(2)).await;
    assert!(matches!(answer, Err(ClaimLost::Ended)));
}

/// Nothing is settled by another text, another chat, or a sighting from before the attempt.
pub async fn a_sighting_must_fit(backend: &mut dyn Backend) {
    let town = united(backend).await;
    town.heard(&town.signal, "one").await;
    let claim = town.claim(&town.whatsapp, at(5)).await;
    town.begin(&claim, &[given::theirs(0, "one")], at(5)).await;
    town.settle(&claim, given::unsure(at(20)), at(6)).await;
    let elsewhere = chat(NetworkKind::WhatsApp, "elsewhere");
    let misfits: [(_, _, UnixMillis); 4] = [
        (&town.whatsapp.chat, "two", at(7)),
        (&town.signal.chat, "one", at(7)),
        (&elsewhere, "one", at(7)),
        (&town.whatsapp.chat, "one", at(4)),
    ];
    for (chat, text, now) in misfits {
        let answer = town
            .ledger
            .reconcile(chat, fingerprint(text), &RemoteId::new("seen"), now)
            .await;
        assert_eq!(answer.unwrap(), None);
    }
    assert_eq!(town.counts().await.unsure, 1);
}

/// Two deliveries of the same text: the first sighting is of the older one, and a second sighting of that same copy
/// does not settle the other.
pub async fn one_copy_settles_one_delivery(backend: &mut dyn Backend) {
    let town = united(backend).await;
    let mut events = Vec::new();
    for id in ["one", "two"] {
        events.push(town.heard(&town.signal, id).await);
    }
    let seen = |id: &'static str| {
        let (ledger, chat) = (&town.ledger, &town.whatsapp.chat);
        async move {
            ledger
                .reconcile(chat, fingerprint("ok"), &RemoteId::new(id), at(9))
                .await
                .unwrap()
        }
    };
    let first = town.claim(&town.whatsapp, START).await;
    town.begin(&first, &[given::theirs(0, "ok")], START).await;
    town.settle(&first, given::unsure(at(15)), START).await;
    assert_eq!(seen("first-copy").await, Some(events[0]));
    let second = town.claim(&town.whatsapp, at(1)).await;
    town.begin(&second, &[given::theirs(0, "ok")], at(1)).await;
    assert_eq!(seen("first-copy").await, Some(events[0]));
    assert_eq!(town.counts().await.claimed, 1);
    assert_eq!(seen("second-copy").await, Some(events[1]));
    assert_eq!(seen("third-copy").await, None);
}

/// A delivery in parts is settled with the last of them; parts that were seen are not sent again.
pub async fn every_part_must_be_seen(backend: &mut dyn Backend) {
    let town = united(backend).await;
    let event = town.heard(&town.signal, "one").await;
    let claim = town.claim(&town.whatsapp, START).await;
    town.begin(&claim, &[given::theirs(0, "a"), given::theirs(1, "b")], START)
        .await;
    town.settle(&claim, given::unsure(at(15)), START).await;
    let chat = &town.whatsapp.chat;
    let part = town
        .ledger
        .reconcile(chat, fingerprint("b"), &RemoteId::new("copy-b"), at(1))
        .await;
    assert_eq!(part.unwrap(), Some(event));
    assert_eq!(town.counts().await.unsure, 1);
    let claim = town.claim(&town.whatsapp, at(15)).await;
    assert_eq!(
        (claim.sent.clone(), claim.repeats_unsure),
        (vec![copy(1, "copy-b")], true)
    );
    let rest = town
        .ledger
        .reconcile(chat, fingerprint("a"), &RemoteId::new("copy-a"), at(16))
        .await;
    assert_eq!(rest.unwrap(), Some(event));
    assert_eq!(town.counts().await.delivered, 1);
    let copies = town.ledger.copies_of(event, chat).await.unwrap();
    assert_eq!(copies, [copy(0, "copy-a"), copy(1, "copy-b")]);
}

/// A sighting settles what is held, too.
pub async fn a_sighting_settles_a_held_delivery(backend: &mut dyn Backend) {
    let town = united(backend).await;
    let event = town.heard(&town.signal, "one").await;
    let claim = town.claim(&town.whatsapp, START).await;
    town.begin(&claim, &[given::theirs(0, "one")], START).await;
    town.settle(&claim, given::unsure(at(15)), START).await;
    town.unlink(town.whatsapp.relay, at(1)).await;
    let chat = &town.whatsapp.chat;
    let settled = town
        .ledger
        .reconcile(chat, fingerprint("one"), &RemoteId::new("seen"), at(2))
        .await;
    assert_eq!(settled.unwrap(), Some(event));
    assert_eq!((town.counts().await.held, town.counts().await.delivered), (0, 1));
}

/// What was certainly not sent cannot be seen: somebody wrote the same words by hand.
pub async fn what_was_not_sent_cannot_be_seen(backend: &mut dyn Backend) {
    let town = united(backend).await;
    town.heard(&town.signal, "one").await;
    let claim = town.claim(&town.whatsapp, START).await;
    town.begin(&claim, &[given::theirs(0, "one")], START).await;
    town.settle(&claim, later(at(30)), at(1)).await;
    let chat = &town.whatsapp.chat;
    let answer = town
        .ledger
        .reconcile(chat, fingerprint("one"), &RemoteId::new("by-hand"), at(2))
        .await;
    assert_eq!(answer.unwrap(), None);
    assert_eq!(town.counts().await.due, 1);
}
