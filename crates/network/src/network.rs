//! A network that Matrimony can talk to.

use crate::login::{Login, LoginError, LoginMethod};
use crate::session::Session;
use crate::vault::Vault;
use async_trait::async_trait;
use matrimony_domain::{Account, NetworkKind, Reason};
use std::sync::Arc;

/// One network: opens sessions and begins logins.
#[async_trait]
pub trait Network: Send + Sync {
    /// Which one.
    fn kind(&self) -> NetworkKind;

    /// The ways to link an account, best first. Empty where accounts are not linked (Matrix).
    fn login_methods(&self) -> &'static [LoginMethod];

    /// Begins to link an account. The flow is driven by [`Login::next`]; dropping it cancels.
    async fn begin_login(&self, method: LoginMethod) -> Result<Box<dyn Login>, LoginError>;

    /// Opens a linked account. Does not connect yet.
    async fn open(&self, account: &Account, vault: Arc<dyn Vault>) -> Result<Arc<dyn Session>, OpenError>;
}

/// Why an account could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Its keys are gone: a person must link it again.
    #[error("the account's keys are not there; link it again")]
    Unlinked,
    /// Something that may pass, or that the operator can mend; the reason names the cure.
    #[error("{0}")]
    Failed(Reason),
}
