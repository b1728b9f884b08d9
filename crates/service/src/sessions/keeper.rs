//! Opens a login's session, again and again.

use super::{OpenLogin, Sessions};
use crate::inbox::LedgerInbox;
use crate::outbox::Outbox;
use crate::sync::MemberSync;
use crate::vault::LoginVault;
use futures_util::FutureExt;
use matrimony_domain::Reason;
use matrimony_ledger::LoginState;
use matrimony_network::{Network, OpenError, Session, SessionEnd, SessionHealth, Unlinked};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

/// How long a session may take to end after it was told to; then it is dropped, and a child process of it is killed.
/// More than each connector's own bound for an orderly goodbye: Synapse within 5.5 s, signal-cli within 5 s (a quiet
/// moment, then its own end), WhatsApp within 4 s. And little enough that a stop does not abort the keeper before: it is
/// told at the latest when attempts are cut, after 1.8 s of a stop within 9 s, and would be aborted after 8.1 s
/// ([`CUT_AFTER`](crate::supervisor::CUT_AFTER), [`ABORT_AFTER`](crate::supervisor::ABORT_AFTER)).
const SESSION_END: Duration = Duration::from_secs(6);
/// How long attempts may go on after their session has ended by itself.
pub(super) const LAST_ANSWERS: Duration = Duration::from_secs(5);

/// Keeps one login open.
pub(super) struct Keeper {
    pub(super) sessions: Arc<Sessions>,
    pub(super) network: Arc<dyn Network>,
    pub(super) login: Arc<OpenLogin>,
}

impl Keeper {
    /// Opens the session and opens it again when it fails, with back-off, until we stop or a person must act.
    pub(super) async fn keep_open(self) {
        let mut failures = 0;
        while !self.login.halt.stop.is_cancelled() {
            let mut was_online = false;
            let once = AssertUnwindSafe(self.run_once(&mut was_online)).catch_unwind().await;
            let end =
                once.unwrap_or_else(|_panic| SessionEnd::Failed(Reason::fixed("the session failed; see the log")));
            failures = if was_online { 1 } else { failures + 1 };
            match end {
                SessionEnd::Stopped if self.login.halt.stop.is_cancelled() => break,
                SessionEnd::Stopped => self.rest(Reason::fixed("the session ended by itself"), failures).await,
                SessionEnd::Failed(reason) => self.rest(reason, failures).await,
                SessionEnd::Unlinked(why) => return self.unlinked(why).await,
            }
        }
        self.login.without(SessionHealth::Ended(SessionEnd::Stopped));
    }

    /// One session from its opening to its end.
    async fn run_once(&self, was_online: &mut bool) -> SessionEnd {
        let account = &self.login.account;
        let core = &self.sessions.core;
        let vault = LoginVault::new(core.ledger.clone(), core.clock.clone(), account.login);
        let opened = tokio::select! {
            opened = self.network.open(account, Arc::new(vault)) => opened,
            () = self.login.halt.stop.cancelled() => return SessionEnd::Stopped,
        };
        let session = match opened {
            Ok(session) => session,
            Err(OpenError::Unlinked) => return SessionEnd::Unlinked(Unlinked::LoggedOut),
            Err(OpenError::Failed(reason)) => return SessionEnd::Failed(reason),
        };
        self.login.with(session.clone());
        self.listen_and_speak(&session, was_online).await
    }

    /// The session listens while the outbox speaks and the members are kept up to date. Whichever ends first, the
    /// others follow: the outbox gets its last answers while the session still listens.
    async fn listen_and_speak(&self, session: &Arc<dyn Session>, was_online: &mut bool) -> SessionEnd {
        let (core, id) = (&self.sessions.core, self.login.account.login);
        let (closed, session_stop) = (CancellationToken::new(), CancellationToken::new());
        let inbox = Arc::new(LedgerInbox::new(core.clone(), id, closed.clone()));
        let outbox = Outbox::new(core.clone(), id, session.clone());
        let members = MemberSync {
            core: core.clone(),
            directory: self.sessions.directory.clone(),
            login: id,
            session: session.clone(),
            changes: inbox.changes(),
        };
        let halt = self.login.halt.child();
        let listen = AssertUnwindSafe(session.run(inbox, session_stop.clone())).catch_unwind();
        let speak = async {
            tokio::select! {
                () = outbox.run(&halt) => {}
                () = members.run() => {}
                () = note_online(session.as_ref(), was_online) => {}
            }
        };
        tokio::pin!(listen, speak);
        let end = tokio::select! {
            end = &mut listen => {
                halt.stop.cancel();
                if tokio::time::timeout(LAST_ANSWERS, &mut speak).await.is_err() {
                    halt.cut.cancel();
                    speak.await;
                }
                Some(end)
            }
            () = &mut speak => {
                session_stop.cancel();
                tokio::time::timeout(SESSION_END, listen).await.ok()
            }
        };
        closed.cancel();
        match end {
            _ if outbox.unlinked().is_cancelled() => SessionEnd::Unlinked(Unlinked::LoggedOut),
            Some(Ok(end)) => end,
            Some(Err(_panic)) => {
                error!(login.id = %id, "the session panicked; it is opened again, the others go on");
                SessionEnd::Failed(Reason::fixed("the session failed; see the log"))
            }
            None => {
                warn!(login.id = %id, "the session did not end in time; it is dropped");
                SessionEnd::Stopped
            }
        }
    }

    /// Waits before the next opening.
    async fn rest(&self, reason: Reason, failures: u32) {
        let wait = self.sessions.core.jitter.backoff(failures);
        warn!(login.id = %self.login.account.login, %reason, wait_ms = wait.as_millis(), "the session ended; opening it again");
        self.login.without(SessionHealth::Connecting { trouble: Some(reason) });
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = self.login.halt.stop.cancelled() => {}
        }
    }

    /// Only a person can help: the ledger holds what is to be said by this login. Tried until it is written.
    async fn unlinked(&self, why: Unlinked) {
        let account = &self.login.account;
        info!(login.id = %account.login, network = %account.network, reason = %why.reason(), "unlinked");
        let state = LoginState::Unlinked(why.reason());
        self.login.without(SessionHealth::Ended(SessionEnd::Unlinked(why)));
        let core = &self.sessions.core;
        let mut failures = 0;
        while let Err(error) = core.ledger.set_login_state(account.login, &state, core.now()).await {
            failures += 1;
            warn!(login.id = %account.login, %error, "could not record that the login is unlinked; trying again");
            tokio::select! {
                () = tokio::time::sleep(core.jitter.backoff(failures)) => {}
                () = self.login.halt.stop.cancelled() => return,
            }
        }
    }
}

/// Notes that the session came online. Never returns.
async fn note_online(session: &dyn Session, was_online: &mut bool) {
    let mut health = session.health();
    *was_online = health.wait_for(|health| *health == SessionHealth::Online).await.is_ok();
    std::future::pending::<()>().await;
}
