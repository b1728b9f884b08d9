//! Ways to lose a login, and ways to get it back.

use matrimony_sim_whatsapp::{Farewell, LoginRefusal};
use whatsapp_rust::wacore::types::events::Event;

use crate::companion::{Companion, phone, server};

#[tokio::test(flavor = "multi_thread")]
async fn an_unlinked_companion_is_logged_out_for_good() {
    let sim = server().await;
    let dora = phone(&sim, "dora");
    let companion = Companion::link(&sim, &dora).await;
    sim.unlink(&dora, 1).expect("unlinked");
    companion
        .expect(
            "LoggedOut",
            |event| matches!(event, Event::LoggedOut(out) if !out.on_connect),
        )
        .await;
    assert!(sim.phone_info(&dora).expect("dora's phone").devices.is_empty());
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_companion_unlinked_while_away_learns_it_at_its_next_login() {
    let sim = server().await;
    let dora = phone(&sim, "dora");
    let backend = Companion::link(&sim, &dora).await.shut_down().await;
    sim.unlink(&dora, 1).expect("unlinked");
    let companion = Companion::start(&sim, backend, None).await;
    companion
        .expect(
            "LoggedOut",
            |event| matches!(event, Event::LoggedOut(out) if out.on_connect),
        )
        .await;
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replaced_companion_stays_away() {
    let sim = server().await;
    let dora = phone(&sim, "dora");
    let companion = Companion::link(&sim, &dora).await;
    sim.cut(&dora, Some(1), Farewell::Replaced).expect("a cut");
    companion
        .expect("StreamReplaced", |event| matches!(event, Event::StreamReplaced(_)))
        .await;
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_client_on_the_same_device_replaces_the_first() {
    let sim = server().await;
    let dora = phone(&sim, "dora");
    let first = Companion::link(&sim, &dora).await;
    let second = Companion::start(&sim, first.backend.clone(), None).await;
    second.connected().await;
    first
        .expect("StreamReplaced", |event| matches!(event, Event::StreamReplaced(_)))
        .await;
    sim.stop().await;
}

/// Cuts a companion and lets its next login meet a refusal.
async fn refused(refusal: LoginRefusal, what: &str, wanted: impl Fn(&Event) -> bool) {
    let sim = server().await;
    let dora = phone(&sim, "dora");
    let companion = Companion::link(&sim, &dora).await;
    sim.refuse_logins(&dora, Some(refusal)).expect("a refusal");
    sim.cut(&dora, None, Farewell::Restart).expect("a cut");
    companion.expect(what, wanted).await;
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ban_an_outdated_client_and_a_locked_account_are_told_apart() {
    let ban = LoginRefusal {
        code: Some(104),
        expire: Some(3600),
        ..LoginRefusal::reason(402)
    };
    tokio::join!(
        refused(ban, "TemporaryBan", |event| matches!(event, Event::TemporaryBan(_))),
        refused(LoginRefusal::reason(405), "ClientOutdated", |event| matches!(
            event,
            Event::ClientOutdated(_)
        )),
        refused(LoginRefusal::reason(403), "LoggedOut", |event| {
            matches!(event, Event::LoggedOut(out) if out.on_connect)
        }),
        refused(LoginRefusal::reason(401), "LoggedOut", |event| {
            matches!(event, Event::LoggedOut(out) if out.on_connect)
        }),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unavailable_service_is_tried_again_until_it_is_back() {
    let sim = server().await;
    let (dora, emil) = (phone(&sim, "dora"), phone(&sim, "emil"));
    let companion = Companion::link(&sim, &dora).await;
    let refusal = LoginRefusal {
        times: Some(2),
        ..LoginRefusal::reason(503)
    };
    sim.refuse_logins(&dora, Some(refusal)).expect("a refusal");
    sim.cut(&dora, None, Farewell::Restart).expect("a cut");
    sim.send_text(&emil, &dora, "well again").await.expect("a text");
    companion.text("well again").await;
    sim.stop().await;
}
