//! Uniting chats, and why not.

use crate::polls::polled;
use crate::world::{World, chat};
use matrimony_domain::NetworkKind::{Matrix, Signal, WhatsApp};
use matrimony_domain::{ChatKey, LoginId, Name, PersonKey};
use matrimony_ledger::Rooms;
use matrimony_service::{DetachRefused, HomeChat, RelayRefused, UniteRefused, UniteRequest};

fn request(chats: Vec<(LoginId, ChatKey)>) -> UniteRequest {
    UniteRequest {
        name: None,
        chats,
        home: HomeChat::None,
    }
}

#[tokio::test]
async fn a_new_matrix_room_is_the_home_and_everybody_is_announced() {
    let world = World::start().await;
    let room = world.service.unite(UniteRequest {
        name: Name::new("friends"),
        chats: world.pair("choir"),
        home: HomeChat::New {
            invite: vec![PersonKey::new(Matrix, "@nina:example.org")],
        },
    });
    let room = room.await.expect("united");
    assert_eq!(room.name.reveal(), "friends");
    let networks: Vec<_> = room.portals.iter().map(|portal| portal.network).collect();
    assert_eq!(networks, [Matrix, Signal, WhatsApp]);
    assert_eq!(world.matrix.state().announced[&chat(Matrix, "made 1")], 2);
    assert_eq!(world.service.rooms().await.expect("listed"), [room]);
}

#[tokio::test]
async fn the_first_named_chat_names_the_room() {
    let world = World::start().await;
    assert_eq!(world.unite().await.name.reveal(), "the choir");
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_and_changes_nothing() {
    let world = World::start().await;
    let [signal, whatsapp] = <[_; 2]>::try_from(world.pair("choir")).expect("two");
    let (nobody, elsewhere) = (LoginId(99), chat(Signal, "a chat without the relay"));
    let refusals = [
        (vec![], "a room needs at least two chats"),
        (vec![signal.clone()], "a room needs at least two chats"),
        (vec![signal.clone(), signal.clone()], "is named twice"),
        (
            vec![signal.clone(), (nobody, whatsapp.1.clone())],
            "there is no login 99",
        ),
        (
            vec![signal.clone(), (signal.0, whatsapp.1.clone())],
            "cannot speak in a WhatsApp chat",
        ),
        (
            vec![whatsapp.clone(), (signal.0, elsewhere)],
            "add its account to that chat first",
        ),
    ];
    for (chats, why) in refusals {
        let refused = world.service.unite(request(chats)).await.expect_err(why).to_string();
        assert!(refused.contains(why), "{refused}");
    }
    assert_eq!(world.ledger.rooms().await.expect("reads"), []);
}

#[tokio::test]
async fn a_united_chat_names_its_room() {
    let world = World::start().await;
    let room = world.unite().await;
    let again = world.service.unite(request(world.pair("choir"))).await;
    let Err(UniteRefused::AlreadyUnited { room: named, .. }) = again else {
        panic!("refused for another reason: {again:?}")
    };
    assert_eq!(named, room.id);
}

#[tokio::test]
async fn of_two_callers_at_once_one_wins() {
    let world = World::start().await;
    let (one, other) = tokio::join!(
        world.service.unite(request(world.pair("choir"))),
        world.service.unite(request(world.pair("choir"))),
    );
    let (won, lost) = if one.is_ok() { (one, other) } else { (other, one) };
    let won = won.expect("one wins");
    assert!(
        matches!(lost, Err(UniteRefused::AlreadyUnited { room, .. }) if room == won.id),
        "{lost:?}"
    );
    assert_eq!(world.service.rooms().await.expect("listed"), [won]);
}

#[tokio::test]
async fn a_caller_who_goes_away_leaves_no_half_room() {
    let world = World::start().await;
    for times in 1.. {
        let united = polled(times, world.service.unite(request(world.pair("choir")))).await;
        world.until_united(2).await;
        for (_, chat) in world.pair("choir") {
            world.service.detach(&chat).await.expect("detached");
        }
        if united.is_some() {
            return;
        }
    }
}

#[tokio::test]
async fn nothing_is_united_while_we_stop() {
    let world = World::start().await;
    world.service.stop(std::time::Duration::from_secs(2)).await;
    let refused = world.service.unite(request(world.pair("choir"))).await;
    assert!(matches!(refused, Err(UniteRefused::Stopping)), "{refused:?}");
    assert_eq!(world.ledger.rooms().await.expect("reads"), []);
}

#[tokio::test]
async fn a_homeserver_that_makes_no_room_leaves_the_chats_free() {
    let world = World::start().await;
    world.matrix.state().makes_no_chat = true;
    let refused = world.service.unite(UniteRequest {
        home: HomeChat::New { invite: Vec::new() },
        ..request(world.pair("choir"))
    });
    let refused = refused.await.expect_err("no room, no union").to_string();
    assert_eq!(refused, "the Matrix room was not made: the homeserver is full");
    assert_eq!(world.service.rooms().await.expect("listed"), []);
    world.unite().await;
}

#[tokio::test]
async fn a_detached_chat_can_be_united_again() {
    let world = World::start().await;
    world.unite().await;
    let signal = chat(Signal, "choir");
    world.service.detach(&signal).await.expect("detached");
    let again = world.service.detach(&signal).await;
    assert!(matches!(again, Err(DetachRefused::NotUnited { .. })), "{again:?}");
    let rooms = world.service.rooms().await.expect("listed");
    assert_eq!(rooms[0].portals.len(), 1);
    let chats = vec![
        (world.relays.signal, signal),
        (world.relays.whatsapp, chat(WhatsApp, "garden")),
    ];
    world.service.unite(request(chats)).await.expect("united anew");
}

#[tokio::test]
async fn a_relay_that_cannot_speak_there_is_refused() {
    let world = World::start().await;
    world.unite().await;
    let foreign = world
        .service
        .set_relay(&chat(Signal, "choir"), world.relays.whatsapp)
        .await;
    assert!(
        matches!(foreign, Err(RelayRefused::Login(UniteRefused::WrongNetwork { .. }))),
        "{foreign:?}"
    );
    let free = world
        .service
        .set_relay(&chat(Signal, "garden"), world.relays.signal)
        .await;
    assert!(matches!(free, Err(RelayRefused::NotUnited { .. })), "{free:?}");
    world
        .service
        .set_relay(&chat(Signal, "choir"), world.relays.signal)
        .await
        .expect("the same is fine");
}

impl World {
    /// Waits until there is one room, of so many chats.
    async fn until_united(&self, chats: usize) {
        let united = async {
            loop {
                let rooms = self.service.rooms().await.expect("listed");
                if rooms.len() == 1 && rooms[0].portals.len() == chats {
                    return;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(crate::PATIENCE, united)
            .await
            .expect("they are united in time");
    }
}
