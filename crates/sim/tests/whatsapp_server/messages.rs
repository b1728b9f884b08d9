//! Direct messages, answers and the queue.

use matrimony_sim_whatsapp::{Draft, Farewell};
use whatsapp_rust::Jid;
use whatsapp_rust::wacore::download::MediaType;
use whatsapp_rust::wacore::types::events::Event;
use whatsapp_rust::wacore::types::presence::ReceiptType;
use whatsapp_rust::waproto::buffa::MessageField;
use whatsapp_rust::waproto::whatsapp as wa;
use whatsapp_rust::waproto::whatsapp::message::ImageMessage;

use crate::companion::{Companion, DEADLINE, phone, server};

#[tokio::test(flavor = "multi_thread")]
async fn texts_go_both_ways_under_the_sender_s_ids() {
    let sim = server().await;
    let (dora, emil) = (phone(&sim, "dora"), phone(&sim, "emil"));
    let companion = Companion::link(&sim, &dora).await;
    companion.send(&Jid::pn(emil.clone()), "hello emil", "C001").await;
    assert_eq!(companion.ack("C001").await, None);
    let seen = sim
        .wait_for(&emil, 0, DEADLINE, |shown| shown.id == "C001")
        .await
        .expect("on emil's phone");
    assert_eq!(
        (seen.text.as_deref(), seen.sender.number),
        (Some("hello emil"), dora.clone())
    );
    companion
        .expect(
            "delivery receipt",
            |event| matches!(event, Event::Receipt(receipt) if receipt.message_ids.iter().any(|id| id == "C001")),
        )
        .await;
    let id = sim.send_text(&emil, &dora, "hello dora").await.expect("a text");
    let message = companion.text("hello dora").await;
    assert_eq!(
        (message.info.id.as_str(), message.info.push_name.as_str()),
        (id.as_str(), "emil")
    );
    sim.wait_for(&dora, 0, DEADLINE, |shown| shown.id == id)
        .await
        .expect("on dora's phone too");
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_on_the_phone_shows_on_its_companion() {
    let sim = server().await;
    let (dora, emil) = (phone(&sim, "dora"), phone(&sim, "emil"));
    let companion = Companion::link(&sim, &dora).await;
    sim.send_text(&dora, &emil, "typed by hand").await.expect("a text");
    let message = companion.text("typed by hand").await;
    assert!(message.info.source.is_from_me);
    assert_eq!(message.info.source.chat.user, emil);
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resent_id_shows_once() {
    let sim = server().await;
    let (dora, emil) = (phone(&sim, "dora"), phone(&sim, "emil"));
    let companion = Companion::link(&sim, &dora).await;
    let to = Jid::pn(emil.clone());
    companion.send(&to, "once", "C100").await;
    assert_eq!(companion.ack("C100").await, None);
    companion.send(&to, "once", "C100").await;
    assert_eq!(companion.ack("C100").await, None);
    companion.send(&to, "twice", "C101").await;
    sim.wait_for(&emil, 0, DEADLINE, |shown| shown.id == "C101")
        .await
        .expect("on emil's phone");
    assert_eq!(sim.shown(&emil, 0).expect("emil's screen").len(), 2);
    assert_eq!(sim.phone_info(&emil).expect("emil's phone").repeated, 1);
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_was_not_stored_comes_again() {
    let sim = server().await;
    let (dora, emil) = (phone(&sim, "dora"), phone(&sim, "emil"));
    let companion = Companion::link(&sim, &dora).await;
    companion.hook.fail_next(1);
    sim.send_text(&emil, &dora, "must not get lost").await.expect("a text");
    companion.hook.failed().await;
    assert!(
        sim.phone_info(&dora).expect("dora's phone").devices[0].queued > 0,
        "it was not acknowledged"
    );
    sim.cut(&dora, None, Farewell::Restart).expect("a cut");
    companion.text("must not get lost").await;
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_comes_out_as_it_went_in() {
    let sim = server().await;
    let (dora, emil) = (phone(&sim, "dora"), phone(&sim, "emil"));
    let (sender, receiver) = tokio::join!(Companion::link(&sim, &dora), Companion::link(&sim, &emil));
    let picture: Vec<u8> = (0..100_000_u32).map(|i| i.to_be_bytes()[3]).collect();
    let upload = sender
        .client
        .upload(picture.clone(), MediaType::Image, Default::default())
        .await;
    let upload = upload.expect("an upload");
    let image = ImageMessage {
        url: Some(upload.url.clone()),
        direct_path: Some(upload.direct_path.clone()),
        media_key: Some(upload.media_key.to_vec()),
        file_enc_sha256: Some(upload.file_enc_sha256.to_vec()),
        file_sha256: Some(upload.file_sha256.to_vec()),
        file_length: Some(upload.file_length),
        mimetype: Some("image/jpeg".to_owned()),
        caption: Some("beans".to_owned()),
        ..Default::default()
    };
    let message = wa::Message {
        image_message: MessageField::some(image),
        ..Default::default()
    };
    sender
        .client
        .send_message(Jid::pn(emil.clone()), message)
        .await
        .expect("a picture");
    let received = receiver
        .message("picture", |message| message.image_message.is_set())
        .await;
    let received = received
        .message
        .image_message
        .as_option()
        .expect("the picture that was just matched");
    assert_eq!(receiver.client.download(received).await.expect("a download"), picture);
    let seen = sim
        .wait_for(&emil, 0, DEADLINE, |shown| shown.kind == "image")
        .await
        .expect("on emil's phone");
    assert_eq!(seen.text.as_deref(), Some("beans"));
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn typing_and_reading_are_told() {
    let sim = server().await;
    let (dora, emil) = (phone(&sim, "dora"), phone(&sim, "emil"));
    let (one, other) = tokio::join!(Companion::link(&sim, &dora), Companion::link(&sim, &emil));
    let (to_emil, to_dora) = (Jid::pn(emil.clone()), Jid::pn(dora.clone()));
    one.client.chatstate().send_composing(&to_emil).await.expect("typing");
    other
        .expect("typing", |event| matches!(event, Event::ChatPresence(_)))
        .await;
    sim.set_typing(&dora, &emil, true).expect("typing on the phone");
    other
        .expect("typing", |event| matches!(event, Event::ChatPresence(_)))
        .await;
    one.send(&to_emil, "read me", "C200").await;
    other.text("read me").await;
    other
        .client
        .mark_as_read(&to_dora, None, &["C200"])
        .await
        .expect("read");
    one.expect("read receipt", |event| {
        matches!(event, Event::Receipt(receipt) if receipt.r#type == ReceiptType::Read && receipt.message_ids[0] == "C200")
    })
    .await;
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_reactions_edits_and_revokes_reach_a_companion() {
    let sim = server().await;
    let (dora, emil) = (phone(&sim, "dora"), phone(&sim, "emil"));
    let companion = Companion::link(&sim, &dora).await;
    let target = sim.send_text(&emil, &dora, "tomatoes?").await.expect("a text");
    companion.text("tomatoes?").await;
    let answer = Draft::Text {
        text: "please".to_owned(),
        quote: Some(target.clone()),
    };
    sim.send(&emil, &dora, answer).await.expect("an answer");
    let quoting = companion.text("please").await;
    let context = quoting
        .message
        .extended_text_message
        .as_option()
        .and_then(|text| text.context_info.as_option());
    assert_eq!(context.and_then(|context| context.stanza_id.as_ref()), Some(&target));
    let reaction = Draft::Reaction {
        react: "🍅".to_owned(),
        target: target.clone(),
    };
    sim.send(&emil, &dora, reaction).await.expect("a reaction");
    companion
        .message("reaction", |message| message.reaction_message.is_set())
        .await;
    let edit = Draft::Edit {
        edit: target.clone(),
        text: "tomatoes!".to_owned(),
    };
    sim.send(&emil, &dora, edit).await.expect("an edit");
    companion
        .message("edit", |message| message.protocol_message.is_set())
        .await;
    sim.send(&emil, &dora, Draft::Revoke { revoke: target })
        .await
        .expect("a revoke");
    companion
        .message("revoke", |message| message.protocol_message.is_set())
        .await;
    sim.stop().await;
}
