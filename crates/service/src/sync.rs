//! Keeps the members and names of united chats up to date.

use crate::core::Core;
use crate::directory::Directory;
use matrimony_domain::{ChatKey, LoginId, Reason};
use matrimony_ledger::{LedgerError, Person};
use matrimony_network::{MemberInfo, SendError, Session, SessionHealth};
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tracing::{debug, warn};

/// Changes come in bursts: this long after the first, all of them are looked at together.
const DEBOUNCE: Duration = Duration::from_millis(500);
/// Wait before a sync that failed is tried again.
const AGAIN: Duration = Duration::from_secs(30);
/// Most changed chats that are noted one by one; beyond that all are looked at.
const NOTED: usize = 100;

/// The chats that a session reported as changed and that nobody has looked at yet.
#[derive(Default)]
pub(crate) struct ChatChanges {
    pending: Mutex<Pending>,
    noted: Notify,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Pending {
    #[default]
    Nothing,
    Some(HashSet<ChatKey>),
    All,
}

impl Pending {
    fn covers(&self, chat: &ChatKey) -> bool {
        match self {
            Self::Nothing => false,
            Self::Some(chats) => chats.contains(chat),
            Self::All => true,
        }
    }
}

impl ChatChanges {
    /// A chat changed, or (`None`) any of them may have. Does not block.
    pub(crate) fn note(&self, chat: Option<&ChatKey>) {
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        *pending = match (std::mem::take(&mut *pending), chat) {
            (Pending::All, _) | (_, None) => Pending::All,
            (Pending::Nothing, Some(chat)) => Pending::Some(HashSet::from([chat.clone()])),
            (Pending::Some(chats), Some(_)) if chats.len() >= NOTED => Pending::All,
            (Pending::Some(mut chats), Some(chat)) => {
                chats.insert(chat.clone());
                Pending::Some(chats)
            }
        };
        drop(pending);
        self.noted.notify_one();
    }

    fn take(&self) -> Pending {
        std::mem::take(&mut *self.pending.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Looks after the chats of one session.
pub(crate) struct MemberSync {
    pub(crate) core: Arc<Core>,
    pub(crate) directory: Arc<Directory>,
    pub(crate) login: LoginId,
    pub(crate) session: Arc<dyn Session>,
    pub(crate) changes: Arc<ChatChanges>,
}

impl MemberSync {
    /// Looks at everything once the session is online, and later at what has changed. Never returns.
    pub(crate) async fn run(&self) {
        self.changes.note(None);
        loop {
            self.changes.noted.notified().await;
            tokio::time::sleep(DEBOUNCE).await;
            self.online().await;
            let pending = self.changes.take();
            if let Err(trouble) = self.sync(&pending).await {
                debug!(login.id = %self.login, %trouble, "could not look at the chats; trying again");
                tokio::time::sleep(AGAIN).await;
                self.changes.note(None);
            }
        }
    }

    async fn online(&self) {
        let mut health = self.session.health();
        if health
            .wait_for(|health| *health == SessionHealth::Online)
            .await
            .is_err()
        {
            // The session is gone, and whoever runs this is about to drop it.
            std::future::pending::<()>().await;
        }
    }

    async fn sync(&self, pending: &Pending) -> Result<(), Trouble> {
        let chats = self.session.chats().await?;
        self.directory.learn(&chats);
        for chat in self.united_chats().await? {
            if pending.covers(&chat) {
                self.sync_chat(&chat).await?;
            }
        }
        self.core.learn_identities().await?;
        Ok(())
    }

    async fn sync_chat(&self, chat: &ChatKey) -> Result<(), Trouble> {
        match self.session.members(chat).await {
            Ok(members) => {
                let people: Vec<Person> = members.into_iter().map(person).collect();
                self.core.ledger.set_members(chat, &people, self.core.now()).await?;
            }
            Err(SendError::Refused(reason)) => {
                warn!(login.id = %self.login, chat = %chat, %reason, "the login cannot see a chat in which it speaks");
            }
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// The chats in which this login speaks.
    async fn united_chats(&self) -> Result<Vec<ChatKey>, LedgerError> {
        let mut chats = Vec::new();
        for room in self.core.ledger.rooms().await? {
            let portals = self.core.ledger.portals(room.id).await?;
            chats.extend(portals.into_iter().filter(|p| p.relay == self.login).map(|p| p.chat));
        }
        Ok(chats)
    }
}

/// A member, as the ledger keeps them.
pub(crate) fn person(member: MemberInfo) -> Person {
    Person {
        key: member.person,
        alias: member.alias,
        name: member.name,
    }
}

/// Why a look at the chats failed: all of it passes.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("the network did not answer: {0}")]
    Network(Reason),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl From<SendError> for Trouble {
    fn from(error: SendError) -> Self {
        Self::Network(match error {
            SendError::Refused(reason) | SendError::Later { reason, .. } | SendError::Unsure(reason) => reason,
            SendError::Unlinked => Reason::fixed("the login is not linked"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use matrimony_domain::NetworkKind;

    fn chat(n: usize) -> ChatKey {
        ChatKey::new(NetworkKind::Signal, n.to_string())
    }

    #[test]
    fn changes_are_gathered_and_bounded() {
        let changes = ChatChanges::default();
        changes.note(Some(&chat(1)));
        changes.note(Some(&chat(2)));
        let pending = changes.take();
        assert!(pending.covers(&chat(1)) && pending.covers(&chat(2)) && !pending.covers(&chat(3)));
        assert_eq!(changes.take(), Pending::Nothing);
        for n in 0..=NOTED {
            changes.note(Some(&chat(n)));
        }
        assert_eq!(changes.take(), Pending::All);
    }
}
