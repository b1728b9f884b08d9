//! Callers at the same time.

use super::Backend;
use super::given::{self, START, chat, message, new_event, united};
use crate::{Accepted, SpoolItem, UniteError};
use futures_util::future::{join, join_all};
use matrimony_domain::{NetworkKind, Seq};
use std::collections::BTreeSet;

/// A hundred messages at once get a hundred numbers without gaps, and are delivered in that order.
pub async fn a_hundred_accepts_leave_no_gap(backend: &mut dyn Backend) {
    let town = united(backend).await;
    let messages: Vec<_> = (0..100).map(|n| message(&town.signal, &format!("{n}"))).collect();
    let accepted = join_all(messages.iter().map(|inbound| town.ledger.accept(inbound, START))).await;
    let seqs: BTreeSet<Seq> = accepted
        .iter()
        .map(|accepted| new_event(accepted.as_ref().expect("accepted")).1)
        .collect();
    assert_eq!(seqs, (1..=100).map(Seq).collect());
    for seq in 1..=100 {
        let claim = town.claim(&town.whatsapp, START).await;
        assert_eq!(claim.event.seq, Seq(seq));
        town.settle(&claim, given::delivered(&format!("copy-{seq}")), START)
            .await;
    }
}

/// One message told many times at once is one event.
pub async fn one_message_told_at_once_is_one_event(backend: &mut dyn Backend) {
    let town = united(backend).await;
    let inbound = message(&town.signal, "one");
    let told = join_all((0..20).map(|_| town.ledger.accept(&inbound, START))).await;
    let new = told
        .iter()
        .filter(|told| matches!(told, Ok(Accepted::New { .. })))
        .count();
    let known = told
        .iter()
        .filter(|told| matches!(told, Ok(Accepted::Duplicate(_))))
        .count();
    assert_eq!((new, known, town.counts().await.events), (1, 19, 1));
}

/// Of two who unite one chat at once, one is told where it hangs.
pub async fn two_cannot_unite_one_chat(backend: &mut dyn Backend) {
    let town = united(backend).await;
    let band = given::room(&*town.ledger, "the band").await.id;
    let wanted = chat(NetworkKind::Signal, "wanted");
    let (ledger, relay) = (&town.ledger, town.signal.relay);
    let answers = join(
        ledger.unite(town.room, &wanted, relay, START),
        ledger.unite(band, &wanted, relay, START),
    )
    .await;
    let portal = ledger.portal_of(&wanted).await.unwrap().expect("one of them has it");
    let (won, lost) = match answers {
        (Ok(won), Err(lost)) | (Err(lost), Ok(won)) => (won, lost),
        both => panic!("expected one of them to have it, got {both:?}"),
    };
    assert_eq!(won, portal);
    assert!(matches!(lost, UniteError::AlreadyUnited { room } if room == portal.room));
}

/// Two workers never hold one delivery.
pub async fn two_workers_never_share_a_claim(backend: &mut dyn Backend) {
    let town = united(backend).await;
    let mut events = BTreeSet::new();
    for n in 0..10 {
        let room = given::room(&*town.ledger, &format!("room {n}")).await.id;
        let to = chat(NetworkKind::WhatsApp, &format!("to-{n}"));
        given::unite(&*town.ledger, room, &to, town.whatsapp.relay).await;
        let from = chat(NetworkKind::Signal, &format!("from-{n}"));
        let from = given::side(&*town.ledger, room, from, town.signal.relay).await;
        events.insert(town.heard(&from, "one").await);
    }
    let relay = town.whatsapp.relay;
    let names = ["one", "two", "three", "four"];
    let claims = join_all(names.map(|worker| town.claims_as(worker, relay, START))).await;
    let all: Vec<_> = claims.iter().flatten().map(|claim| claim.event.id).collect();
    assert_eq!(all.len(), 10, "no delivery twice");
    assert_eq!(all.into_iter().collect::<BTreeSet<_>>(), events);
}

/// A caller that fails spoils nothing for those beside it.
pub async fn a_failure_stays_alone(backend: &mut dyn Backend) {
    let town = united(backend).await;
    let mut stranger = message(&town.signal, "from nobody's login");
    stranger.seen_by = matrimony_domain::LoginId(999);
    let good: Vec<_> = (0..5).map(|n| message(&town.signal, &format!("{n}"))).collect();
    let (bad, good) = join(
        town.ledger.accept(&stranger, START),
        join_all(good.iter().map(|inbound| town.ledger.accept(inbound, START))),
    )
    .await;
    assert!(matches!(bad, Err(crate::LedgerError::Missing("login"))), "{bad:?}");
    let seqs: BTreeSet<_> = good
        .iter()
        .map(|accepted| new_event(accepted.as_ref().expect("accepted")).1)
        .collect();
    assert_eq!(seqs, (1..=5).map(Seq).collect());
}

/// A caller that goes away leaves a ledger that works, and a write that is whole or not there.
pub async fn a_caller_may_go_away(backend: &mut dyn Backend) {
    let town = united(backend).await;
    let items: Vec<_> = (0..5)
        .map(|n| SpoolItem {
            key: format!("{n}"),
            bytes: vec![n],
        })
        .collect();
    for polls in 0..6 {
        let queue = format!("queue {polls}");
        {
            let mut write = std::pin::pin!(town.ledger.spool(&queue, &items, START));
            for _ in 0..polls {
                // Polled some times, then dropped, wherever it is by then.
                if futures_util::future::poll_immediate(write.as_mut()).await.is_some() {
                    break;
                }
                town.ledger.rooms().await.unwrap();
            }
        }
        let mine = town.ledger.spool("mine", &items[..1], START).await;
        assert!(mine.is_ok(), "{mine:?}");
        let there = town.ledger.spooled(&queue, 10).await.unwrap().len();
        assert!(there == 0 || there == items.len(), "{there} items are there");
    }
}
