//! What we know about the rooms on the homeserver, and who of ours is in them.

mod create;
mod inside;
mod people;

use crate::client::{CallError, Client};
use crate::names::Names;
use inside::Inside;
use matrimony_domain::Name;
use matrimony_network::{Vault, VaultError};
use people::People;
use ruma::api::client::membership::{join_room_by_id, joined_members, joined_rooms};
use ruma::api::client::state::get_state_event_for_key;
use ruma::events::StateEventType;
use ruma::{OwnedRoomId, OwnedUserId, RoomId, UserId};
use serde_json::Value;
use std::sync::Arc;

/// Rooms, seen by the bot. What is remembered here can be forgotten at any time.
pub(crate) struct Rooms {
    client: Arc<Client>,
    names: Names,
    vault: Arc<dyn Vault>,
    inside: Inside,
    people: People,
}

impl Rooms {
    pub(crate) fn new(client: Arc<Client>, names: Names, vault: Arc<dyn Vault>) -> Self {
        let people = People::default();
        Self {
            client,
            names,
            vault,
            inside: Inside::default(),
            people,
        }
    }

    /// The rooms that the bot is in.
    pub(crate) async fn joined(&self) -> Result<Vec<OwnedRoomId>, CallError> {
        let request = joined_rooms::v3::Request::new();
        Ok(self.client.call(self.names.bot(), request).await?.joined_rooms)
    }

    /// Everyone in a room, with the names they have there.
    pub(crate) async fn members(&self, room: &RoomId) -> Result<Vec<(OwnedUserId, Option<Name>)>, CallError> {
        let request = joined_members::v3::Request::new(room.to_owned());
        let joined = self.client.call(self.names.bot(), request).await?.joined;
        let named = joined.into_iter().map(|(user, member)| {
            let name = member.display_name.as_deref().and_then(Name::new);
            (user, name)
        });
        Ok(named.collect())
    }

    /// The room's name, if it has one.
    pub(crate) async fn name(&self, room: &RoomId) -> Result<Option<Name>, CallError> {
        let content = self.state(room, StateEventType::RoomName, "").await?;
        Ok(content
            .as_ref()
            .and_then(|content| Name::new(content.get("name")?.as_str()?)))
    }

    /// The name that a person has in a room.
    pub(crate) async fn name_in(&self, room: &RoomId, user: &UserId) -> Option<Name> {
        if let Some(name) = self.people.get(room, user) {
            return name;
        }
        let content = self.state(room, StateEventType::RoomMember, user.as_str()).await.ok()?;
        let name = content
            .as_ref()
            .and_then(|content| Name::new(content.get("displayname")?.as_str()?));
        self.people.set(room, user, name.clone());
        name
    }

    /// A person is known by another name in a room from now on.
    pub(crate) fn renamed(&self, room: &RoomId, user: &UserId, name: Option<Name>) {
        self.people.set(room, user, name);
    }

    /// Joins a room to which the user is invited.
    pub(crate) async fn join(&self, room: &RoomId, user: &UserId) -> Result<(), CallError> {
        self.client
            .call(user, join_room_by_id::v3::Request::new(room.to_owned()))
            .await?;
        Ok(())
    }

    /// Believes nothing about who is in the room any more.
    pub(crate) fn forget(&self, room: &RoomId) {
        self.inside.forget(room);
    }

    /// A conversation of one person with the bot: everything in it is a command.
    pub(crate) async fn is_direct(&self, room: &RoomId) -> Result<bool, VaultError> {
        Ok(self.vault.get(&direct_key(room)).await?.is_some())
    }

    /// Notes that a room is such a conversation.
    pub(crate) async fn note_direct(&self, room: &RoomId) -> Result<(), VaultError> {
        self.vault.put(&direct_key(room), b"1").await
    }

    /// The content of a state event; `None` if there is none.
    async fn state(&self, room: &RoomId, kind: StateEventType, key: &str) -> Result<Option<Value>, CallError> {
        let request = get_state_event_for_key::v3::Request::new(room.to_owned(), kind, key.to_owned());
        match self.client.call(self.names.bot(), request).await {
            Ok(answer) => Ok(serde_json::from_str(answer.event_or_content.get()).ok()),
            Err(error) if error.is("M_NOT_FOUND") => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn direct_key(room: &RoomId) -> String {
    format!("direct/{room}")
}
