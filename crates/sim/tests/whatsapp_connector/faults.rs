//! Nothing is lost and nothing doubled while connections and disks fail.

use crate::rig::{Rig, direct, key, say, until};
use matrimony_network::{LoginMethod, SendError, SessionEnd};
use matrimony_sim_whatsapp::{AckFault, Farewell};
use std::sync::atomic::Ordering;

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_away_delays_and_loses_nothing() {
    let rig = Rig::start().await;
    let group = rig.group();
    let running = rig.running().await;
    rig.sim.pause().await;
    running.offline().await;
    let away = running.session.perform(&key(1), &say(&group, "are you there?")).await;
    assert!(matches!(away, Err(SendError::Later { .. })), "{away:?}");
    rig.sim.resume().await.unwrap();
    running.online().await;
    running
        .session
        .perform(&key(1), &say(&group, "are you there?"))
        .await
        .unwrap();
    rig.read_on(&rig.dora, "are you there?").await;
    assert_eq!(rig.times_on(&rig.dora, "are you there?"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_was_lost_is_asked_for_again_under_the_same_id() {
    let rig = Rig::start().await;
    let group = rig.group();
    let running = rig.running().await;
    rig.sim.disturb_acks(&rig.relay.number, AckFault::Drop, 1).unwrap();
    let action = say(&group, "only once");
    let unanswered = key(1);
    let attempt = running.session.perform(&unanswered, &action);
    let cut = async {
        rig.read_on(&rig.dora, "only once").await;
        rig.sim.cut(&rig.relay.number, None, Farewell::None).unwrap();
    };
    let (answer, ()) = tokio::join!(attempt, cut);
    assert!(matches!(answer, Err(SendError::Later { .. })), "{answer:?}");
    running.online().await;
    running.session.perform(&unanswered, &action).await.unwrap();
    until(|| rig.sim.phone_info(&rig.dora.number).unwrap().repeated == 1).await;
    assert_eq!(rig.times_on(&rig.dora, "only once"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_inbox_refused_comes_again_in_order() {
    let rig = Rig::start().await;
    let group = rig.group();
    let running = rig.running().await;
    running.inbox.refuse.store(2, Ordering::SeqCst);
    for words in ["first", "second", "third"] {
        rig.sim.send_text(&rig.dora.number, &group.id, words).await.unwrap();
    }
    running.inbox.read("third").await;
    assert_eq!(running.inbox.words(), ["first", "second", "third"]);
    assert_eq!(running.inbox.refused.load(Ordering::SeqCst), 2);
    until(|| rig.sim.phone_info(&rig.relay.number).unwrap().devices[0].queued == 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_while_we_were_down_is_waiting() {
    let rig = Rig::start().await;
    let group = rig.group();
    let linked = rig.link(LoginMethod::Qr).await;
    let running = rig.run(&linked).await;
    assert_eq!(running.stop().await, SessionEnd::Stopped);
    for number in 0..5 {
        rig.sim
            .send_text(&rig.dora.number, &group.id, &format!("missed {number}"))
            .await
            .unwrap();
    }
    let running = rig.run_unseen(&linked).await;
    running.inbox.read("missed 4").await;
    assert_eq!(
        running.inbox.words(),
        (0..5).map(|number| format!("missed {number}")).collect::<Vec<_>>()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_does_not_decrypt_is_sent_again() {
    let rig = Rig::start().await;
    let running = rig.running().await;
    rig.sim
        .send_text(&rig.dora.number, &rig.relay.number, "well")
        .await
        .unwrap();
    running.inbox.read("well").await;
    rig.sim.corrupt_messages(&rig.relay.number, 1, 1).unwrap();
    rig.sim
        .send_text(&rig.dora.number, &rig.relay.number, "garbled")
        .await
        .unwrap();
    assert_eq!(running.inbox.read("garbled").await.chat, direct(&rig.dora));
    assert_eq!(running.inbox.words(), ["well", "garbled"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn we_are_back_after_every_kind_of_goodbye() {
    let rig = Rig::start().await;
    let running = rig.running().await;
    let goodbyes = [
        Farewell::None,
        Farewell::Restart,
        Farewell::Unavailable,
        Farewell::StreamEnd,
        Farewell::NotWellFormed,
    ];
    for (number, farewell) in (1..).zip(goodbyes) {
        rig.sim.cut(&rig.relay.number, None, farewell).unwrap();
        running.offline().await;
        running.online().await;
        let words = format!("back from {farewell:?}");
        running
            .session
            .perform(&key(number), &say(&direct(&rig.emil), &words))
            .await
            .unwrap();
        rig.read_on(&rig.emil, &words).await;
    }
}
