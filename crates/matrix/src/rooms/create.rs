//! Rooms that the bot makes.

use super::Rooms;
use crate::client::CallError;
use matrimony_domain::Name;
use ruma::api::client::room::create_room::v3::{Request, RoomPreset};
use ruma::serde::Raw;
use ruma::{OwnedRoomId, OwnedUserId, RoomVersionId};
use serde_json::json;

/// The power level of people in rooms that we make: enough for everything but to tombstone the room. The bot, its
/// creator, stands above all levels, so that it can always let ghosts in.
const PEOPLE: u8 = 100;

impl Rooms {
    /// Makes a private room with a name, in which everyone may speak, and invites people to it.
    pub(crate) async fn create(&self, name: &Name, invite: &[OwnedUserId]) -> Result<OwnedRoomId, CallError> {
        let levels: serde_json::Map<_, _> = invite.iter().map(|user| (user.to_string(), json!(PEOPLE))).collect();
        let levels = json!({ "users": levels, "events_default": 0 });
        let mut request = Request::new();
        request.name = Some(name.reveal().to_owned());
        request.invite = invite.to_vec();
        request.preset = Some(RoomPreset::PrivateChat);
        request.room_version = Some(RoomVersionId::V12);
        request.power_level_content_override =
            Some(Raw::new(&levels).map_err(|_| CallError::Unsayable)?.cast_unchecked());
        Ok(self.client.call(self.names.bot(), request).await?.room_id)
    }
}
