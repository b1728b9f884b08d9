//! Rooms and people, listed and made.

use super::MatrixSession;
use crate::client::CallError;
use crate::limits;
use crate::worker::chat;
use futures_util::{StreamExt, TryStreamExt, stream};
use matrimony_domain::{ChatKey, Reason};
use matrimony_network::{ChatInfo, MemberInfo, NewChat, SendError};
use ruma::{OwnedRoomId, OwnedUserId, RoomId};

impl MatrixSession {
    /// The rooms that the bot is in, without those that are for it alone.
    pub(super) async fn list_chats(&self) -> Result<Vec<ChatInfo>, CallError> {
        let rooms = self.home.rooms.joined().await?;
        let infos: Vec<Option<ChatInfo>> = stream::iter(rooms.into_iter().map(|room| self.chat_info(room)))
            .buffered(limits::ROOMS_AT_ONCE)
            .try_collect()
            .await?;
        Ok(infos.into_iter().flatten().collect())
    }

    /// A room; `None` where only the bot and one person talk, or the bot alone.
    async fn chat_info(&self, room: OwnedRoomId) -> Result<Option<ChatInfo>, CallError> {
        let people = self.people(&room).await?;
        if people.is_empty() || self.home.rooms.is_direct(&room).await.unwrap_or_default() {
            return Ok(None);
        }
        Ok(Some(ChatInfo {
            chat: chat(&room),
            name: self.home.rooms.name(&room).await?,
            members: Some(people.len()),
        }))
    }

    pub(super) async fn list_members(&self, room: &RoomId) -> Result<Vec<MemberInfo>, CallError> {
        self.people(room).await
    }

    /// The people in a room; not our ghosts, who stand for members of other chats.
    async fn people(&self, room: &RoomId) -> Result<Vec<MemberInfo>, CallError> {
        let members = self.home.rooms.members(room).await?;
        let people = members.into_iter().filter(|(user, _)| !self.home.names.is_ours(user));
        let people = people.map(|(user, name)| MemberInfo {
            person: self.home.names.person_of(&user),
            alias: None,
            name,
        });
        Ok(people.collect())
    }

    pub(super) async fn make_chat(&self, new: &NewChat) -> Result<ChatKey, SendError> {
        let invite: Option<Vec<OwnedUserId>> = new
            .invite
            .iter()
            .map(|person| self.home.names.user_of(person))
            .collect();
        let Some(invite) = invite else {
            return Err(SendError::Refused(Reason::fixed(
                "somebody who is to be invited has no Matrix user id; it looks like @name:server",
            )));
        };
        let made = async {
            self.home.ensure_bot().await?;
            self.home.rooms.create(&new.name, &invite).await
        };
        let room = made.await.map_err(|error| error.to_send_error())?;
        Ok(chat(&room))
    }
}
