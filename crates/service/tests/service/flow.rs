//! Messages, through the whole service.

use crate::fake::Fate;
use crate::world::{World, chat};
use matrimony_domain::NetworkKind::{Matrix, Signal, WhatsApp};
use matrimony_domain::{Reason, UnixMillis};
use matrimony_ledger::{DeliveryState, People};
use matrimony_network::{SendError, SessionHealth};
use matrimony_service::{HomeChat, UniteRequest};
use std::time::Duration;

#[tokio::test]
async fn a_message_is_read_in_the_other_chats_under_its_authors_name() {
    let world = World::start().await;
    let request = UniteRequest {
        name: None,
        chats: world.pair("choir"),
        home: HomeChat::Existing(chat(Matrix, "choir")),
    };
    world.service.unite(request).await.expect("united");
    world.say(Signal, "choir", "alice", "hello").await.expect("accepted");
    world.until(|counts| counts.delivered == 2).await;
    assert_eq!(world.whatsapp.texts(&chat(WhatsApp, "choir")), ["alice: hello"]);
    assert_eq!(world.matrix.texts(&chat(Matrix, "choir")), ["hello"]);
    assert!(
        world.signal.state().shown.is_empty(),
        "not in the chat where it was said"
    );
}

#[tokio::test]
async fn a_slow_chat_holds_up_no_other_of_its_login() {
    let world = World::start().await;
    world.unite_pair("choir").await;
    world.unite_pair("garden").await;
    world.whatsapp.state().slow = Some(chat(WhatsApp, "choir"));
    world.say(Signal, "choir", "alice", "stuck").await.expect("accepted");
    for n in 0..5 {
        world
            .say(Signal, "garden", "alice", &format!("{n}"))
            .await
            .expect("accepted");
    }
    world.until(|counts| counts.delivered == 5).await;
    let expected: Vec<String> = (0..5).map(|n| format!("alice: {n}")).collect();
    assert_eq!(world.whatsapp.texts(&chat(WhatsApp, "garden")), expected);
}

#[tokio::test]
async fn what_waited_for_the_network_flows_as_soon_as_it_is_back() {
    let world = World::start().await;
    world.unite().await;
    world.whatsapp.set_health(SessionHealth::Connecting { trouble: None });
    for n in 0..3 {
        world
            .say(Signal, "choir", "alice", &format!("{n}"))
            .await
            .expect("accepted");
    }
    // Another chat of the room shows that the outboxes had their turn.
    world.until(|counts| counts.due == 3).await;
    assert_eq!(
        world.whatsapp.state().attempts,
        0,
        "nothing is attempted while it is away"
    );
    let back = tokio::time::Instant::now();
    world.whatsapp.set_health(SessionHealth::Online);
    world.until(|counts| counts.delivered == 3).await;
    assert!(back.elapsed() < Duration::from_secs(5), "{:?}", back.elapsed());
    assert_eq!(
        world.whatsapp.texts(&chat(WhatsApp, "choir")),
        ["alice: 0", "alice: 1", "alice: 2"]
    );
}

#[tokio::test]
async fn a_refusal_does_not_block_what_is_behind_it() {
    let world = World::start().await;
    world.unite().await;
    let no = SendError::Refused(Reason::fixed("too many links"));
    world.whatsapp.state().fates.push_back(Fate::Error(no));
    world.say(Signal, "choir", "alice", "one").await.expect("accepted");
    world.say(Signal, "choir", "alice", "two").await.expect("accepted");
    world.until(|counts| counts.delivered == 1 && counts.refused == 1).await;
    assert_eq!(world.whatsapp.texts(&chat(WhatsApp, "choir")), ["alice: two"]);
    let status = world.service.status().await.expect("status");
    assert_eq!(status.open.len(), 1);
    assert_eq!(status.open[0].state(), DeliveryState::Refused);
    assert_eq!(status.open[0].reason().map(Reason::as_str), Some("too many links"));
    assert_eq!(status.oldest_due_age, None);
}

#[tokio::test]
async fn not_now_is_tried_again_in_order() {
    let world = World::start().await;
    world.unite().await;
    let later = SendError::Later {
        after: Duration::ZERO,
        reason: Reason::fixed("busy"),
    };
    world.whatsapp.state().fates.push_back(Fate::Error(later));
    world.say(Signal, "choir", "alice", "one").await.expect("accepted");
    world.say(Signal, "choir", "alice", "two").await.expect("accepted");
    world.until(|counts| counts.delivered == 2).await;
    assert_eq!(
        world.whatsapp.texts(&chat(WhatsApp, "choir")),
        ["alice: one", "alice: two"]
    );
}

