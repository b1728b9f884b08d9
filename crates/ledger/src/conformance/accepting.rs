//! What becomes of what a network told us.

use super::Backend;
use super::given::{self, START, at, chat, message, name, new_event, united};
use crate::{Accepted, DeliveryState};
use matrimony_domain::{Content, EventId, InboundBody, Mark, NetworkKind, PersonKey, Reason, RemoteId, Seq, Text};

/// An accepted message is an event with everything that was told, and a copy of itself in its own chat.
pub async fn a_message_becomes_an_event(backend: &mut dyn Backend) {
    let town = united(backend).await;
    let mut text = Text::plain("hello dora");
    text.mark(6..10, Mark::Mention(PersonKey::new(NetworkKind::WhatsApp, "dora")));
    let content = Content::Emote(text);
    let mut inbound = message(&town.signal, "one");
    inbound.body = InboundBody::Message(content.clone());
    inbound.at = at(77);
    let (id, seq) = new_event(&town.ledger.accept(&inbound, START).await.unwrap());
    let event = town.ledger.event(id).await.unwrap().unwrap();
    assert_eq!((event.id, event.room, event.seq, seq), (id, town.room, Seq(1), Seq(1)));
    assert_eq!((event.chat, event.sender), (inbound.chat, inbound.sender.person));
    assert_eq!((event.remote_id, event.at), (RemoteId::new("one"), at(77)));
    assert_eq!(event.content, Some(content));
    let original = town.ledger.copies_of(id, &town.signal.chat).await.unwrap();
    assert_eq!(original, [given::copy(0, "one")]);
    assert_eq!(town.ledger.event(EventId(999)).await.unwrap(), None);
}

/// The numbers of a room's events have no gaps; each room counts for itself.
pub async fn each_room_counts_from_one(backend: &mut dyn Backend) {
    let town = united(backend).await;
    let band = given::room(&*town.ledger, "the band").await.id;
    let drummers = chat(NetworkKind::Signal, "drummers");
    let drummers = given::side(&*town.ledger, band, drummers, town.signal.relay).await;
    for round in 1..=3 {
        for side in [&town.signal, &drummers] {
            let inbound = message(side, &format!("{round}"));
            let accepted = town.ledger.accept(&inbound, START).await.unwrap();
            assert_eq!(new_event(&accepted).1, Seq(round));
            // Neither a duplicate nor a message from nowhere takes a number.
            town.ledger.accept(&inbound, START).await.unwrap();
            let mut nowhere = inbound.clone();
            nowhere.chat = chat(NetworkKind::Signal, "elsewhere");
            assert_eq!(town.ledger.accept(&nowhere, START).await.unwrap(), Accepted::NoPortal);
        }
    }
}

/// Every other portal of the room gets a delivery, its own chat none; their logins are to be woken, each once.
pub async fn every_other_portal_gets_a_delivery(backend: &mut dyn Backend) {
    let town = united(backend).await;
    let second = chat(NetworkKind::WhatsApp, "second-whatsapp-group");
    given::unite(&*town.ledger, town.room, &second, town.whatsapp.relay).await;
    let bot = given::relay(&*town.ledger, NetworkKind::Matrix, "bot").await;
    given::unite(&*town.ledger, town.room, &chat(NetworkKind::Matrix, "!choir"), bot).await;
    let accepted = town.ledger.accept(&message(&town.signal, "one"), START).await.unwrap();
    let Accepted::New { event, mut wake, .. } = accepted else {
        panic!("expected a new event, got {accepted:?}");
    };
    wake.sort_unstable();
    assert_eq!(wake, [town.whatsapp.relay, bot]);
    let open = town.ledger.open_deliveries(Some(town.room), 10).await.unwrap();
    assert_eq!(open.len(), 3);
    assert!(open.iter().all(|d| d.event == event && d.state == DeliveryState::Due));
    assert!(open.iter().all(|d| d.portal != town.signal.portal));
}

