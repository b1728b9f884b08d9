//! A Synapse of our own: installed, configured, started, watched and stopped.
//!
//! Synapse is a program of its own under its own licence, run as a child process from a virtual environment in the data
//! directory. Its database, keys and rooms stay there for ever; the environment can be made again at any time.

mod config;
mod error;
mod files;
mod process;
mod python;
mod users;

pub use error::{ManagedError, RegisterError};
pub use process::Running;
pub use python::Progress;

use crate::limits;
use crate::registration::registration;
use crate::settings::{Address, Appservice, Tokens};
use config::Config;
use files::{Folder, Secrets};
use ruma::OwnedServerName;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The Synapse that this version manages.
pub const SYNAPSE_VERSION: &str = "1.163.2";

/// What the operator decides about the managed Synapse.
#[derive(Clone)]
pub struct ManagedSettings {
    /// The folder for everything of Synapse; made if it is not there.
    pub folder: PathBuf,
    /// The part behind the colon of all user ids. Permanent.
    pub server_name: OwnedServerName,
    /// The port on loopback.
    pub port: u16,
    /// A Python that has Synapse already; nothing is installed then.
    pub python: Option<PathBuf>,
    /// Fresh random bytes. Used only while the folder has no secrets yet.
    pub entropy: [u8; 32],
}

/// A Synapse that is installed and configured, and can be started. Its secrets are redacted under `{:?}`.
pub struct ManagedSynapse {
    folder: Folder,
    python: PathBuf,
    address: Address,
    shared_secret: String,
    port: u16,
}

impl fmt::Debug for ManagedSynapse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("ManagedSynapse");
        shown.field("folder", &self.folder).field("address", &self.address);
        shown.finish_non_exhaustive()
    }
}

impl ManagedSynapse {
    /// Installs what is missing and writes all files, so that the next start uses these settings. Starts nothing. The
    /// first time it takes a minute or two and needs the Python package index; `progress` hears of it. Cancel-safe: what
    /// was half installed is installed again.
    ///
    /// # Errors
    /// See [`ManagedError`]; nothing that was there is lost by one.
    pub async fn prepare(
        settings: &ManagedSettings,
        appservice: &Appservice,
        listen: SocketAddr,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Result<Self, ManagedError> {
        let folder = Folder::make(&settings.folder)?;
        let secrets = Secrets::load_or_make(&folder, &settings.server_name, &settings.entropy)?;
        let python = match &settings.python {
            Some(python) => python::check_given(python).await?,
            None => python::install(&folder, progress).await?,
        };
        let address = Address {
            url: format!("http://127.0.0.1:{}", settings.port),
            server_name: settings.server_name.clone(),
            tokens: Tokens {
                as_token: secrets.as_token.clone(),
                hs_token: secrets.hs_token.clone(),
            },
        };
        let config = Config {
            folder: &folder,
            address: &address,
            port: settings.port,
            secrets: &secrets,
        };
        config.write(&registration(&address, appservice, listen)?)?;
        Ok(Self {
            folder,
            python,
            address,
            shared_secret: secrets.registration_shared_secret,
            port: settings.port,
        })
    }

    /// How to reach it, for somebody who treats it as an external homeserver.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Starts it and waits until it answers. A Synapse that a killed Matrimony left behind on this folder is stopped
    /// first. Dropping the future, or what it returns, kills the process.
    ///
    /// # Errors
    /// See [`ManagedError`].
    pub async fn start(&self) -> Result<Running, ManagedError> {
        self.clear_port().await?;
        Running::start(&self.python, &self.folder, &self.address.url).await
    }

    /// Sees to it that the port is free: a Synapse that a killed Matrimony left behind on this folder is stopped. For a
    /// caller who wants to say at once what [`start`](Self::start) would find out later.
    ///
    /// # Errors
    /// [`ManagedError::PortTaken`] when another program has it.
    pub async fn clear_port(&self) -> Result<(), ManagedError> {
        process::stop_orphan(&self.folder).await?;
        match TcpListener::bind((Ipv4Addr::LOCALHOST, self.port)) {
            Ok(_) => Ok(()),
            Err(_) => Err(ManagedError::PortTaken(self.port)),
        }
    }

    /// Keeps it running until `stop`: starts it, and starts it again with back-off when it ends by itself. Returns
    /// after it has stopped.
    ///
    /// # Errors
    /// When it cannot be started the first time, or ends again and again.
    pub async fn supervise(&self, stop: &CancellationToken) -> Result<(), ManagedError> {
        let mut wait = limits::BACKOFF_FIRST;
        let mut started_before = false;
        loop {
            let started = tokio::select! {
                () = stop.cancelled() => return Ok(()),
                started = self.start() => started,
            };
            match started {
                Ok(mut running) => {
                    started_before = true;
                    let up_since = tokio::time::Instant::now();
                    tokio::select! {
                        () = stop.cancelled() => return running.stop().await,
                        () = running.ended() => {}
                    }
                    if up_since.elapsed() > STEADY {
                        wait = limits::BACKOFF_FIRST;
                    }
                    tracing::warn!("synapse has ended by itself; starting it again");
                }
                Err(error) if !started_before || wait >= limits::BACKOFF_LONGEST => return Err(error),
                Err(error) => tracing::warn!(%error, "synapse does not start; trying again"),
            }
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                () = tokio::time::sleep(wait) => {}
            }
            wait = (wait * 2).min(limits::BACKOFF_LONGEST);
        }
    }

    /// Makes a user. Synapse must be running.
    ///
    /// # Errors
    /// See [`RegisterError`].
    pub async fn register_user(&self, localpart: &str, password: &str, admin: bool) -> Result<(), RegisterError> {
        users::register(&self.address.url, &self.shared_secret, localpart, password, admin).await
    }
}

/// A Synapse that ran so long was well.
const STEADY: Duration = Duration::from_secs(60);

/// A port on loopback that is free now, for those who do not care which.
///
/// # Errors
/// When the machine has none to give.
pub fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_secret_is_shown() {
        let folder = tempfile::tempdir().unwrap();
        let secret = |name: &str| format!("secret {name}");
        let synapse = ManagedSynapse {
            folder: Folder::make(folder.path()).unwrap(),
            python: "python".into(),
            address: Address {
                url: "http://127.0.0.1:8008".to_owned(),
                server_name: "mx.test".try_into().unwrap(),
                tokens: Tokens {
                    as_token: secret("one"),
                    hs_token: secret("two"),
                },
            },
            shared_secret: secret("three"),
            port: 8008,
        };
        let shown = format!("{synapse:?}");
        assert!(shown.contains("mx.test") && !shown.contains("secret"), "{shown}");
    }
}
