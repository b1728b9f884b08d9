//! One call on its way.

use super::{CallError, Fault};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU8, Ordering};
use tokio::sync::oneshot;

pub(super) type Answer = Result<Value, Fault>;

const QUEUED: u8 = 0;
const WRITTEN: u8 = 1;
const GIVEN_UP: u8 = 2;

/// The connection's half of a call.
pub(crate) struct Call {
    pub(super) id: u64,
    pub(super) line: Vec<u8>,
    pub(super) answer: oneshot::Sender<Answer>,
    stage: Arc<AtomicU8>,
}

/// The caller's half. Both halves agree in one step whether the request was written, so that "not sent" is never said
/// of a request that leaves a moment later.
pub(super) struct Caller {
    answer: Mutex<Option<oneshot::Receiver<Answer>>>,
    stage: Arc<AtomicU8>,
}

impl Call {
    pub(super) fn new(id: u64, method: &str, params: &Value) -> (Self, Caller) {
        let request = json!({"jsonrpc": "2.0", "id": id.to_string(), "method": method, "params": params});
        let mut line = request.to_string().into_bytes();
        line.push(b'\n');
        let (answer, receiver) = oneshot::channel();
        let stage = Arc::new(AtomicU8::new(QUEUED));
        let caller = Caller {
            answer: Mutex::new(Some(receiver)),
            stage: Arc::clone(&stage),
        };
        (
            Self {
                id,
                line,
                answer,
                stage,
            },
            caller,
        )
    }

    /// To be asked right before the line is written; `false` if the caller has given up.
    pub(super) fn begin(&self) -> bool {
        !self.answer.is_closed() && move_on(&self.stage, WRITTEN)
    }
}

impl Caller {
    /// The answer, or `None` if the connection ended without one. To be called once.
    pub(super) async fn answer(&self) -> Option<Result<Value, CallError>> {
        let receiver = self.answer.lock().ok()?.take()?;
        let answer = receiver.await.ok()?;
        Some(answer.map_err(CallError::Fault))
    }

    /// Why there is no answer. A request that is still queued is withdrawn by this.
    pub(super) fn unanswered(&self) -> CallError {
        if move_on(&self.stage, GIVEN_UP) {
            CallError::NotSent
        } else {
            CallError::NoAnswer
        }
    }
}

fn move_on(stage: &AtomicU8, to: u8) -> bool {
    stage
        .compare_exchange(QUEUED, to, Ordering::AcqRel, Ordering::Acquire)
        .is_ok()
}
