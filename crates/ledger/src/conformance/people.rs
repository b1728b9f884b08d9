//! People and who is in which chat.

use super::Backend;
use super::given::{self, START, at, chat, message, name, new_event, united};
use crate::Person;
use matrimony_domain::{NetworkKind, PersonKey, RoomId};

fn key(id: &str) -> PersonKey {
    PersonKey::new(NetworkKind::WhatsApp, id)
}

fn person(id: &str, alias: Option<&str>, called: Option<&str>) -> Person {
    Person {
        key: key(id),
        alias: alias.map(key),
        name: called.map(name),
    }
}

/// A person is found by key and by alias; a network's ids are its own.
pub async fn a_person_is_found_by_either_key(backend: &mut dyn Backend) {
    let ledger = backend.ledger();
    let dora = person("lid-1", Some("number-1"), Some("dora"));
    ledger.know_people(std::slice::from_ref(&dora), START).await.unwrap();
    for id in ["lid-1", "number-1"] {
        assert_eq!(ledger.person(&key(id)).await.unwrap(), Some(dora.clone()));
    }
    assert_eq!(ledger.person(&key("lid-2")).await.unwrap(), None);
    let elsewhere = PersonKey::new(NetworkKind::Signal, "lid-1");
    assert_eq!(ledger.person(&elsewhere).await.unwrap(), None);
}

/// What is not told leaves what is known; what is told replaces it.
pub async fn what_is_not_told_stays(backend: &mut dyn Backend) {
    let ledger = backend.ledger();
    let told = [
        person("lid-1", Some("number-1"), Some("dora")),
        person("lid-1", None, None),
        person("number-1", None, Some("dora d")),
    ];
    ledger.know_people(&told, START).await.unwrap();
    let known = ledger.person(&key("number-1")).await.unwrap();
    assert_eq!(known, Some(person("lid-1", Some("number-1"), Some("dora d"))));
    ledger
        .know_people(&[person("lid-1", Some("number-2"), None)], at(1))
        .await
        .unwrap();
    let known = ledger.person(&key("lid-1")).await.unwrap();
    assert_eq!(known, Some(person("lid-1", Some("number-2"), Some("dora d"))));
    assert_eq!(ledger.person(&key("number-1")).await.unwrap(), None);
}

/// Somebody first known by what turns out to be an alias is one person, and keeps the name.
pub async fn two_keys_of_one_person_become_one(backend: &mut dyn Backend) {
    let ledger = backend.ledger();
    ledger
        .know_people(&[person("number-1", None, Some("dora"))], START)
        .await
        .unwrap();
    ledger.know_people(&[person("lid-1", None, None)], START).await.unwrap();
    ledger
        .know_people(&[person("lid-1", Some("number-1"), None)], START)
        .await
        .unwrap();
    let dora = Some(person("lid-1", Some("number-1"), Some("dora")));
    assert_eq!(ledger.person(&key("number-1")).await.unwrap(), dora);
    assert_eq!(ledger.person(&key("lid-1")).await.unwrap(), dora);
}

/// A number that was given to somebody else belongs to them now.
pub async fn an_alias_moves_to_its_new_owner(backend: &mut dyn Backend) {
    let ledger = backend.ledger();
    let told = [
        person("lid-1", Some("number-1"), Some("dora")),
        person("lid-2", Some("number-1"), Some("emil")),
    ];
    ledger.know_people(&told, START).await.unwrap();
    let emil = ledger.person(&key("number-1")).await.unwrap();
    assert_eq!(emil, Some(person("lid-2", Some("number-1"), Some("emil"))));
    let dora = ledger.person(&key("lid-1")).await.unwrap();
    assert_eq!(dora, Some(person("lid-1", None, Some("dora"))));
}

/// A room's people are the members of its chats and whoever has spoken in it, each once.
pub async fn a_rooms_people_are_members_and_speakers(backend: &mut dyn Backend) {
    let town = united(backend).await;
    let members = [
        person("dora", Some("dora-number"), Some("dora")),
        person("emil", None, None),
    ];
    town.ledger
        .set_members(&town.whatsapp.chat, &members, START)
        .await
        .unwrap();
    town.heard(&town.signal, "one").await;
    let mut again = message(&town.whatsapp, "two");
    again.sender.person = key("dora-number");
    again.sender.name = None;
    new_event(&town.ledger.accept(&again, START).await.unwrap());
    let people = town.ledger.room_people(town.room).await.unwrap();
    let mut names: Vec<_> = people.iter().map(|p| p.key.id.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["alice", "dora", "emil"]);
    let dora = people.iter().find(|p| p.key.id == "dora");
    assert_eq!(dora.and_then(|p| p.name.clone()), Some(name("dora")));
    assert!(town.ledger.room_people(RoomId(999)).await.unwrap().is_empty());
}

/// A list of members replaces the one before; whoever has spoken stays one of the room's people.
pub async fn members_are_replaced(backend: &mut dyn Backend) {
    let town = united(backend).await;
    let chat = &town.signal.chat;
    let signal = |id: &str| Person {
        key: PersonKey::new(NetworkKind::Signal, id),
        alias: None,
        name: Some(name(id)),
    };
    town.ledger
        .set_members(chat, &[signal("alice"), signal("bob")], START)
        .await
        .unwrap();
    town.heard(&town.signal, "from alice").await;
    town.ledger.set_members(chat, &[signal("nina")], at(1)).await.unwrap();
    let people = town.ledger.room_people(town.room).await.unwrap();
    let ids: Vec<_> = people.iter().map(|p| p.key.id.as_str()).collect();
    assert_eq!(ids, ["alice", "nina"]);
    assert!(
        town.ledger.person(&signal("bob").key).await.unwrap().is_some(),
        "still known"
    );
}

/// Members may be told before the chat hangs on a room.
pub async fn members_may_come_before_the_room(backend: &mut dyn Backend) {
    let town = united(backend).await;
    let early = chat(NetworkKind::WhatsApp, "early");
    town.ledger
        .set_members(&early, &[person("dora", None, None)], START)
        .await
        .unwrap();
    let room = given::room(&*town.ledger, "the band").await.id;
    assert!(town.ledger.room_people(room).await.unwrap().is_empty());
    given::unite(&*town.ledger, room, &early, town.whatsapp.relay).await;
    assert_eq!(
        town.ledger.room_people(room).await.unwrap(),
        [person("dora", None, None)]
    );
}
