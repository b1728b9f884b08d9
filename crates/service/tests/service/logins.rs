//! Linking accounts.

use crate::world::{World, relay};
use matrimony_domain::LoginRole;
use matrimony_domain::NetworkKind::{Matrix, Signal, WhatsApp};
use matrimony_network::{LoginError, LoginMethod};
use matrimony_service::{BeginLoginError, ChatsError, LoginStep};
use std::time::Duration;

#[tokio::test]
async fn a_way_that_the_network_does_not_offer_is_refused() {
    let world = World::start().await;
    let flow = world
        .service
        .begin_login(Signal, LoginMethod::PairCode, LoginRole::Relay)
        .await;
    assert!(matches!(
        flow.err(),
        Some(BeginLoginError::Network(LoginError::NotOffered))
    ));
    assert_eq!(world.service.login_methods(Signal), [LoginMethod::Qr]);
}

#[tokio::test]
async fn a_finished_flow_says_so_again() {
    let world = World::start().await;
    let mut flow = world
        .service
        .begin_login(Signal, LoginMethod::Qr, LoginRole::Relay)
        .await
        .expect("begins");
    let first = flow.next().await;
    assert!(matches!(first, LoginStep::Done(_)));
    assert_eq!(flow.next().await, first);
    world.signal.until(|state| state.opened == 2).await;
    assert_eq!(
        world.service.status().await.expect("status").logins.len(),
        3,
        "the account is known"
    );
}

#[tokio::test]
async fn no_flow_begins_while_we_stop() {
    let world = World::start().await;
    world.service.stop(Duration::from_secs(2)).await;
    let flow = world
        .service
        .begin_login(Signal, LoginMethod::Qr, LoginRole::Relay)
        .await;
    assert!(matches!(flow.err(), Some(BeginLoginError::Stopping)));
}

#[tokio::test]
async fn an_account_that_is_open_stays_at_work_when_it_is_added_again() {
    let world = World::start().await;
    let again = world.service.add_account(&relay(Matrix)).await.expect("added");
    assert_eq!(again.account.login, world.relays.matrix);
    assert_eq!(world.matrix.state().opened, 1);
}

#[tokio::test]
async fn chats_are_listed_with_their_rooms() {
    let world = World::start().await;
    let room = world.unite().await;
    let mut chats = world.service.chats(Some(WhatsApp)).await.expect("listed");
    chats.sort_by(|a, b| a.chat.cmp(&b.chat));
    let rooms: Vec<_> = chats.iter().map(|listing| listing.room).collect();
    assert_eq!(rooms, [Some(room.id), None]);
    assert!(
        chats
            .iter()
            .all(|listing| listing.login == world.relays.whatsapp && listing.members == Some(1))
    );
}

#[tokio::test]
async fn chats_of_a_service_without_logins_are_asked_for_in_vain() {
    let world = World::start().await;
    world.service.stop(Duration::from_secs(2)).await;
    let error = world.service.chats(Some(Signal)).await.expect_err("nobody answers");
    assert!(matches!(error, ChatsError::Unanswered { .. }), "{error}");
}
