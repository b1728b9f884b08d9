//! Linking, and coming back.

use std::sync::Arc;

use matrimony_sim_whatsapp::{ControlError, Handshake, NewPhone, PairingError};
use whatsapp_rust::Jid;
use whatsapp_rust::wacore::store::InMemoryBackend;
use whatsapp_rust::wacore::types::events::Event;

use crate::companion::{Companion, DEADLINE, phone, server};

#[tokio::test(flavor = "multi_thread")]
async fn a_qr_code_links_a_companion() {
    let sim = server().await;
    let dora = phone(&sim, "dora");
    let companion = Companion::link(&sim, &dora).await;
    let info = sim.phone_info(&dora).expect("dora's phone");
    assert_eq!(info.devices.len(), 1);
    assert!(info.devices[0].online);
    assert_eq!(companion.client.lid().map(|lid| lid.user.to_string()), Some(info.lid));
    companion
        .expect("history", |event| matches!(event, Event::HistorySync(_)))
        .await;
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_code_links_a_companion_and_the_phone_tells_its_name() {
    let sim = server().await;
    let emil = phone(&sim, "emil");
    let companion = Companion::start(&sim, Arc::new(InMemoryBackend::new()), Some(&emil)).await;
    let shown = companion
        .expect("a link code", |event| matches!(event, Event::PairingCode(_)))
        .await;
    let Event::PairingCode(code) = &*shown else {
        unreachable!("the event was just matched");
    };
    let wrong = sim.enter_code(&emil, "nonsense?");
    assert!(matches!(
        wrong,
        Err(ControlError::Pairing(PairingError::NotAPairingCode(_)))
    ));
    sim.enter_code(&emil, &code.code).expect("the code fits");
    companion.connected().await;
    companion
        .expect(
            "push name",
            |event| matches!(event, Event::SelfPushNameUpdated(name) if name.new_name == "emil"),
        )
        .await;
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_used_code_is_expired() {
    let sim = server().await;
    let dora = phone(&sim, "dora");
    let companion = Companion::start(&sim, Arc::new(InMemoryBackend::new()), None).await;
    let shown = companion
        .expect("a QR code", |event| matches!(event, Event::PairingQrCode(_)))
        .await;
    let Event::PairingQrCode(qr) = &*shown else {
        unreachable!("the event was just matched");
    };
    sim.scan_qr(&dora, &qr.code).expect("a fresh code");
    let again = sim.scan_qr(&dora, &qr.code);
    assert!(matches!(again, Err(ControlError::Pairing(PairingError::Expired))));
    companion.connected().await;
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restarted_companion_comes_back_with_ik_and_finds_its_queue() {
    let sim = server().await;
    let (dora, emil) = (phone(&sim, "dora"), phone(&sim, "emil"));
    let companion = Companion::link(&sim, &dora).await;
    sim.send_text(&emil, &dora, "before").await.expect("a text");
    companion.text("before").await;
    let backend = companion.shut_down().await;
    sim.send_text(&emil, &dora, "while away").await.expect("a text");
    assert!(sim.phone_info(&dora).expect("dora's phone").devices[0].queued > 0);
    let companion = Companion::start(&sim, backend, None).await;
    companion.text("while away").await;
    assert_eq!(
        sim.phone_info(&dora).expect("dora's phone").devices[0].handshake,
        Some(Handshake::Ik)
    );
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_companions_of_one_account_see_what_the_other_sends() {
    let sim = server().await;
    let (dora, emil) = (phone(&sim, "dora"), phone(&sim, "emil"));
    let first = Companion::link(&sim, &dora).await;
    let second = Companion::link(&sim, &dora).await;
    first.send(&Jid::pn(emil.clone()), "from the first", "AA01").await;
    assert!(second.text("from the first").await.info.source.is_from_me);
    let seen = sim
        .wait_for(&dora, 0, DEADLINE, |shown| shown.id == "AA01")
        .await
        .expect("on dora's phone");
    assert!(seen.from_me);
    sim.wait_for(&emil, 0, DEADLINE, |shown| shown.id == "AA01")
        .await
        .expect("on emil's phone");
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_with_lid_chats_is_addressed_by_lid() {
    let sim = server().await;
    let emil = phone(&sim, "emil");
    let migrated = NewPhone {
        lid_chats: true,
        ..NewPhone::named("nina")
    };
    let nina = sim.add_phone(migrated).expect("nina's phone");
    let companion = Companion::link(&sim, &nina.number).await;
    companion.send(&Jid::pn(emil.clone()), "by lid", "AB01").await;
    sim.wait_for(&emil, 0, DEADLINE, |shown| shown.id == "AB01")
        .await
        .expect("on emil's phone");
    sim.send_text(&emil, &nina.lid, "back").await.expect("a text");
    companion.text("back").await;
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_companion_that_is_linked_later_is_written_to() {
    let sim = server().await;
    let (dora, emil) = (phone(&sim, "dora"), phone(&sim, "emil"));
    let writer = Companion::link(&sim, &dora).await;
    let to = Jid::pn(emil.clone());
    writer.send(&to, "to the phone alone", "AC01").await;
    assert_eq!(writer.ack("AC01").await, None);
    let late = Companion::link(&sim, &emil).await;
    writer
        .expect("device list", |event| matches!(event, Event::DeviceListUpdate(_)))
        .await;
    writer.send(&to, "to the companion too", "AC02").await;
    late.text("to the companion too").await;
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_companion_sets_the_other_learns() {
    let sim = server().await;
    let (dora, emil) = (phone(&sim, "dora"), phone(&sim, "emil"));
    let first = Companion::link(&sim, &dora).await;
    let second = Companion::link(&sim, &dora).await;
    let chat = Jid::pn(emil);
    first
        .client
        .chat_actions()
        .pin_chat(&chat)
        .await
        .expect("a pinned chat");
    second.expect("pin", |event| matches!(event, Event::PinUpdate(_))).await;
    second
        .client
        .chat_actions()
        .unpin_chat(&chat)
        .await
        .expect("an unpinned chat");
    first
        .expect("pin", |event| matches!(event, Event::PinUpdate(pin) if pin.jid == chat))
        .await;
    sim.stop().await;
}