/// The same message seen again, by the same login or another one, is one event.
pub async fn a_duplicate_is_one_event(backend: &mut dyn Backend) {
    let town = united(backend).await;
    let other = given::relay(&*town.ledger, NetworkKind::Signal, "another-login").await;
    let mut inbound = message(&town.signal, "one");
    let (event, _) = new_event(&town.ledger.accept(&inbound, START).await.unwrap());
    for seen_by in [town.signal.relay, other] {
        inbound.seen_by = seen_by;
        let again = town.ledger.accept(&inbound, at(1)).await.unwrap();
        assert_eq!(again, Accepted::Duplicate(event));
    }
    assert_eq!((town.counts().await.events, town.counts().await.due), (1, 1));
}

/// A duplicate is recognised when the sender goes by another key, told with this message or known from before.
pub async fn a_duplicate_is_recognised_by_alias(backend: &mut dyn Backend) {
    let town = united(backend).await;
    let lid = PersonKey::new(NetworkKind::WhatsApp, "100000000001@lid");
    let number = PersonKey::new(NetworkKind::WhatsApp, "15550100001");
    let told = |id: &str, person: &PersonKey, alias: Option<&PersonKey>| {
        let mut inbound = message(&town.whatsapp, id);
        inbound.sender.person = person.clone();
        inbound.sender.alias = alias.cloned();
        inbound
    };
    let accept = async |inbound| town.ledger.accept(&inbound, START).await.unwrap();

    // Told with the second sighting, either way round.
    let (first, _) = new_event(&accept(told("one", &number, None)).await);
    assert_eq!(
        accept(told("one", &lid, Some(&number))).await,
        Accepted::Duplicate(first)
    );
    let (second, _) = new_event(&accept(told("two", &lid, Some(&number))).await);
    // Known from before.
    assert_eq!(accept(told("two", &number, None)).await, Accepted::Duplicate(second));
    let (third, _) = new_event(&accept(told("three", &number, None)).await);
    assert_eq!(accept(told("three", &lid, None)).await, Accepted::Duplicate(third));
}

/// The same id from another sender is another message: nobody can make someone else's message vanish by reusing its id.
pub async fn the_same_id_of_another_sender_is_another_event(backend: &mut dyn Backend) {
    let town = united(backend).await;
    let (first, _) = new_event(&town.ledger.accept(&message(&town.signal, "one"), START).await.unwrap());
    let mut impostor = message(&town.signal, "one");
    impostor.sender.person = PersonKey::new(NetworkKind::Signal, "emil");
    let (second, seq) = new_event(&town.ledger.accept(&impostor, START).await.unwrap());
    assert_eq!(seq, Seq(2));
    let again = town.ledger.accept(&impostor, START).await.unwrap();
    assert_eq!(again, Accepted::Duplicate(second));
    let owner = town
        .ledger
        .event_of(&town.signal.chat, &RemoteId::new("one"))
        .await
        .unwrap();
    assert_eq!(owner, Some(first));
}

/// An inbound with the id of a copy is an echo of its event.
pub async fn our_own_copy_is_an_echo(backend: &mut dyn Backend) {
    let town = united(backend).await;
    let event = town.heard(&town.signal, "one").await;
    town.deliver(&town.whatsapp, "copy-of-one", START).await;
    let echo = town.ledger.accept(&message(&town.whatsapp, "copy-of-one"), START).await;
    assert_eq!(echo.unwrap(), Accepted::Echo(event));
    // In another chat the same id means nothing.
    let accepted = town.ledger.accept(&message(&town.signal, "copy-of-one"), START).await;
    new_event(&accepted.unwrap());
}

/// An id that was recorded as about to be used is an echo before the send has answered, and after it was refused.
pub async fn an_intended_id_is_an_echo(backend: &mut dyn Backend) {
    let town = united(backend).await;
    let event = town.heard(&town.signal, "one").await;
    let claim = town.claim(&town.whatsapp, START).await;
    town.begin(&claim, &[given::ours("chosen")], START).await;
    let echo = message(&town.whatsapp, "chosen");
    assert_eq!(town.ledger.accept(&echo, START).await.unwrap(), Accepted::Echo(event));
    // Intended is not sent: it is no copy yet.
    assert_eq!(town.ledger.copies_of(event, &town.whatsapp.chat).await.unwrap(), []);
    town.settle(&claim, given::refused(), START).await;
    assert_eq!(town.ledger.accept(&echo, START).await.unwrap(), Accepted::Echo(event));
}

