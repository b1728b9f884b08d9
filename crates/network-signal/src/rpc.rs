//! Calls to signal-cli: JSON-RPC 2.0, one JSON object a line, answers in any order.

mod call;
mod connection;
#[cfg(test)]
mod tests;

pub(crate) use connection::{Notices, converse};

use crate::limits::CALLS;
use call::Call;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::{mpsc, watch};

/// Makes calls over whatever connection is open at the moment.
#[derive(Clone)]
pub(crate) struct Rpc {
    open: watch::Receiver<Option<mpsc::Sender<Call>>>,
    next_id: Arc<AtomicU64>,
}

/// Where connections are announced to the [`Rpc`] of a pair.
pub(crate) struct Switch {
    open: watch::Sender<Option<mpsc::Sender<Call>>>,
}

/// A call that gave no result. The cases differ in what may have happened on the other side.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    /// The request was not written: nothing happened.
    #[error("signal-cli is not connected")]
    NotSent,
    /// The request was written, and no answer that can be read came: anything may have happened.
    #[error("signal-cli gave no answer")]
    NoAnswer,
    /// signal-cli said no.
    #[error("signal-cli answered with error {}", .0.code)]
    Fault(Fault),
}

/// The error object of an answer. Its message may hold personal data, so it is matched against and never shown.
#[derive(Deserialize)]
pub(crate) struct Fault {
    pub(crate) code: i64,
    #[serde(default)]
    pub(crate) message: String,
    #[serde(default)]
    pub(crate) data: Value,
}

impl std::fmt::Debug for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Fault({})", self.code)
    }
}

/// A handle for calls and the switch that connects it.
pub(crate) fn rpc() -> (Rpc, Switch) {
    let (sender, open) = watch::channel(None);
    let next_id = Arc::new(AtomicU64::new(1));
    (Rpc { open, next_id }, Switch { open: sender })
}

impl Switch {
    /// A connection is there: its end of the calls. It is gone when this end is dropped.
    pub(crate) fn connect(&self) -> mpsc::Receiver<Call> {
        let (calls, receiver) = mpsc::channel(CALLS);
        self.open.send_replace(Some(calls));
        receiver
    }

    /// The connection is gone.
    pub(crate) fn disconnect(&self) {
        self.open.send_replace(None);
    }
}

impl Rpc {
    /// Calls `method` and waits at most `patience` for its result. Dropping the future gives the answer up; the
    /// request may be written all the same.
    pub(crate) async fn call<T: DeserializeOwned>(
        &self,
        method: &'static str,
        params: Value,
        patience: Duration,
    ) -> Result<T, CallError> {
        let calls = self.open.borrow().clone().ok_or(CallError::NotSent)?;
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let (call, caller) = Call::new(id, method, &params);
        let answered = async {
            calls.send(call).await.ok()?;
            caller.answer().await
        };
        match tokio::time::timeout(patience, answered).await {
            Ok(Some(answer)) => read(method, answer?),
            Ok(None) | Err(_) => Err(caller.unanswered()),
        }
    }
}

/// A result of another shape than the caller knows counts as no answer: the call itself did happen.
fn read<T: DeserializeOwned>(method: &'static str, result: Value) -> Result<T, CallError> {
    serde_json::from_value(result).map_err(|_| {
        tracing::warn!(
            method,
            "signal-cli gave a result of an unknown shape; is its version supported?"
        );
        CallError::NoAnswer
    })
}
