//! Both ways, as ghosts and as people.

use crate::house::{House, key, says, says_as};
use matrimony_domain::{ChatKey, Mark, NetworkKind, PersonKey, Text};
use matrimony_network::{BridgedChat, SendError};
use serde_json::json;

#[tokio::test]
async fn people_of_other_networks_speak_as_themselves_and_matrix_people_are_heard() {
    let mut house = House::start().await;
    let nina = house.user("nina").await;
    let room = house.room_with(&nina).await;

    let mut hello = Text::plain("hello @nina");
    hello.mark(0..5, Mark::Bold);
    hello.mark(6..11, Mark::Mention(PersonKey::new(NetworkKind::Matrix, nina.id())));
    house
        .session
        .perform(&key(1), &says(&room, "Alice", hello))
        .await
        .unwrap();

    let seen = nina.awaits(&room, 1).await;
    assert_eq!(seen[0].sender, "@_signal_aci-of-alice:mx.test");
    assert_eq!(nina.name_of(&room, &seen[0].sender).await.unwrap(), "Alice");
    assert_eq!(seen[0].content["m.mentions"], json!({ "user_ids": [nina.id()] }));
    assert!(
        seen[0].content["formatted_body"]
            .as_str()
            .unwrap()
            .contains("<strong>hello</strong>")
    );
    assert_eq!(seen[0].at, 1_700_000_000_000, "the message shows when it was written");

    nina.say(&room, "hello alice").await;
    assert_eq!(
        house.memory.hears(&room, 1).await,
        [("nina".to_owned(), "hello alice".to_owned())]
    );

    // The name changes with the person, and Alice's own words have not come back to us.
    house
        .session
        .perform(&key(2), &says(&room, "Alice", Text::plain("again")))
        .await
        .unwrap();
    house
        .session
        .perform(&key(3), &says_as(&room, "Alice", "Alice Lee"))
        .await
        .unwrap();
    nina.knows(&room, "@_signal_aci-of-alice:mx.test", "Alice Lee").await;
    nina.say(&room, "congratulations").await;
    let heard = house.memory.hears(&room, 2).await;
    assert_eq!(heard[1].1, "congratulations");

    let people = house.session.members(&room).await.unwrap();
    assert_eq!(people.len(), 1, "ghosts stand for members of other chats");
    let chats = house.session.chats().await.unwrap();
    assert_eq!(chats.len(), 1, "the control room is not a chat");
    assert_eq!(chats[0].name.as_ref().unwrap().reveal(), "Family");

    let bridged = |id: &str| BridgedChat {
        chat: ChatKey::new(NetworkKind::Signal, id),
        name: None,
    };
    house
        .session
        .announce(&room, &[bridged("a/b=="), bridged("c")])
        .await
        .unwrap();
    house.session.announce(&room, &[bridged("a/b==")]).await.unwrap();
    let states = nina.state(&room, "m.bridge").await;
    let full: Vec<_> = states
        .iter()
        .filter(|state| state["content"]["channel"]["id"] == "a/b==")
        .collect();
    assert_eq!((states.len(), full.len()), (2, 1));
    assert!(
        states.iter().any(|state| state["content"] == json!({})),
        "what is no longer bridged is emptied"
    );
    house.stop_session().await;
}

#[tokio::test]
async fn a_repeat_is_the_same_message_even_over_a_restart_of_synapse() {
    let mut house = House::start().await;
    let nina = house.user("nina").await;
    let room = house.room_with(&nina).await;
    let action = says(&room, "Alice", Text::plain("once"));
    let first = house.session.perform(&key(9), &action).await.unwrap();
    assert_eq!(house.session.perform(&key(9), &action).await.unwrap(), first);

    house.stop_synapse().await;
    house.offline().await;
    let refused = house.session.perform(&key(10), &action).await.unwrap_err();
    assert!(matches!(refused, SendError::Later { .. }), "{refused}");
    house.start_synapse().await;
    house.online().await;

    assert_eq!(house.session.perform(&key(9), &action).await.unwrap(), first);
    house
        .session
        .perform(&key(11), &says(&room, "Alice", Text::plain("twice")))
        .await
        .unwrap();
    let bodies: Vec<String> = nina
        .awaits(&room, 2)
        .await
        .iter()
        .map(|seen| seen.body().to_owned())
        .collect();
    assert_eq!(bodies, ["once", "twice"]);
    house.stop_session().await;
}

#[tokio::test]
async fn a_ghost_that_was_removed_comes_back_when_its_person_speaks() {
    let mut house = House::start().await;
    let nina = house.user("nina").await;
    let room = house.room_with(&nina).await;
    house
        .session
        .perform(&key(1), &says(&room, "Alice", Text::plain("one")))
        .await
        .unwrap();
    nina.kick(&room, "@_signal_aci-of-alice:mx.test").await;
    house
        .session
        .perform(&key(2), &says(&room, "Alice", Text::plain("two")))
        .await
        .unwrap();
    // In another room she needs her network behind her name; here she keeps her own.
    let other = house.room_with(&nina).await;
    house
        .session
        .perform(&key(3), &says_as(&other, "Alice", "Alice (Signal)"))
        .await
        .unwrap();
    nina.knows(&other, "@_signal_aci-of-alice:mx.test", "Alice (Signal)")
        .await;
    nina.knows(&room, "@_signal_aci-of-alice:mx.test", "Alice").await;
    assert_eq!(nina.awaits(&room, 2).await.len(), 2);

    let elsewhere = says(
        &ChatKey::new(NetworkKind::Matrix, "!nowhere"),
        "Alice",
        Text::plain("x"),
    );
    let refused = house.session.perform(&key(4), &elsewhere).await.unwrap_err();
    assert!(
        matches!(&refused, SendError::Refused(why) if why.as_str().contains("bot")),
        "{refused}"
    );
    let huge = says(&room, "Alice", Text::plain("x".repeat(70_000)));
    let refused = house.session.perform(&key(5), &huge).await.unwrap_err();
    assert!(
        matches!(&refused, SendError::Refused(why) if why.as_str().contains("large")),
        "{refused}"
    );
    house.stop_session().await;
}

#[tokio::test]
async fn a_session_brings_its_synapse_along_and_takes_it_away() {
    let mut house = House::start_as_one().await;
    let nina = house.user("nina").await;
    let room = house.room_with(&nina).await;
    nina.say(&room, "is anybody here?").await;
    house.memory.hears(&room, 1).await;
    house.stop_session().await;
    assert!(!house.has_synapse().await);
}
