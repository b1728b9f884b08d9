//! A login at work.

use crate::outbox::Halt;
use matrimony_domain::{Account, Reason};
use matrimony_network::{Session, SessionEnd, SessionHealth};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// A login whose session is open, or is being opened again and again.
pub(crate) struct OpenLogin {
    pub(crate) account: Account,
    pub(super) halt: Halt,
    /// Cancelled when nothing of it is left.
    pub(super) gone: CancellationToken,
    current: watch::Sender<Current>,
}

/// What there is of a session.
#[derive(Clone)]
enum Current {
    /// Between two sessions, or after the last.
    Without(SessionHealth),
    /// At work.
    Session(Arc<dyn Session>),
}

impl OpenLogin {
    pub(super) fn new(account: Account, all: &Halt) -> Self {
        Self {
            account,
            halt: all.child(),
            gone: CancellationToken::new(),
            current: watch::Sender::new(Current::Without(SessionHealth::Connecting { trouble: None })),
        }
    }

    /// The session, unless it is being opened again.
    pub(crate) fn session(&self) -> Option<Arc<dyn Session>> {
        match &*self.current.borrow() {
            Current::Session(session) => Some(session.clone()),
            Current::Without(_) => None,
        }
    }

    /// How it is.
    pub(crate) fn health(&self) -> SessionHealth {
        match &*self.current.borrow() {
            Current::Session(session) => session.health().borrow().clone(),
            Current::Without(health) => health.clone(),
        }
    }

    /// Why it is not online, for people.
    pub(crate) fn trouble(&self) -> Reason {
        match self.health() {
            SessionHealth::Connecting { trouble: Some(reason) } | SessionHealth::Ended(SessionEnd::Failed(reason)) => {
                reason
            }
            SessionHealth::Ended(SessionEnd::Unlinked(why)) => why.reason(),
            SessionHealth::Connecting { trouble: None } | SessionHealth::Online => {
                Reason::fixed("it is still connecting; try again in a moment")
            }
            SessionHealth::Ended(SessionEnd::Stopped) => Reason::fixed("it has been stopped"),
        }
    }

    /// The session once it is online; `None` if that takes longer than `within`.
    pub(crate) async fn online(&self, within: Duration) -> Option<Arc<dyn Session>> {
        tokio::time::timeout(within, self.online_session()).await.ok().flatten()
    }

    async fn online_session(&self) -> Option<Arc<dyn Session>> {
        let mut current = self.current.subscribe();
        loop {
            let now = current.borrow_and_update().clone();
            if let Current::Session(session) = now {
                let mut health = session.health();
                let online = health.wait_for(|health| *health == SessionHealth::Online);
                tokio::select! {
                    Ok(_) = online => return Some(session.clone()),
                    changed = current.changed() => changed.ok()?,
                }
            } else {
                tokio::select! {
                    changed = current.changed() => changed.ok()?,
                    () = self.gone.cancelled() => return None,
                }
            }
        }
    }

    /// There is a session now.
    pub(super) fn with(&self, session: Arc<dyn Session>) {
        self.current.send_replace(Current::Session(session));
    }

    /// There is no session now.
    pub(super) fn without(&self, health: SessionHealth) {
        self.current.send_replace(Current::Without(health));
    }
}
