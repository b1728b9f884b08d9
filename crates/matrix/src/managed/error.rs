//! What can be wrong with a managed Synapse; each text names the cure.

use super::SYNAPSE_VERSION;
use crate::names::BadNames;
use std::io;
use std::path::PathBuf;

/// Why the managed Synapse cannot be prepared or started.
#[derive(Debug, thiserror::Error)]
pub enum ManagedError {
    /// No usable Python was found.
    #[error("no Python 3.10 or newer with the venv module was found; install python3 and python3-venv")]
    PythonMissing,
    /// The Python that the settings name has no Synapse.
    #[error("{0} has no Synapse; install matrix-synapse=={SYNAPSE_VERSION} into it, or leave the setting out")]
    NoSynapse(PathBuf),
    /// The installation failed.
    #[error("the installation of Synapse failed: {line}")]
    InstallFailed {
        /// The installer's last line.
        line: String,
    },
    /// The folder belongs to another server name.
    #[error(
        "this data directory belongs to the server name {was}, which cannot be changed to {asked}: it is part of every \
         user id; set server_name back, or use another data directory"
    )]
    ServerNameChanged {
        /// The name it was made with.
        was: String,
        /// The name that is asked for now.
        asked: String,
    },
    /// The bot's name or the ghosts' prefix cannot be used.
    #[error(transparent)]
    Names(#[from] BadNames),
    /// Something else listens on the port.
    #[error("port {0} on 127.0.0.1 is taken; stop what listens there, or set another port for Synapse")]
    PortTaken(u16),
    /// Synapse ended before it answered.
    #[error("Synapse does not start: {line}")]
    Rejected {
        /// Synapse's last line.
        line: String,
    },
    /// Synapse runs and does not answer.
    #[error("Synapse did not answer in time; look at {log}")]
    Silent {
        /// Its log.
        log: PathBuf,
    },
    /// A file or process could not be handled.
    #[error("cannot {what} {path}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// With what.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// A file of ours is not what we wrote.
    #[error("{0} is damaged; restore it from a backup")]
    Damaged(PathBuf),
}

/// Why a user could not be made.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// There is one of this name.
    #[error("there is a user of this name already")]
    Taken,
    /// The name belongs to a bridged person or a bot.
    #[error("this name is kept for people of bridged networks and for bots; choose another")]
    Reserved,
    /// The name is not one.
    #[error("a user name holds lower-case letters, digits and the signs . _ = - / +")]
    BadName,
    /// Synapse said no.
    #[error("Synapse refused to make the user: {0}")]
    Refused(String),
    /// Synapse is not there.
    #[error("Synapse does not answer; is matrimony running?")]
    Unreachable(#[source] reqwest::Error),
}
