//! The bot's login at work.

mod announce;
mod chats;
mod run;

use crate::bot::Steward;
use crate::client::CallError;
use crate::home::{Home, bot_name};
use crate::intake::Intake;
use crate::limits;
use crate::say::Message;
use crate::settings::Settings;
use async_trait::async_trait;
use matrimony_domain::{
    Action, Capabilities, ChatKey, Clock, LoginId, Name, NetworkKind, Reason, RemoteId, SendIds, SendKey, Voice,
};
use matrimony_engine::translate::html;
use matrimony_network::{
    BridgedChat, ChatInfo, Inbox, MemberInfo, NewChat, SendError, Sent, Session, SessionEnd, SessionHealth,
};
use ruma::{OwnedRoomId, OwnedUserId, RoomId, UserId};
use std::sync::Arc;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// The session of the one login that Matrix has.
pub(crate) struct MatrixSession {
    pub(crate) home: Arc<Home>,
    pub(crate) intake: Arc<Intake>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) steward: Arc<dyn Steward>,
    pub(crate) login: LoginId,
    pub(crate) health: watch::Sender<SessionHealth>,
}

#[async_trait]
impl Session for MatrixSession {
    fn capabilities(&self, _chat: &ChatKey) -> Capabilities {
        Capabilities {
            own_voice: true,
            text_bytes: limits::TEXT_BYTES,
            marks: html::SHOWN,
            send_ids: SendIds::Ours,
        }
    }

    fn chosen_id(&self, _key: &SendKey) -> Option<RemoteId> {
        None
    }

    async fn run(&self, inbox: Arc<dyn Inbox>, stop: CancellationToken) -> SessionEnd {
        let end = self.run_until(inbox, &stop).await;
        self.health.send_replace(SessionHealth::Ended(end.clone()));
        end
    }

    async fn perform(&self, key: &SendKey, action: &Action) -> Result<Sent, SendError> {
        let room = room_of(&action.chat)?;
        let (user, name) = self.speaker(&action.voice)?;
        let said = match self.say(key, action, &room, &user, &name).await {
            Err(error) if error.may_be_mended() => {
                self.home.rooms.forget(&room);
                self.home.ghosts.forget(&user).await;
                self.say(key, action, &room, &user, &name).await
            }
            said => said,
        };
        said.map_err(|error| error.to_send_error())
    }

    async fn chats(&self) -> Result<Vec<ChatInfo>, SendError> {
        self.list_chats().await.map_err(|error| error.to_send_error())
    }

    async fn members(&self, chat: &ChatKey) -> Result<Vec<MemberInfo>, SendError> {
        self.list_members(&room_of(chat)?)
            .await
            .map_err(|error| error.to_send_error())
    }

    async fn create_chat(&self, new: &NewChat) -> Result<ChatKey, SendError> {
        self.make_chat(new).await
    }

    async fn announce(&self, chat: &ChatKey, bridged: &[BridgedChat]) -> Result<(), SendError> {
        self.write_bridges(&room_of(chat)?, bridged)
            .await
            .map_err(|error| error.to_send_error())
    }

    fn health(&self) -> watch::Receiver<SessionHealth> {
        self.health.subscribe()
    }
}

impl MatrixSession {
    /// Posts as the author's ghost, who is made, named and brought into the room as need be.
    async fn say(
        &self,
        key: &SendKey,
        action: &Action,
        room: &RoomId,
        user: &UserId,
        name: &Name,
    ) -> Result<Sent, CallError> {
        self.home.ghosts.ensure(user, name).await?;
        self.home.rooms.ensure_inside(room, user, name).await?;
        let message = Message::text(&action.text, &self.home.names);
        // Clocks of other networks may be ahead; the homeserver would show their future.
        let at = action.at.min(self.clock.now());
        let event = self
            .home
            .post(user, room, &key.to_hex(), "m.room.message", &message, Some(at))
            .await?;
        Ok(Sent {
            remote_id: RemoteId::new(event.as_str()),
        })
    }

    fn speaker(&self, voice: &Voice) -> Result<(OwnedUserId, Name), SendError> {
        match voice {
            Voice::Relay => Ok((self.home.names.bot().to_owned(), bot_name())),
            Voice::Author(author) if author.person.network != NetworkKind::Matrix => {
                let ghost = self.home.names.user_of(&author.person);
                let ghost = ghost.expect("every person of another network has a ghost");
                Ok((ghost, author.name.clone()))
            }
            Voice::Author(_) => Err(SendError::Refused(Reason::fixed(
                "we cannot speak as a person on Matrix",
            ))),
        }
    }
}

/// The room that a chat is.
fn room_of(chat: &ChatKey) -> Result<OwnedRoomId, SendError> {
    RoomId::parse(chat.id.as_str())
        .ok()
        .filter(|_| chat.network == NetworkKind::Matrix)
        .ok_or_else(|| SendError::Refused(Reason::fixed("this is not the id of a Matrix room; it begins with '!'")))
}
