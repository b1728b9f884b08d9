//! One connection to signal-cli, from its opening to its end.

use super::Fault;
use super::call::{Answer, Call};
use crate::limits::{ANSWER_BYTES, CALLS};
use crate::lines::Lines;
use async_trait::async_trait;
use serde::Deserialize;
use serde_json::Value;
use std::collections::HashMap;
use std::io;
use std::sync::{Mutex, PoisonError};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::{Semaphore, mpsc, oneshot};

/// What becomes of a line that answers no call.
#[async_trait]
pub(crate) trait Notices: Send {
    /// Takes a line: a notification, or bytes that could not be read as JSON at all (`None`: too long to be kept). The
    /// connection reads on when this returns.
    async fn take(&mut self, line: Option<Vec<u8>>);
}

/// Writes calls and reads answers until the connection ends or `calls` is closed. Reading and writing do not wait for
/// each other. Calls that are left without an answer learn it by the drop of their half.
pub(crate) async fn converse<S>(
    stream: S,
    calls: &mut mpsc::Receiver<Call>,
    notices: &mut dyn Notices,
) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Send,
{
    let (reader, writer) = tokio::io::split(stream);
    let pending = Pending::new();
    tokio::select! {
        ended = read_answers(reader, &pending, notices) => ended,
        ended = write_calls(writer, &pending, calls) => ended,
    }
}

/// The calls that are written and wait for their answer.
struct Pending {
    waiting: Mutex<HashMap<u64, oneshot::Sender<Answer>>>,
    room: Semaphore,
}

impl Pending {
    fn new() -> Self {
        Self {
            waiting: Mutex::default(),
            room: Semaphore::new(CALLS),
        }
    }

    fn add(&self, id: u64, answer: oneshot::Sender<Answer>) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.insert(id, answer);
    }

    /// `None` for an answer that nobody waits for.
    fn take(&self, id: u64) -> Option<oneshot::Sender<Answer>> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.remove(&id)
    }
}

async fn write_calls(
    mut writer: impl AsyncWrite + Unpin,
    pending: &Pending,
    calls: &mut mpsc::Receiver<Call>,
) -> io::Result<()> {
    loop {
        let room = pending.room.acquire().await.map_err(io::Error::other)?;
        let Some(call) = calls.recv().await else {
            return Ok(());
        };
        if !call.begin() {
            continue;
        }
        room.forget();
        pending.add(call.id, call.answer);
        writer.write_all(&call.line).await?;
        writer.flush().await?;
    }
}

async fn read_answers(
    mut reader: impl AsyncRead + Unpin,
    pending: &Pending,
    notices: &mut dyn Notices,
) -> io::Result<()> {
    let mut lines = Lines::new(ANSWER_BYTES);
    let mut chunk = vec![0; 64 << 10];
    loop {
        while let Some(line) = lines.next() {
            match line.bytes.as_deref().map(parse) {
                Some(Ok(messages)) => settle(messages, pending, notices).await,
                _ => notices.take(line.bytes).await,
            }
        }
        match reader.read(&mut chunk).await? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => lines.push(&chunk[..read]),
        }
    }
}

/// An answer and a notification, told apart by `method`.
#[derive(Deserialize)]
struct Message {
    method: Option<String>,
    id: Option<Value>,
    result: Option<Value>,
    error: Option<Fault>,
}

/// One object or a batch of them, each with its own text.
fn parse(line: &[u8]) -> serde_json::Result<Vec<Value>> {
    let value: Value = serde_json::from_slice(line)?;
    Ok(match value {
        Value::Array(batch) => batch,
        one => vec![one],
    })
}

async fn settle(messages: Vec<Value>, pending: &Pending, notices: &mut dyn Notices) {
    for value in messages {
        match Message::deserialize(&value) {
            Ok(Message {
                method: None,
                id: Some(id),
                result,
                error,
            }) => answer(&id, result, error, pending),
            _ => notices.take(Some(value.to_string().into_bytes())).await,
        }
    }
}

fn answer(id: &Value, result: Option<Value>, error: Option<Fault>, pending: &Pending) {
    let number = id.as_u64().or_else(|| id.as_str()?.parse().ok());
    let Some(waiting) = number.and_then(|number| pending.take(number)) else {
        tracing::debug!("signal-cli answered a call that nobody waits for");
        return;
    };
    pending.room.add_permits(1);
    let answer = match error {
        Some(fault) => Err(fault),
        None => Ok(result.unwrap_or_default()),
    };
    // A caller that has given up is no error.
    drop(waiting.send(answer));
}
