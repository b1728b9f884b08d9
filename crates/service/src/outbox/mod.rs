//! The way out: deliveries of one login are claimed, attempted and settled.
//!
//! | file | what it does |
//! |---|---|
//! | `claim` | takes what is due, as many as may be in hand |
//! | `render` | asks the engine for the words |
//! | `attempt` | records what will leave, then lets it leave |
//! | `answer` | makes an outcome of the network's answer |
//! | `settle` | writes the outcome down, as often as it takes |
//! | `drive` | goes on until it is told to stop |

mod answer;
mod attempt;
mod claim;
mod drive;
mod render;
mod settle;

use crate::core::Core;
use futures_util::future::join_all;
use matrimony_domain::limits::CLAIMS_PER_LOGIN;
use matrimony_domain::{LoginId, UnixMillis};
use matrimony_ledger::LedgerError;
use matrimony_network::{Session, SessionHealth};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

pub(crate) use drive::Halt;

/// Does the deliveries of one login through its session. Chats go side by side; within a chat one follows the other.
pub struct Outbox {
    core: Arc<Core>,
    login: LoginId,
    session: Arc<dyn Session>,
    unlinked: CancellationToken,
}

/// What a [`step`](Outbox::step) did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stepped {
    /// Deliveries that were attempted.
    pub worked: usize,
    /// When there is something to do next.
    pub next_due: Option<UnixMillis>,
}

impl Outbox {
    /// The outbox of `login`.
    pub fn new(core: Arc<Core>, login: LoginId, session: Arc<dyn Session>) -> Self {
        Self {
            core,
            login,
            session,
            unlinked: CancellationToken::new(),
        }
    }

    /// Cancelled once the network has answered that the login is not linked any more.
    pub fn unlinked(&self) -> &CancellationToken {
        &self.unlinked
    }

    /// Claims what is due now and attempts it, all chats side by side, until each is settled. Does nothing while the
    /// session is not online: an attempt that cannot succeed would only make the next one later. Dropping the future
    /// leaves what is under way as a crash would.
    pub async fn step(&self) -> Result<Stepped, LedgerError> {
        let claims = if self.is_online() {
            self.claim(CLAIMS_PER_LOGIN).await?
        } else {
            Vec::new()
        };
        let worked = claims.len();
        let never = CancellationToken::new();
        join_all(claims.into_iter().map(|claim| self.deliver(claim, &never))).await;
        let next_due = self.core.ledger.next_due(self.login).await?;
        Ok(Stepped { worked, next_due })
    }

    fn is_online(&self) -> bool {
        *self.session.health().borrow() == SessionHealth::Online
    }
}
