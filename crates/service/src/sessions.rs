//! Every linked login is open, for as long as it is linked.

use crate::core::Core;
use crate::directory::Directory;
use crate::inbox::LedgerInbox;
use crate::outbox::{Halt, Outbox};
use crate::supervisor::{Supervisor, TaskName};
use crate::sync::MemberSync;
use crate::vault::LoginVault;
use futures_util::FutureExt;
use matrimony_domain::{Account, LoginId, NetworkKind, Reason};
use matrimony_ledger::LoginState;
use matrimony_network::{Network, OpenError, Session, SessionEnd, SessionHealth, Unlinked};
use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

/// How long a session may take to end after it was told to; then it is dropped.
const SESSION_END: Duration = Duration::from_secs(3);
/// How long attempts may go on after their session has ended by itself.
const LAST_ANSWERS: Duration = Duration::from_secs(5);

/// The open logins of one process.
pub(crate) struct Sessions {
    core: Arc<Core>,
    networks: HashMap<NetworkKind, Arc<dyn Network>>,
    supervisor: Arc<Supervisor>,
    directory: Arc<Directory>,
    open: Mutex<HashMap<LoginId, Arc<OpenLogin>>>,
}

impl Sessions {
    pub(crate) fn new(
        core: Arc<Core>,
        networks: HashMap<NetworkKind, Arc<dyn Network>>,
        supervisor: Arc<Supervisor>,
        directory: Arc<Directory>,
    ) -> Arc<Self> {
        Arc::new(Self {
            core,
            networks,
            supervisor,
            directory,
            open: Mutex::default(),
        })
    }

    /// The connector of a network.
    pub(crate) fn network(&self, kind: NetworkKind) -> Option<&Arc<dyn Network>> {
        self.networks.get(&kind)
    }

    /// An open login.
    pub(crate) fn get(&self, login: LoginId) -> Option<Arc<OpenLogin>> {
        self.lock().get(&login).cloned()
    }

    /// The open logins, or those of one network, oldest first.
    pub(crate) fn all(&self, network: Option<NetworkKind>) -> Vec<Arc<OpenLogin>> {
        let mut all: Vec<_> = self.lock().values().cloned().collect();
        all.retain(|login| network.is_none_or(|kind| login.account.network == kind));
        all.sort_by_key(|login| login.account.login);
        all
    }

    /// Opens a login; does nothing if it is open.
    pub(crate) fn open(self: &Arc<Self>, account: &Account) {
        let Some(network) = self.networks.get(&account.network).cloned() else {
            warn!(login.id = %account.login, network = %account.network, "no connector for this login");
            return;
        };
        let mut open = self.lock();
        if open.get(&account.login).is_some_and(|login| !login.gone.is_cancelled()) {
            return;
        }
        let login = Arc::new(OpenLogin::new(account.clone(), self.supervisor.halt()));
        let gone = login.gone.clone().drop_guard();
        let keeper = Keeper {
            sessions: self.clone(),
            network,
            login: login.clone(),
        };
        let name = TaskName {
            what: "login",
            login: account.login,
        };
        self.supervisor.spawn(name, async move {
            let _gone = gone;
            keeper.keep_open().await;
        });
        open.insert(account.login, login);
    }

    /// Ends a login's session, if it has one, and waits until it is gone.
    pub(crate) async fn close(&self, login: LoginId) {
        let Some(open) = self.get(login) else { return };
        open.halt.stop.cancel();
        if tokio::time::timeout(LAST_ANSWERS, open.gone.cancelled()).await.is_err() {
            open.halt.cut.cancel();
            open.gone.cancelled().await;
        }
        self.lock().remove(&login);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<LoginId, Arc<OpenLogin>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A login whose session is open, or is being opened again and again.
pub(crate) struct OpenLogin {
    pub(crate) account: Account,
    halt: Halt,
    gone: CancellationToken,
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
    fn new(account: Account, all: &Halt) -> Self {
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

    fn without(&self, health: SessionHealth) {
        self.current.send_replace(Current::Without(health));
    }
}

/// Keeps one login open.
struct Keeper {
    sessions: Arc<Sessions>,
    network: Arc<dyn Network>,
    login: Arc<OpenLogin>,
}

impl Keeper {
    /// Opens the session and opens it again when it fails, with back-off, until we stop or a person must act.
    async fn keep_open(self) {
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
        self.login.current.send_replace(Current::Session(session.clone()));
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
