//! Rooms as they are, and changes to their portals.

use crate::chats::ANSWER_WITHIN;
use crate::error::{DetachRefused, RelayRefused};
use crate::service::Service;
use crate::views::{PortalView, RoomView};
use matrimony_domain::{ChatKey, LoginId};
use matrimony_ledger::{LedgerError, Portal, Room};
use matrimony_network::BridgedChat;
use tracing::{info, warn};

impl Service {
    /// All rooms that have chats, oldest first.
    pub async fn rooms(&self) -> Result<Vec<RoomView>, LedgerError> {
        let mut views = Vec::new();
        for room in self.inner.core.ledger.rooms().await? {
            let view = self.room_view(room).await?;
            if !view.portals.is_empty() {
                views.push(view);
            }
        }
        Ok(views)
    }

    /// Gives a chat another relay. What is open there is said by the new one.
    pub async fn set_relay(&self, chat: &ChatKey, login: LoginId) -> Result<(), RelayRefused> {
        let _one_at_a_time = self.inner.rooms.lock().await;
        let core = &self.inner.core;
        let portal = core.ledger.portal_of(chat).await?;
        let portal = portal.ok_or_else(|| RelayRefused::NotUnited { chat: chat.clone() })?;
        self.check_membership(login, chat).await.map_err(RelayRefused::Login)?;
        core.ledger.set_relay(portal.id, login, core.now()).await?;
        info!(room.id = %portal.room, login.id = %login, "another relay speaks");
        core.wakes.wake(login);
        Ok(())
    }

    /// Takes a chat off its room. What is open there is skipped, with a reason.
    pub async fn detach(&self, chat: &ChatKey) -> Result<(), DetachRefused> {
        let _one_at_a_time = self.inner.rooms.lock().await;
        let core = &self.inner.core;
        let portal = core.ledger.portal_of(chat).await?;
        let portal = portal.ok_or_else(|| DetachRefused::NotUnited { chat: chat.clone() })?;
        core.ledger.detach(portal.id, core.now()).await?;
        info!(room.id = %portal.room, network = %chat.network, "detached");
        self.announce(&core.ledger.portals(portal.room).await?).await;
        Ok(())
    }

    pub(crate) async fn room_view(&self, room: Room) -> Result<RoomView, LedgerError> {
        let portals = self.inner.core.ledger.portals(room.id).await?;
        Ok(RoomView {
            id: room.id,
            name: room.name,
            created: room.created,
            portals: portals.into_iter().map(|portal| self.portal_view(portal)).collect(),
        })
    }

    fn portal_view(&self, portal: Portal) -> PortalView {
        PortalView {
            id: portal.id,
            network: portal.chat.network,
            name: self.inner.directory.name_of(&portal.chat),
            chat: portal.chat,
            relay: portal.relay,
        }
    }

    /// Writes down in each chat of a room what it is united with. What fails here is only less pretty.
    pub(crate) async fn announce(&self, portals: &[Portal]) {
        for portal in portals {
            let others = portals.iter().filter(|other| other.id != portal.id);
            let bridged: Vec<BridgedChat> = others
                .map(|other| BridgedChat {
                    chat: other.chat.clone(),
                    name: self.inner.directory.name_of(&other.chat),
                })
                .collect();
            let session = self.inner.sessions.get(portal.relay).and_then(|login| login.session());
            let Some(session) = session else { continue };
            match tokio::time::timeout(ANSWER_WITHIN, session.announce(&portal.chat, &bridged)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => {
                    warn!(room.id = %portal.room, network = %portal.chat.network, %error, "could not announce");
                }
                Err(_) => warn!(room.id = %portal.room, network = %portal.chat.network, "announcing took too long"),
            }
        }
    }
}
