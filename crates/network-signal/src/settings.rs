//! Where signal-cli is.

use std::net::SocketAddr;
use std::path::PathBuf;

/// Where signal-cli is and where this connector keeps its files.
#[derive(Clone, Debug)]
pub struct Settings {
    /// A folder of our own: socket, pid file, log and spool. Made if missing, readable for nobody else.
    pub state_dir: PathBuf,
    /// How signal-cli is reached.
    pub source: Source,
}

/// How signal-cli is reached.
#[derive(Clone, Debug)]
pub enum Source {
    /// It runs as our child, started when it is first needed and again when it ends. Nothing that it received is lost
    /// when either process is killed.
    Child {
        /// The program: a path, or a name that is looked up on `PATH`.
        program: PathBuf,
        /// Its `--config` folder, with the keys of all its accounts.
        config_dir: PathBuf,
    },
    /// Somebody else runs `signal-cli daemon`, in multi-account mode (no `-a`). With `--receive-mode on-connection` it
    /// leaves messages on Signal's server while we are away. What lies unread in the socket when we are killed is
    /// lost: signal-cli cannot be acknowledged. Prefer [`Source::Child`].
    External(Address),
}

/// Where a running signal-cli listens.
#[derive(Clone, Debug)]
pub enum Address {
    /// `--socket PATH`.
    Unix(PathBuf),
    /// `--tcp HOST:PORT`. Anyone who can connect there can speak as every account: keep it on the loopback interface.
    Tcp(SocketAddr),
}
