//! Our users in rooms: brought in when they first speak there, under the name that the room knows them by.

use super::Rooms;
use crate::client::CallError;
use crate::limits;
use matrimony_domain::Name;
use ruma::api::client::membership::invite_user;
use ruma::api::client::state::send_state_event;
use ruma::events::StateEventType;
use ruma::serde::Raw;
use ruma::{OwnedRoomId, OwnedUserId, RoomId, UserId};
use serde_json::json;
use std::collections::HashMap;
use std::sync::Mutex;

/// Which of our users are in a room, and their names there. A room that is not here has not been looked at.
#[derive(Default)]
pub(super) struct Inside(Mutex<HashMap<OwnedRoomId, Ours>>);

type Ours = HashMap<OwnedUserId, Option<Name>>;

impl Inside {
    /// The name of a user in a room; `Some(None)` if they are not in it, `None` if we have not looked.
    fn get(&self, room: &RoomId, user: &UserId) -> Option<Option<Option<Name>>> {
        let rooms = self.0.lock().expect("no holder panics");
        Some(rooms.get(room)?.get(user).cloned())
    }

    fn set_room(&self, room: &RoomId, ours: Ours) {
        let mut rooms = self.0.lock().expect("no holder panics");
        if rooms.len() >= limits::ROOMS {
            rooms.clear();
        }
        rooms.insert(room.to_owned(), ours);
    }

    fn set(&self, room: &RoomId, user: &UserId, name: Option<Name>) {
        if let Some(ours) = self.0.lock().expect("no holder panics").get_mut(room) {
            ours.insert(user.to_owned(), name);
        }
    }

    pub(super) fn forget(&self, room: &RoomId) {
        self.0.lock().expect("no holder panics").remove(room);
    }
}

impl Rooms {
    /// Sees to it that one of our users is in a room under a name: invited by the bot, joined, and named there if their
    /// profile says otherwise. The name is the room's: the same person may need their network behind it elsewhere.
    pub(crate) async fn ensure_inside(&self, room: &RoomId, user: &UserId, name: &Name) -> Result<(), CallError> {
        if user == self.names.bot() {
            return Ok(());
        }
        let known = match self.known_inside(room, user).await? {
            Some(known) => known,
            None => {
                self.bring_in(room, user).await?;
                let content = self.state(room, StateEventType::RoomMember, user.as_str()).await?;
                content
                    .as_ref()
                    .and_then(|content| Name::new(content.get("displayname")?.as_str()?))
            }
        };
        if known.as_ref() != Some(name) {
            self.name_inside(room, user, name).await?;
        }
        self.inside.set(room, user, Some(name.clone()));
        Ok(())
    }

    async fn bring_in(&self, room: &RoomId, user: &UserId) -> Result<(), CallError> {
        let invited = invite_user::v3::InviteUserId::new(user.to_owned());
        let invite = invite_user::v3::Request::new(room.to_owned(), invited.into());
        match self.client.call(self.names.bot(), invite).await {
            Ok(_) => {}
            // They may be invited already; if not, joining says what is wrong.
            Err(error) if error.is("M_FORBIDDEN") => {}
            Err(error) => return Err(error),
        }
        self.join(room, user).await
    }

    async fn name_inside(&self, room: &RoomId, user: &UserId, name: &Name) -> Result<(), CallError> {
        let content = json!({ "membership": "join", "displayname": name.reveal() });
        let body = Raw::new(&content).map_err(|_| CallError::Unsayable)?.cast_unchecked();
        let kind = StateEventType::RoomMember;
        let request = send_state_event::v3::Request::new_raw(room.to_owned(), kind, user.to_string(), body);
        self.client.call(user, request).await?;
        Ok(())
    }

    /// The name of one of our users in a room; `None` if they are not in it.
    async fn known_inside(&self, room: &RoomId, user: &UserId) -> Result<Option<Option<Name>>, CallError> {
        if let Some(known) = self.inside.get(room, user) {
            return Ok(known);
        }
        let members = self.members(room).await?;
        let ours: Ours = members
            .into_iter()
            .filter(|(member, _)| self.names.is_ours(member))
            .collect();
        let known = ours.get(user).cloned();
        self.inside.set_room(room, ours);
        Ok(known)
    }
}
