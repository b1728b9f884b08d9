//! From the spool to the inbox: events are handled one after the other, in the order in which they came.

use crate::bot::{Order, addressed};
use crate::event::{self, Event, What};
use crate::home::Home;
use crate::intake::Intake;
use crate::limits;
use matrimony_domain::{
    ChatKey, Content, Inbound, InboundBody, LoginId, Name, NetworkKind, Placeholder, PlaceholderKind, RemoteId, Sender,
    Text,
};
use matrimony_network::{Inbox, NotAccepted, VaultError};
use ruma::api::client::room::get_room_event;
use ruma::{EventId, RoomId, UserId};
use serde::Deserialize;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Handles what is in the spool.
pub(crate) struct Worker {
    pub(crate) home: Arc<Home>,
    pub(crate) intake: Arc<Intake>,
    pub(crate) inbox: Arc<dyn Inbox>,
    pub(crate) login: LoginId,
    pub(crate) orders: mpsc::Sender<Order>,
}

/// An event could not be handled now. It stays in the spool.
#[derive(Debug, thiserror::Error)]
enum NotHandled {
    #[error(transparent)]
    Inbox(#[from] NotAccepted),
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl Worker {
    /// Works until `stop`.
    pub(crate) async fn work(&self, stop: &CancellationToken) {
        loop {
            let pause = tokio::select! {
                () = stop.cancelled() => return,
                done = self.empty_the_spool() => done,
            };
            if let Err(error) = pause {
                tracing::warn!(%error, "events of the homeserver wait in the spool");
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.intake.fresh() => {}
                () = tokio::time::sleep(limits::SPOOL_RETRY) => {}
            }
        }
    }

    async fn empty_the_spool(&self) -> Result<(), NotHandled> {
        loop {
            let items = self.intake.spool().take(limits::SPOOL_PAGE).await?;
            if items.is_empty() {
                return Ok(());
            }
            for (id, json) in items {
                self.handle(&json).await?;
                self.intake.spool().done(id).await?;
            }
        }
    }

    async fn handle(&self, json: &[u8]) -> Result<(), NotHandled> {
        let event = match event::read(json, &self.home.names) {
            Ok(event) => event,
            Err(reason) => return Ok(self.inbox.unreadable(self.login, reason).await?),
        };
        if self.home.names.is_ours(&event.sender) {
            return Ok(());
        }
        match &event.what {
            What::Nothing => Ok(()),
            What::Said(content) => self.said(&event, content).await,
            What::TookBack(target) => self.took_back(&event, target).await,
            What::Unreadable(reason) => self.accept(&event, InboundBody::Unreadable(reason.clone())).await,
            What::Encrypted => self.encrypted(&event.room).await,
            What::Invited { direct } => self.invited(&event, *direct).await,
            What::Member { user, name } => {
                self.member_changed(&event.room, user, name.clone());
                Ok(())
            }
            What::Renamed => {
                self.chat_changed(&event.room);
                Ok(())
            }
        }
    }

    async fn said(&self, event: &Event, content: &Content) -> Result<(), NotHandled> {
        let direct = self.home.rooms.is_direct(&event.room).await?;
        if let Content::Text(text) = content
            && let Some(command) = addressed(&text.body, self.home.names.bot(), direct)
        {
            self.order(event, command.to_owned(), direct);
            return Ok(());
        }
        if direct {
            return Ok(());
        }
        self.accept(event, InboundBody::Message(content.clone())).await
    }

    async fn took_back(&self, event: &Event, target: &EventId) -> Result<(), NotHandled> {
        let kind = match self.kind_of(&event.room, target).await.as_deref() {
            Some("m.reaction") => PlaceholderKind::ReactionRemoved,
            // What it was cannot be learnt any more, or it was something that people saw.
            None | Some("m.room.message" | "m.sticker") => PlaceholderKind::Deletion,
            Some(_) => return Ok(()),
        };
        let content = Content::Placeholder(Placeholder { kind, text: None });
        self.accept(event, InboundBody::Message(content)).await
    }

    /// The type of an event; a redacted one keeps it.
    async fn kind_of(&self, room: &RoomId, event: &EventId) -> Option<String> {
        #[derive(Deserialize)]
        struct Typed {
            r#type: String,
        }
        let request = get_room_event::v3::Request::new(room.to_owned(), event.to_owned());
        let answer = self.home.client.call(self.home.names.bot(), request).await.ok()?;
        let typed: Typed = answer.event.deserialize_as_unchecked().ok()?;
        Some(typed.r#type)
    }

    async fn accept(&self, event: &Event, body: InboundBody) -> Result<(), NotHandled> {
        let inbound = Inbound {
            chat: chat(&event.room),
            seen_by: self.login,
            sender: Sender {
                person: self.home.names.person_of(&event.sender),
                alias: None,
                name: self.home.rooms.name_in(&event.room, &event.sender).await,
            },
            remote_id: RemoteId::new(event.id.as_str()),
            at: event.at,
            body,
        };
        Ok(self.inbox.accept(&[inbound]).await?)
    }

    /// Says once in a room that nothing of it can be passed on.
    async fn encrypted(&self, room: &RoomId) -> Result<(), NotHandled> {
        let told = format!("told-encrypted/{room}");
        if self.home.vault.get(&told).await?.is_some() {
            return Ok(());
        }
        let text = Text::plain(
            "This room is encrypted, and I cannot read encrypted messages: nothing of it goes to other networks. \
             Encryption cannot be switched off; unite a room without it.",
        );
        // With the room's id in the transaction's, the repeat after a crash is the same notice.
        if let Err(error) = self.home.notice(room, &format!("told-encrypted-{room}"), &text).await {
            tracing::warn!(%error, "the notice about encryption could not be posted");
            return Ok(());
        }
        Ok(self.home.vault.put(&told, b"1").await?)
    }

    /// Joins where somebody of our own homeserver asks the bot to come.
    async fn invited(&self, event: &Event, direct: bool) -> Result<(), NotHandled> {
        if event.sender.server_name() != self.home.names.server() {
            tracing::info!("an invitation from another homeserver was ignored");
            return Ok(());
        }
        if direct {
            self.home.rooms.note_direct(&event.room).await?;
        }
        if let Err(error) = self.home.rooms.join(&event.room, self.home.names.bot()).await {
            tracing::warn!(%error, "the bot could not follow an invitation");
        }
        self.inbox.chat_changed(self.login, None);
        Ok(())
    }

    fn order(&self, event: &Event, text: String, direct: bool) {
        let order = Order {
            by: event.sender.clone(),
            room: event.room.clone(),
            message: event.id.clone(),
            text,
            direct,
        };
        if self.orders.try_send(order).is_err() {
            tracing::warn!("too many commands wait; one was dropped");
        }
    }

    fn member_changed(&self, room: &RoomId, user: &UserId, name: Option<Name>) {
        if self.home.names.is_ours(user) {
            // Somebody else did that: one of ours was removed, and must be brought in again before it can speak.
            self.home.rooms.forget(room);
        } else {
            self.home.rooms.renamed(room, user, name);
        }
        self.chat_changed(room);
    }

    fn chat_changed(&self, room: &RoomId) {
        self.inbox.chat_changed(self.login, Some(&chat(room)));
    }
}

/// A room as a chat.
pub(crate) fn chat(room: &RoomId) -> ChatKey {
    ChatKey::new(NetworkKind::Matrix, room.as_str())
}
