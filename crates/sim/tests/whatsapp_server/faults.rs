//! Lost answers, garbled messages, cut connections, a server that is away.

use matrimony_sim_whatsapp::{AckFault, Farewell, NewGroup};
use whatsapp_rust::Jid;

use crate::companion::{Companion, DEADLINE, phone, server};

#[tokio::test(flavor = "multi_thread")]
async fn a_held_answer_comes_late_and_a_dropped_one_never() {
    let sim = server().await;
    let (dora, emil) = (phone(&sim, "dora"), phone(&sim, "emil"));
    let companion = Companion::link(&sim, &dora).await;
    let to = Jid::pn(emil.clone());
    sim.disturb_acks(&dora, AckFault::Hold, 1).expect("a fault");
    companion.send(&to, "held", "E001").await;
    sim.wait_for(&emil, 0, DEADLINE, |shown| shown.id == "E001")
        .await
        .expect("delivered all the same");
    assert_eq!(sim.release_acks(), 1);
    assert_eq!(companion.ack("E001").await, None);
    sim.disturb_acks(&dora, AckFault::Drop, 1).expect("a fault");
    companion.send(&to, "dropped", "E002").await;
    sim.wait_for(&emil, 0, DEADLINE, |shown| shown.id == "E002")
        .await
        .expect("delivered all the same");
    sim.disturb_acks(&dora, AckFault::LoseMessage, 1).expect("a fault");
    companion.send(&to, "lost", "E003").await;
    companion.send(&to, "after", "E004").await;
    assert_eq!(companion.ack("E004").await, None);
    sim.wait_for(&emil, 0, DEADLINE, |shown| shown.id == "E004")
        .await
        .expect("delivered");
    let ids: Vec<String> = sim
        .shown(&emil, 0)
        .expect("a screen")
        .into_iter()
        .map(|shown| shown.id)
        .collect();
    assert_eq!(ids, ["E001", "E002", "E004"]);
    let answered = |id: &str| {
        sim.stanza_log(0)
            .iter()
            .any(|entry| entry.stanza.starts_with("<ack class=\"message\"") && entry.stanza.contains(id))
    };
    assert!(!answered("E002") && !answered("E003"));
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_garbled_message_is_recovered_by_a_retry_in_both_directions() {
    let sim = server().await;
    let (dora, emil) = (phone(&sim, "dora"), phone(&sim, "emil"));
    let companion = Companion::link(&sim, &dora).await;
    let group = sim.create_group(&NewGroup {
        creator: dora.clone(),
        subject: "Garden".to_owned(),
        members: vec![emil.clone()],
    });
    let group = Jid::group(group.expect("a group").id);
    for (chat, round) in [(Jid::pn(emil.clone()), "direct"), (group.clone(), "group")] {
        let to = if round == "direct" {
            dora.clone()
        } else {
            chat.to_string()
        };
        sim.send_text(&emil, &to, &format!("{round} opening"))
            .await
            .expect("a text");
        companion.text(&format!("{round} opening")).await;
        sim.corrupt_messages(&dora, 1, 1).expect("a fault");
        sim.send_text(&emil, &to, &format!("{round} to the companion"))
            .await
            .expect("a text");
        companion.text(&format!("{round} to the companion")).await;
        sim.corrupt_messages(&emil, 0, 1).expect("a fault");
        let id = format!("E10{}", round.len());
        companion.send(&chat, &format!("{round} to the phone"), &id).await;
        sim.wait_for(&emil, 0, DEADLINE, |shown| shown.id == id)
            .await
            .expect("on emil's phone");
    }
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_connection_comes_back_and_finds_what_it_missed() {
    let sim = server().await;
    let (dora, emil) = (phone(&sim, "dora"), phone(&sim, "emil"));
    let companion = Companion::link(&sim, &dora).await;
    for farewell in [
        Farewell::Restart,
        Farewell::None,
        Farewell::Unavailable,
        Farewell::StreamEnd,
    ] {
        assert_eq!(sim.cut(&dora, None, farewell).expect("a cut"), 1);
        let text = format!("after {farewell:?}");
        sim.send_text(&emil, &dora, &text).await.expect("a text");
        companion.text(&text).await;
    }
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_was_away_delivers_what_waited_in_order() {
    let sim = server().await;
    let (dora, emil) = (phone(&sim, "dora"), phone(&sim, "emil"));
    let companion = Companion::link(&sim, &dora).await;
    sim.pause().await;
    for count in 0..5 {
        sim.send_text(&emil, &dora, &format!("waiting {count}"))
            .await
            .expect("a text");
    }
    sim.resume().await.expect("the port is still free");
    companion.connected().await;
    for count in 0..5 {
        companion.text(&format!("waiting {count}")).await;
    }
    companion.send(&Jid::pn(emil.clone()), "back again", "E201").await;
    assert_eq!(companion.ack("E201").await, None);
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_queue_arrives_whole_and_in_order() {
    let sim = server().await;
    let (dora, emil) = (phone(&sim, "dora"), phone(&sim, "emil"));
    let backend = Companion::link(&sim, &dora).await.shut_down().await;
    let group = sim.create_group(&NewGroup {
        creator: emil.clone(),
        subject: "Garden".to_owned(),
        members: vec![dora.clone()],
    });
    let group = group.expect("a group").id;
    for count in 0..500 {
        sim.send_text(&emil, &group, &format!("waiting {count}"))
            .await
            .expect("a text");
    }
    let companion = Companion::start(&sim, backend, None).await;
    for count in 0..500 {
        let message = companion.next_text().await;
        assert_eq!(message, format!("waiting {count}"));
    }
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_companion_cut_off_again_and_again_loses_nothing() {
    let sim = server().await;
    let (dora, emil) = (phone(&sim, "dora"), phone(&sim, "emil"));
    let companion = Companion::link(&sim, &dora).await;
    let mut expected = Vec::new();
    for round in 0..5 {
        for count in 0..20 {
            let text = format!("round {round} message {count}");
            sim.send_text(&emil, &dora, &text).await.expect("a text");
            expected.push(text);
            if count == 10 {
                sim.cut(&dora, None, Farewell::Restart).expect("a cut");
            }
        }
        companion.text(&format!("round {round} message 19")).await;
    }
    for text in expected.iter().filter(|text| !text.ends_with(" 19")) {
        companion.text(text).await;
    }
    sim.stop().await;
}
