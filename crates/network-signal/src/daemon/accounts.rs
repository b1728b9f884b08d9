//! Which accounts signal-cli has. One that its phone unlinks vanishes from the list without a word, so it is polled.

use super::{Core, State};
use crate::limits::{ACCOUNTS_AGAIN, ACCOUNTS_EVERY, READ_CALL};
use crate::rpc::{CallError, Rpc};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;

#[derive(Deserialize)]
struct Listed {
    #[serde(default)]
    number: Option<String>,
}

/// Keeps the list of accounts in the state up to date. Ends with the connection.
pub(super) async fn keep_listed(core: &Core) -> Result<(), CallError> {
    let mut known = Arc::new(list(&core.rpc).await?);
    publish(core, &known);
    loop {
        tokio::select! {
            () = tokio::time::sleep(ACCOUNTS_EVERY) => {}
            () = core.doubt.notified() => {}
        }
        let mut listed = list(&core.rpc).await?;
        if !known.is_subset(&listed) {
            // To call an account unlinked has consequences: look twice.
            tokio::time::sleep(ACCOUNTS_AGAIN).await;
            listed.append(&mut list(&core.rpc).await?);
        }
        if *known != listed {
            known = Arc::new(listed);
            publish(core, &known);
        }
    }
}

/// The numbers of all accounts.
pub(super) async fn list(rpc: &Rpc) -> Result<BTreeSet<String>, CallError> {
    let listed: Vec<Listed> = rpc.call("listAccounts", json!({}), READ_CALL).await?;
    Ok(listed.into_iter().filter_map(|account| account.number).collect())
}

fn publish(core: &Core, accounts: &Arc<BTreeSet<String>>) {
    core.state.send_replace(State::Ready {
        accounts: Arc::clone(accounts),
    });
}
