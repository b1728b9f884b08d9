//! What the operator decides.

use crate::managed::ManagedSynapse;
use ruma::OwnedServerName;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

/// The Matrix side of the configuration.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where our rooms are.
    pub homeserver: Homeserver,
    /// Where the homeserver's transactions are taken. The registration file names it, so its port is fixed.
    pub listen: SocketAddr,
    /// How we are known on the homeserver.
    pub appservice: Appservice,
}

/// How we are known on the homeserver. Permanent: rooms hold these user ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appservice {
    /// The id of the registration.
    pub id: String,
    /// The bot's localpart.
    pub bot: String,
    /// What every ghost's localpart begins with, before the name of its network.
    pub ghost_prefix: String,
}

impl Default for Appservice {
    fn default() -> Self {
        Self {
            id: "matrimony".to_owned(),
            bot: "matrimony".to_owned(),
            ghost_prefix: "_".to_owned(),
        }
    }
}

/// The homeserver that holds our rooms.
#[derive(Clone)]
pub enum Homeserver {
    /// A Synapse of our own: the session starts it, watches it and stops it.
    Managed(Arc<ManagedSynapse>),
    /// One that somebody else runs (or that the caller runs: see [`ManagedSynapse::address`]).
    External(Address),
}

impl Homeserver {
    /// How to reach it.
    pub fn address(&self) -> &Address {
        match self {
            Self::Managed(synapse) => synapse.address(),
            Self::External(address) => address,
        }
    }
}

impl fmt::Debug for Homeserver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Managed(_) => "Managed(..)",
            Self::External(_) => "External(..)",
        })
    }
}

/// How a homeserver is reached and how each side knows the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The base of its client API, such as `http://127.0.0.1:8008`.
    pub url: String,
    /// The part behind the colon of its users' ids.
    pub server_name: OwnedServerName,
    /// What both sides show each other.
    pub tokens: Tokens,
}

/// The secrets of the registration. Redacted under `{:?}`.
#[derive(Clone, PartialEq, Eq)]
pub struct Tokens {
    /// We show it to the homeserver.
    pub as_token: String,
    /// The homeserver shows it to us.
    pub hs_token: String,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens(..)")
    }
}