/// A message in a chat that hangs on no room makes no event, and a line of the audit.
pub async fn a_chat_without_a_room_makes_no_event(backend: &mut dyn Backend) {
    let town = united(backend).await;
    let mut inbound = message(&town.signal, "one");
    inbound.chat = chat(NetworkKind::Signal, "elsewhere");
    assert_eq!(town.ledger.accept(&inbound, at(5)).await.unwrap(), Accepted::NoPortal);
    let line = town.ledger.audit(1).await.unwrap().remove(0);
    assert_eq!((line.at, line.login), (at(5), Some(town.signal.relay)));

    town.ledger.detach(town.signal.portal, at(6)).await.unwrap();
    let detached = town.ledger.accept(&message(&town.signal, "two"), at(6)).await;
    assert_eq!(detached.unwrap(), Accepted::NoPortal);
    assert_eq!(town.counts().await.events, 0);
}

/// What cannot be read is an event without content; its deliveries are skipped at once, with the reason, and block
/// nothing behind it.
pub async fn the_unreadable_is_skipped_at_once(backend: &mut dyn Backend) {
    let town = united(backend).await;
    let why = Reason::fixed("a stanza that does not decode");
    let mut inbound = message(&town.signal, "garbled");
    inbound.body = InboundBody::Unreadable(why.clone());
    let accepted = town.ledger.accept(&inbound, START).await.unwrap();
    let Accepted::New { event, wake, .. } = accepted else {
        panic!("expected a new event, got {accepted:?}");
    };
    assert_eq!(wake, []);
    assert_eq!(town.ledger.event(event).await.unwrap().unwrap().content, None);
    let skipped = town.ledger.open_deliveries(None, 10).await.unwrap().remove(0);
    assert_eq!(
        (skipped.state, skipped.reason),
        (DeliveryState::Skipped, Some(why.clone()))
    );
    assert_eq!(town.counts().await.skipped, 1);
    assert_eq!(town.ledger.audit(1).await.unwrap().remove(0).what, why);

    let readable = town.heard(&town.signal, "readable").await;
    assert_eq!(town.claim(&town.whatsapp, START).await.event.id, readable);
}

/// The sender's name is remembered, the last one counts.
pub async fn the_senders_name_is_remembered(backend: &mut dyn Backend) {
    let town = united(backend).await;
    let alice = PersonKey::new(NetworkKind::Signal, "alice");
    let mut inbound = message(&town.signal, "one");
    for (id, told, known) in [
        ("1", Some("alice"), "alice"),
        ("2", None, "alice"),
        ("3", Some("alice b"), "alice b"),
    ] {
        inbound.remote_id = RemoteId::new(id);
        inbound.sender.name = told.map(name);
        new_event(&town.ledger.accept(&inbound, START).await.unwrap());
        let person = town.ledger.person(&alice).await.unwrap().unwrap();
        assert_eq!(person.name, Some(name(known)));
    }
}

/// What was accepted is there after a restart, and the numbers go on.
pub async fn accepted_events_survive_a_restart(backend: &mut dyn Backend) {
    let town = united(backend).await;
    let event = town.heard(&town.signal, "one").await;
    let before = town.ledger.event(event).await.unwrap();
    let ledger = backend.reopen().await;
    assert_eq!(ledger.event(event).await.unwrap(), before);
    let again = ledger.accept(&message(&town.signal, "one"), START).await.unwrap();
    assert_eq!(again, Accepted::Duplicate(event));
    let next = ledger.accept(&message(&town.signal, "two"), START).await.unwrap();
    assert_eq!(new_event(&next).1, Seq(2));
    let claims = ledger
        .claim_due(town.whatsapp.relay, &given::lease("worker", START), START, 10)
        .await;
    assert_eq!(given::only(claims.unwrap()).event.id, event);
}
