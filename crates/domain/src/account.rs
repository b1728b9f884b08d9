//! A login that Matrimony holds, as connectors and the ledger both know it.

use crate::ids::{LoginId, NetworkKind, PersonKey};
use crate::name::Name;
use std::fmt;

/// An account on a network that Matrimony may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Our name for it.
    pub login: LoginId,
    /// Its network.
    pub network: NetworkKind,
    /// How the connector finds it again.
    pub key: AccountKey,
    /// The person that the account is on its network: what it sends comes from them.
    pub person: PersonKey,
    /// Its profile name, if the network told.
    pub name: Option<Name>,
    /// For whom it speaks.
    pub role: LoginRole,
}

/// For whom a login speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LoginRole {
    /// For others: it repeats in its chats what people of other networks wrote.
    Relay,
    /// For the Matrix user who owns it.
    Personal,
}

impl LoginRole {
    /// The name in tables and commands.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Relay => "relay",
            Self::Personal => "personal",
        }
    }
}

/// How a connector finds an account again: a phone number, a device id. Personal data: redacted under `{:?}`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct AccountKey(String);

impl AccountKey {
    /// A key as its connector made it.
    pub fn new(key: impl Into<String>) -> Self {
        Self(key.into())
    }

    /// The key, for its connector and for the ledger. Not for logs.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AccountKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccountKey(..)")
    }
}
