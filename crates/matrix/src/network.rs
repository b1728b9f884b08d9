//! Matrix as a network.

use crate::bot::Steward;
use crate::client::Client;
use crate::home::{Home, bot_name};
use crate::intake::Intake;
use crate::names::{BadNames, Names};
use crate::session::MatrixSession;
use crate::settings::Settings;
use async_trait::async_trait;
use matrimony_domain::{Account, AccountKey, Clock, Name, NetworkKind, PersonKey, Reason};
use matrimony_network::{Login, LoginError, LoginMethod, Network, OpenError, Session, SessionHealth, Spool, Vault};
use std::sync::Arc;
use tokio::sync::watch;

/// What the Matrix side needs of its surroundings.
pub struct Parts {
    /// Where the homeserver's events wait until they are handled. Its own, shared with nothing else.
    pub spool: Arc<dyn Spool>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Who carries out commands.
    pub steward: Arc<dyn Steward>,
}

/// Matrix. Nobody links an account: it has one login, the bot of our registration, which speaks as everybody.
pub struct MatrixNetwork {
    settings: Arc<Settings>,
    names: Names,
    parts: Parts,
}

impl MatrixNetwork {
    /// Matrix on the homeserver of `settings`. Connects to nothing.
    ///
    /// # Errors
    /// When the names in the settings cannot be user ids.
    pub fn new(settings: Settings, parts: Parts) -> Result<Self, BadNames> {
        let appservice = &settings.appservice;
        let server = settings.homeserver.address().server_name.clone();
        let names = Names::new(server, &appservice.bot, &appservice.ghost_prefix)?;
        Ok(Self {
            settings: Arc::new(settings),
            names,
            parts,
        })
    }

    /// The one login's key, person and name, for whoever adds it to the ledger as a relay.
    pub fn bot(&self) -> (AccountKey, PersonKey, Name) {
        let bot = self.names.bot().as_str();
        (
            AccountKey::new(bot),
            PersonKey::new(NetworkKind::Matrix, bot),
            bot_name(),
        )
    }
}

#[async_trait]
impl Network for MatrixNetwork {
    fn kind(&self) -> NetworkKind {
        NetworkKind::Matrix
    }

    fn login_methods(&self) -> &'static [LoginMethod] {
        &[]
    }

    async fn begin_login(&self, _method: LoginMethod) -> Result<Box<dyn Login>, LoginError> {
        Err(LoginError::NotOffered)
    }

    async fn open(&self, account: &Account, vault: Arc<dyn Vault>) -> Result<Arc<dyn Session>, OpenError> {
        if account.key.reveal() != self.names.bot().as_str() {
            return Err(OpenError::Failed(Reason::fixed(
                "this login is the bot of another homeserver, or of another name; set both back",
            )));
        }
        let client = Client::new(self.settings.homeserver.address()).map_err(|_| {
            OpenError::Failed(Reason::fixed(
                "no HTTP client can be made; are the system's certificates there?",
            ))
        })?;
        let intake = Intake::new(self.names.clone(), Arc::clone(&self.parts.spool), Arc::clone(&vault));
        Ok(Arc::new(MatrixSession {
            home: Arc::new(Home::new(Arc::new(client), self.names.clone(), vault)),
            intake: Arc::new(intake),
            settings: Arc::clone(&self.settings),
            clock: Arc::clone(&self.parts.clock),
            steward: Arc::clone(&self.parts.steward),
            login: account.login,
            health: watch::Sender::new(SessionHealth::Connecting { trouble: None }),
        }))
    }
}
