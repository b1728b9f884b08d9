//! Linking accounts.

use crate::error::BeginLoginError;
use crate::service::Service;
use crate::views::LinkedLogin;
use matrimony_domain::{LoginRole, NetworkKind, Reason, UnixMillis};
use matrimony_ledger::{LedgerError, NewLogin};
use matrimony_network::{Linked, Login, LoginMethod, Picture, Step};
use tokio::sync::oneshot;
use tracing::{info, warn};

impl Service {
    /// Begins to link an account. Dropping the flow cancels it, unless the account is linked already.
    pub async fn begin_login(
        &self,
        network: NetworkKind,
        method: LoginMethod,
        role: LoginRole,
    ) -> Result<LoginFlow, BeginLoginError> {
        if self.inner.supervisor.halt().stop.is_cancelled() {
            return Err(BeginLoginError::Stopping);
        }
        let connector = self.inner.sessions.network(network);
        let connector = connector.ok_or(BeginLoginError::NoConnector(network))?;
        let attempt = connector.begin_login(method).await?;
        Ok(LoginFlow {
            service: self.clone(),
            network,
            role,
            progress: Progress::Under(attempt),
        })
    }

    /// The ways to link an account of a network, best first; empty where there is no connector.
    pub fn login_methods(&self, network: NetworkKind) -> &'static [LoginMethod] {
        let connector = self.inner.sessions.network(network);
        connector.map_or(&[], |connector| connector.login_methods())
    }

    /// Takes a freshly linked account into the ledger, as the login that it was before if it is known, and opens it
    /// with its new keys. What was held for it becomes due in the same commit and drains in order. Not cancel-safe: the
    /// old session is closed before the new one is opened.
    async fn take_in(&self, linked: Linked, network: NetworkKind, role: LoginRole) -> Result<LinkedLogin, LedgerError> {
        let core = &self.inner.core;
        let known = core.ledger.logins().await?;
        let known = known.into_iter().map(|login| login.account);
        let known = known
            .into_iter()
            .find(|account| account.network == network && account.key == linked.key);
        if let Some(account) = &known {
            self.inner.sessions.close(account.login).await;
        }
        let new = NewLogin {
            network,
            key: linked.key,
            person: linked.person,
            name: linked.name,
            role,
        };
        let account = core.ledger.add_login(&new, core.now()).await?.account;
        core.learn_identities().await?;
        self.inner.sessions.open(&account);
        core.wakes.wake(account.login);
        info!(login.id = %account.login, %network, relinked = known.is_some(), "linked");
        Ok(LinkedLogin {
            login: account.login,
            network,
            name: account.name,
            relinked: known.is_some(),
        })
    }
}

/// One attempt to link an account, for a terminal, a page or a bot.
pub struct LoginFlow {
    service: Service,
    network: NetworkKind,
    role: LoginRole,
    progress: Progress,
}

enum Progress {
    Under(Box<dyn Login>),
    /// Linked on the network; the ledger could not take it in.
    Linked(Linked),
    /// Linked on the network, on its way into the ledger.
    TakingIn {
        linked: Linked,
        outcome: oneshot::Receiver<Result<LinkedLogin, LedgerError>>,
    },
    Over(LoginStep),
}

const LEDGER_TROUBLE: Reason =
    Reason::fixed("the account is linked, but the ledger could not take it in; make room on its disk and go on");
const CUT_OFF: Reason = Reason::fixed(
    "the account is linked, but matrimony ended before it had taken it in; start it and link the account again",
);

/// What a front end does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoginStep {
    /// Show this until the next step comes.
    Show {
        /// What to show.
        picture: Picture,
        /// When it stops working, if known; a new one follows by itself.
        expires: Option<UnixMillis>,
    },
    /// Ask the person for a line of text, and [`answer`](LoginFlow::answer).
    Ask {
        /// What for.
        prompt: &'static str,
    },
    /// Something is under way.
    Wait {
        /// What.
        what: &'static str,
    },
    /// The login is in the ledger and its session is open.
    Done(LinkedLogin),
    /// It did not work; the reason names the cure.
    Failed(Reason),
}

impl LoginFlow {
    /// Waits for the next step. Cancel-safe: an account that is linked is taken in although nobody waits for it, and
    /// the next call hears how that went. After `Done` or a final `Failed` it returns the same step again; a `Failed`
    /// that blames the ledger can be repeated by calling this again.
    pub async fn next(&mut self) -> LoginStep {
        loop {
            match &mut self.progress {
                Progress::Under(attempt) => match attempt.next().await {
                    Step::Show { picture, expires } => return LoginStep::Show { picture, expires },
                    Step::Ask { prompt } => return LoginStep::Ask { prompt },
                    Step::Wait { what } => return LoginStep::Wait { what },
                    // The attempt is dropped here: the session gets the account's keys for itself.
                    Step::Done(linked) => self.progress = self.take_in(linked),
                    Step::Failed(reason) => self.progress = Progress::Over(LoginStep::Failed(reason)),
                },
                Progress::Linked(linked) => {
                    let linked = linked.clone();
                    self.progress = self.take_in(linked);
                }
                Progress::TakingIn { linked, outcome } => match outcome.await {
                    Ok(Ok(login)) => self.progress = Progress::Over(LoginStep::Done(login)),
                    Ok(Err(error)) => {
                        warn!(%error, "an account is linked, but the ledger could not take it in");
                        self.progress = Progress::Linked(linked.clone());
                        return LoginStep::Failed(LEDGER_TROUBLE);
                    }
                    Err(_) => self.progress = Progress::Over(LoginStep::Failed(CUT_OFF)),
                },
                Progress::Over(step) => return step.clone(),
            }
        }
    }

    /// Whether the last step was final: nothing more can come of this flow. False after a `Failed` that can be repeated.
    pub fn is_over(&self) -> bool {
        matches!(self.progress, Progress::Over(_))
    }

    /// Answers the last [`LoginStep::Ask`]; ignored if nothing was asked.
    pub async fn answer(&mut self, text: &str) {
        if let Progress::Under(attempt) = &mut self.progress {
            attempt.answer(text).await;
        }
    }

    /// Gives up. An account that is linked by now stays linked: it is taken in, and [`next`](Self::next) says so.
    pub async fn cancel(&mut self) {
        if let Progress::Under(attempt) = &mut self.progress {
            attempt.cancel().await;
        }
        self.next().await;
    }

    /// Takes the account in, whether or not somebody waits for it.
    fn take_in(&self, linked: Linked) -> Progress {
        let (service, network, role) = (self.service.clone(), self.network, self.role);
        let taken = linked.clone();
        let work = async move { service.take_in(taken, network, role).await };
        let outcome = self.service.inner.supervisor.see_through("take in", work);
        Progress::TakingIn { linked, outcome }
    }
}
