//! The chats that the logins are in.

use crate::error::ChatsError;
use crate::service::Service;
use crate::sessions::OpenLogin;
use crate::views::ChatListing;
use futures_util::future::join_all;
use matrimony_domain::{ChatKey, NetworkKind, Reason, RoomId};
use matrimony_ledger::LedgerError;
use matrimony_network::{ChatInfo, SendError};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tracing::warn;

/// How long a session that is still connecting is waited for, and how long a list may take.
pub(crate) const ANSWER_WITHIN: Duration = Duration::from_secs(10);

impl Service {
    /// The chats of all open logins, or of one network's. Logins that do not answer are left out, with a warning in the
    /// log, unless none answers.
    pub async fn chats(&self, network: Option<NetworkKind>) -> Result<Vec<ChatListing>, ChatsError> {
        let logins = self.inner.sessions.all(network);
        if logins.is_empty() {
            return Err(ChatsError::NoLogin(network));
        }
        let rooms = self.rooms_by_chat().await?;
        let answers = join_all(logins.iter().map(chats_of)).await;
        let (mut listings, mut failure, mut answered) = (Vec::new(), None, false);
        for (login, answer) in logins.iter().zip(answers) {
            let account = &login.account;
            match answer {
                Ok(chats) => {
                    answered = true;
                    self.inner.directory.learn(&chats);
                    listings.extend(chats.into_iter().map(|info| listing(login, info, &rooms)));
                }
                Err(reason) => {
                    warn!(login.id = %account.login, %reason, "did not list its chats");
                    failure = Some(ChatsError::Unanswered {
                        login: account.login,
                        network: account.network,
                        reason,
                    });
                }
            }
        }
        match failure {
            Some(failure) if !answered => Err(failure),
            _ => Ok(listings),
        }
    }

    async fn rooms_by_chat(&self) -> Result<HashMap<ChatKey, RoomId>, LedgerError> {
        let ledger = &self.inner.core.ledger;
        let mut by_chat = HashMap::new();
        for room in ledger.rooms().await? {
            let portals = ledger.portals(room.id).await?;
            by_chat.extend(portals.into_iter().map(|portal| (portal.chat, room.id)));
        }
        Ok(by_chat)
    }
}

fn listing(login: &OpenLogin, info: ChatInfo, rooms: &HashMap<ChatKey, RoomId>) -> ChatListing {
    ChatListing {
        login: login.account.login,
        network: login.account.network,
        room: rooms.get(&info.chat).copied(),
        chat: info.chat,
        name: info.name,
        members: info.members,
    }
}

/// Asks one login, within a bounded time.
pub(crate) async fn chats_of(login: &Arc<OpenLogin>) -> Result<Vec<ChatInfo>, Reason> {
    let Some(session) = login.online(ANSWER_WITHIN).await else {
        return Err(login.trouble());
    };
    match tokio::time::timeout(ANSWER_WITHIN, session.chats()).await {
        Ok(answer) => answer.map_err(reason_of),
        Err(_) => Err(Reason::fixed("it did not answer in time; try again")),
    }
}

/// What a network's no says to a person.
pub(crate) fn reason_of(error: SendError) -> Reason {
    match error {
        SendError::Refused(reason) | SendError::Later { reason, .. } | SendError::Unsure(reason) => reason,
        SendError::Unlinked => Reason::fixed("it is not linked any more; link it again"),
    }
}