#[tokio::test]
async fn a_connector_that_panics_while_sending_loses_nothing() {
    let world = World::start().await;
    world.unite().await;
    world.whatsapp.state().fates.push_back(Fate::Panic);
    world.say(Signal, "choir", "alice", "hello").await.expect("accepted");
    world.until(|counts| counts.delivered == 1).await;
    assert_eq!(world.whatsapp.state().attempts, 2);
    assert_eq!(world.whatsapp.texts(&chat(WhatsApp, "choir")), ["alice: hello"]);
}

#[tokio::test]
async fn a_relay_that_writes_by_hand_is_a_person() {
    let world = World::start().await;
    world.unite().await;
    world
        .say(Signal, "choir", "relay", "I am real")
        .await
        .expect("accepted");
    world.until(|counts| counts.delivered == 1).await;
    assert_eq!(world.whatsapp.texts(&chat(WhatsApp, "choir")), ["relay: I am real"]);
}

#[tokio::test]
async fn what_our_own_login_says_waits_for_the_answer_under_way() {
    let world = World::start().await;
    world.unite().await;
    world.signal.state().fates.push_back(Fate::Held);
    world.say(WhatsApp, "choir", "dora", "hello").await.expect("accepted");
    world.signal.until(|state| state.attempts == 1).await;
    let hand_written = world.say(Signal, "choir", "relay", "by hand");
    tokio::pin!(hand_written);
    let waits = tokio::time::timeout(Duration::from_millis(200), &mut hand_written).await;
    assert!(waits.is_err(), "the answer will tell whether it is our copy");
    world.signal.gate.notify_one();
    hand_written.await.expect("accepted");
    world.until(|counts| counts.delivered == 2).await;
    assert_eq!(world.whatsapp.texts(&chat(WhatsApp, "choir")), ["relay: by hand"]);
}

#[tokio::test]
async fn an_unanswered_copy_that_another_login_sees_is_not_sent_again() {
    let world = World::start().await;
    world.unite().await;
    let lost = SendError::Unsure(Reason::fixed("the line was cut"));
    world.signal.state().fates.push_back(Fate::Error(lost));
    world.say(WhatsApp, "choir", "dora", "hello").await.expect("accepted");
    world.until(|counts| counts.unsure == 1).await;
    world
        .say(Signal, "choir", "relay", "dora: hello")
        .await
        .expect("accepted");
    world.until(|counts| counts.delivered == 1 && counts.unsure == 0).await;
    assert_eq!(world.signal.state().attempts, 1);
    assert_eq!(
        world.service.status().await.expect("status").counts.events,
        1,
        "it is no new message"
    );
}

#[tokio::test]
async fn what_cannot_be_read_is_recorded() {
    let world = World::start().await;
    let why = Reason::fixed("a stanza that does not decode");
    let inbox = world.inbox(WhatsApp);
    inbox
        .unreadable(world.relays.whatsapp, why.clone())
        .await
        .expect("recorded");
    let audit = matrimony_ledger::Audit::audit(world.ledger.as_ref(), 1)
        .await
        .expect("reads");
    assert_eq!((&audit[0].what, audit[0].login), (&why, Some(world.relays.whatsapp)));
    assert!(audit[0].at > UnixMillis(0));
}

#[tokio::test]
async fn a_changed_chat_is_looked_at_again() {
    let world = World::start().await;
    let room = world.unite().await;
    let newcomer = matrimony_domain::PersonKey::new(Signal, "bob");
    world.signal.state().chats[0].1.push(newcomer.clone());
    world
        .inbox(Signal)
        .chat_changed(world.relays.signal, Some(&chat(Signal, "choir")));
    let known = async {
        let mut look = tokio::time::interval(Duration::from_millis(20));
        while !world
            .ledger
            .room_people(room.id)
            .await
            .expect("reads")
            .iter()
            .any(|p| p.key == newcomer)
        {
            look.tick().await;
        }
    };
    tokio::time::timeout(crate::PATIENCE, known)
        .await
        .expect("the newcomer is known in time");
}
