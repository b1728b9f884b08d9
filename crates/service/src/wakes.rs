//! Who is to look at the ledger again.

use matrimony_domain::LoginId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Notify;

/// A bell for each login's outbox. A ring while nobody listens is kept, so none is missed; many rings are one.
#[derive(Default)]
pub(crate) struct Wakes(Mutex<HashMap<LoginId, Arc<Notify>>>);

impl Wakes {
    /// The bell of a login.
    pub(crate) fn bell(&self, login: LoginId) -> Arc<Notify> {
        let mut bells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        bells.entry(login).or_default().clone()
    }

    /// Rings it.
    pub(crate) fn wake(&self, login: LoginId) {
        self.bell(login).notify_one();
    }
}
