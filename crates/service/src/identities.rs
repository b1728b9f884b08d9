//! Which people are our own logins.

use matrimony_domain::{PersonKey, Sender};
use matrimony_ledger::{Ledger, LedgerError};
use std::collections::HashSet;
use std::sync::{PoisonError, RwLock};

/// The keys and aliases of our logins on all networks. What they say is either our own copy coming back or a person
/// who writes by hand on the login's phone.
#[derive(Default)]
pub(crate) struct Identities(RwLock<HashSet<PersonKey>>);

impl Identities {
    /// Reads them anew.
    pub(crate) async fn learn(&self, ledger: &dyn Ledger) -> Result<(), LedgerError> {
        let mut own = HashSet::new();
        for login in ledger.logins().await? {
            let person = ledger.person(&login.account.person).await?;
            own.extend(person.into_iter().flat_map(|p| [Some(p.key), p.alias]).flatten());
            own.insert(login.account.person);
        }
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = own;
        Ok(())
    }

    /// Whether a login of ours is the sender, by either of the sender's keys.
    pub(crate) fn is_own(&self, sender: &Sender) -> bool {
        let own = self.0.read().unwrap_or_else(PoisonError::into_inner);
        own.contains(&sender.person) || sender.alias.as_ref().is_some_and(|alias| own.contains(alias))
    }
}
