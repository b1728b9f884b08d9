//! The homeserver as one login sees it: everything that the tasks of a session share.

use crate::client::{CallError, Client};
use crate::ghosts::Ghosts;
use crate::names::Names;
use crate::rooms::Rooms;
use crate::say::Message;
use matrimony_domain::{Name, Text, UnixMillis};
use matrimony_network::Vault;
use ruma::api::client::message::send_message_event;
use ruma::events::MessageLikeEventType;
use ruma::serde::Raw;
use ruma::{MilliSecondsSinceUnixEpoch, OwnedEventId, RoomId, UInt, UserId};
use serde::Serialize;
use std::sync::Arc;

/// Our place on the homeserver.
pub(crate) struct Home {
    pub(crate) client: Arc<Client>,
    pub(crate) names: Names,
    pub(crate) vault: Arc<dyn Vault>,
    pub(crate) ghosts: Ghosts,
    pub(crate) rooms: Rooms,
}

impl Home {
    pub(crate) fn new(client: Arc<Client>, names: Names, vault: Arc<dyn Vault>) -> Self {
        Self {
            ghosts: Ghosts::new(Arc::clone(&client), Arc::clone(&vault)),
            rooms: Rooms::new(Arc::clone(&client), names.clone(), Arc::clone(&vault)),
            client,
            names,
            vault,
        }
    }

    /// Sees to it that the bot exists.
    pub(crate) async fn ensure_bot(&self) -> Result<(), CallError> {
        self.ghosts.ensure(self.names.bot(), &bot_name()).await
    }

    /// Posts an event as one of our users. A repeat with the same transaction id answers with the first event: the
    /// server remembers by device, for a day, also over its own restart.
    pub(crate) async fn post(
        &self,
        user: &UserId,
        room: &RoomId,
        transaction: &str,
        kind: &str,
        content: &impl Serialize,
        at: Option<UnixMillis>,
    ) -> Result<OwnedEventId, CallError> {
        let body = Raw::new(content).map_err(|_| CallError::Unsayable)?.cast_unchecked();
        let kind = MessageLikeEventType::from(kind);
        let mut request = send_message_event::v3::Request::new_raw(room.to_owned(), transaction.into(), kind, body);
        let millis = at.and_then(|at| UInt::try_from(at.0).ok());
        request.timestamp = millis.map(MilliSecondsSinceUnixEpoch);
        let device = Some(Ghosts::device());
        Ok(self.client.call_from(user, device, request).await?.event_id)
    }

    /// Tells a room something as the bot. Notices go to no other network.
    pub(crate) async fn notice(&self, room: &RoomId, transaction: &str, text: &Text) -> Result<(), CallError> {
        let message = Message::notice(text, &self.names);
        self.post(self.names.bot(), room, transaction, "m.room.message", &message, None)
            .await?;
        Ok(())
    }
}

/// The bot's display name.
pub(crate) fn bot_name() -> Name {
    Name::new("Matrimony").expect("it is readable")
}
