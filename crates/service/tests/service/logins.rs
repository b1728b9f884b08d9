//! Linking accounts.

use crate::polls::polled;
use crate::world::{World, relay};
use matrimony_domain::LoginRole;
use matrimony_domain::NetworkKind::{Matrix, Signal, WhatsApp};
use matrimony_network::{LoginError, LoginMethod};
use matrimony_service::{BeginLoginError, ChatsError, LoginFlow, LoginStep};
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
async fn an_account_is_taken_in_wherever_its_caller_went_away() {
    let world = World::start().await;
    for times in 1.. {
        let opened = world.signal.state().opened;
        let mut flow = world.link_signal().await;
        let finished = polled(times, flow.next()).await;
        drop(flow);
        world.signal.until(|state| state.opened == opened + 1).await;
        if finished.is_some() {
            return;
        }
    }
}

#[tokio::test]
async fn the_next_call_hears_how_it_went() {
    let world = World::start().await;
    let mut flow = world.link_signal().await;
    assert!(polled(1, flow.next()).await.is_none());
    assert!(!flow.is_over());
    let LoginStep::Done(linked) = flow.next().await else {
        panic!("the fake links at once")
    };
    assert_eq!((linked.login, linked.relinked), (world.relays.signal, true));
    assert!(flow.is_over());
}

#[tokio::test]
async fn what_is_linked_is_not_cancelled_any_more() {
    let world = World::start().await;
    let mut flow = world.link_signal().await;
    assert!(polled(1, flow.next()).await.is_none());
    flow.cancel().await;
    assert!(flow.is_over());
    assert!(matches!(flow.next().await, LoginStep::Done(_)));
    world.signal.until(|state| state.opened == 2).await;
}

#[tokio::test]
async fn an_account_that_the_stop_overtook_names_the_cure() {
    let world = World::start().await;
    let mut flow = world.link_signal().await;
    world.service.stop(Duration::from_secs(2)).await;
    let LoginStep::Failed(why) = flow.next().await else {
        panic!("nobody takes it in any more")
    };
    assert!(why.as_str().ends_with("start it and link the account again"), "{why}");
    assert!(flow.is_over());
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

impl World {
    /// Begins to link the Signal relay, which is linked and open already.
    async fn link_signal(&self) -> LoginFlow {
        let flow = self.service.begin_login(Signal, LoginMethod::Qr, LoginRole::Relay);
        flow.await.expect("begins")
    }
}
