//! Group commit: one task owns the one connection that writes.
//!
//! Writes queue up while a commit is on its way to the disk; the next commit carries all of them. Where one of them
//! fails, nothing of that commit is on disk and each is run again in a transaction of its own, so that it fails alone.
//! A write must therefore be repeatable until it has committed: it reads its input, never takes it.
//!
//! A caller that goes away does not disturb: its write is committed like the others, its answer is dropped.

use crate::connect::Connector;
use crate::error::{database, is_rolled_back_already, unavailable};
use futures_util::future::BoxFuture;
use matrimony_domain::limits::{WRITE_BATCH, WRITE_QUEUE};
use matrimony_ledger::LedgerError;
use sqlx::{Connection, SqliteConnection};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::JoinHandle;

/// The queue before the writing task.
pub(crate) struct Writer {
    queue: mpsc::Sender<Order>,
    task: Mutex<Option<JoinHandle<()>>>,
    counters: Arc<Counters>,
}

/// What the writer has done since the ledger was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WriterStats {
    /// Writes that were committed.
    pub writes: u64,
    /// Commits that carried them.
    pub commits: u64,
    /// Writes that found the queue full and had to wait for a place in it.
    pub queue_full: u64,
}

/// One write: what to do inside a transaction, with its input. Changes nothing where it returns an error of its own in
/// `Ok`, and is undone where it returns `Err`.
pub(crate) type Write<I, T> = for<'c> fn(&'c mut SqliteConnection, &'c I) -> BoxFuture<'c, Result<T, LedgerError>>;

impl Writer {
    /// Starts the writing task. It ends when [`Writer::close`] is called or the writer is dropped, after it has
    /// answered what it holds.
    pub(crate) fn start(connector: Connector, connection: SqliteConnection) -> Self {
        let (queue, orders) = mpsc::channel(WRITE_QUEUE);
        let counters = Arc::new(Counters::default());
        let task = Task {
            connector,
            connection: Some(connection),
            counters: Arc::clone(&counters),
        };
        Self {
            queue,
            task: Mutex::new(Some(tokio::spawn(task.run(orders)))),
            counters,
        }
    }

    /// Runs a write; returns after it is on disk.
    pub(crate) async fn write<I, T>(&self, input: I, work: Write<I, T>) -> Result<T, LedgerError>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let job = Box::new(Queued {
            input,
            work,
            result: None,
            answer,
        });
        self.send(Order::Run(job)).await?;
        answered.await.map_err(|_| closed())?
    }

    /// Commits what is queued, then ends the task and closes its connection. Later writes fail. May be called again.
    pub(crate) async fn close(&self) {
        let mut task = self.task.lock().await;
        if let Some(task) = task.take() {
            // Both fail only where the task has ended already.
            let _ = self.queue.send(Order::Stop).await;
            let _ = task.await;
        }
    }

    pub(crate) fn stats(&self) -> WriterStats {
        WriterStats {
            writes: self.counters.writes.load(Relaxed),
            commits: self.counters.commits.load(Relaxed),
            queue_full: self.counters.queue_full.load(Relaxed),
        }
    }

    async fn send(&self, order: Order) -> Result<(), LedgerError> {
        match self.queue.try_send(order) {
            Ok(()) => Ok(()),
            Err(mpsc::error::TrySendError::Closed(_)) => Err(closed()),
            Err(mpsc::error::TrySendError::Full(order)) => {
                self.counters.queue_full.fetch_add(1, Relaxed);
                self.queue.send(order).await.map_err(|_| closed())
            }
        }
    }
}

fn closed() -> LedgerError {
    unavailable("the ledger is closed")
}

#[derive(Default)]
struct Counters {
    writes: AtomicU64,
    commits: AtomicU64,
    queue_full: AtomicU64,
}

enum Order {
    Run(Box<dyn Job>),
    Stop,
}

/// The task's side: the connection and how to get another.
struct Task {
    connector: Connector,
    connection: Option<SqliteConnection>,
    counters: Arc<Counters>,
}

impl Task {
    async fn run(mut self, mut orders: mpsc::Receiver<Order>) {
        let mut received = Vec::with_capacity(WRITE_BATCH);
        let mut jobs = Vec::with_capacity(WRITE_BATCH);
        while orders.recv_many(&mut received, WRITE_BATCH).await > 0 {
            for order in received.drain(..) {
                match order {
                    Order::Run(job) => jobs.push(job),
                    Order::Stop => orders.close(),
                }
            }
            self.perform(&mut jobs).await;
            for job in jobs.drain(..) {
                job.answer();
            }
        }
        if let Some(connection) = self.connection {
            // What was answered is on disk; the last checkpoint is repeated at the next start if this one fails.
            let _ = connection.close().await;
        }
    }

    /// Together if possible, else one by one.
    async fn perform(&mut self, jobs: &mut [Box<dyn Job>]) {
        match (self.commit(jobs).await, jobs) {
            (Ok(()), _) => {}
            (Err(error), [only]) => only.fail(error),
            (Err(_), jobs) => {
                for job in jobs {
                    if let Err(error) = self.commit(std::slice::from_mut(job)).await {
                        job.fail(error);
                    }
                }
            }
        }
    }

    /// All in one transaction. After an error nothing of it is on disk.
    async fn commit(&mut self, jobs: &mut [Box<dyn Job>]) -> Result<(), LedgerError> {
        if jobs.is_empty() {
            return Ok(());
        }
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.connector.writing().await?,
        };
        let committed = transaction(&mut connection, jobs).await;
        if committed.is_ok() || roll_back(&mut connection).await {
            self.connection = Some(connection);
        }
        if committed.is_ok() {
            self.counters.commits.fetch_add(1, Relaxed);
            self.counters.writes.fetch_add(jobs.len() as u64, Relaxed);
        }
        committed
    }
}

async fn transaction(connection: &mut SqliteConnection, jobs: &mut [Box<dyn Job>]) -> Result<(), LedgerError> {
    sqlx::query("BEGIN IMMEDIATE")
        .execute(&mut *connection)
        .await
        .map_err(database)?;
    for job in jobs {
        job.run(connection).await?;
    }
    sqlx::query("COMMIT")
        .execute(&mut *connection)
        .await
        .map_err(database)?;
    Ok(())
}

/// Whether the connection is out of its transaction and may be used again.
async fn roll_back(connection: &mut SqliteConnection) -> bool {
    match sqlx::query("ROLLBACK").execute(connection).await {
        Ok(_) => true,
        Err(error) => is_rolled_back_already(&error),
    }
}

/// A write whose types the queue need not know.
trait Job: Send {
    /// Does it, again if need be.
    fn run<'a>(&'a mut self, connection: &'a mut SqliteConnection) -> BoxFuture<'a, Result<(), LedgerError>>;
    /// It could not be committed.
    fn fail(&mut self, error: LedgerError);
    /// Tells the caller.
    fn answer(self: Box<Self>);
}

struct Queued<I, T> {
    input: I,
    work: Write<I, T>,
    result: Option<Result<T, LedgerError>>,
    answer: oneshot::Sender<Result<T, LedgerError>>,
}

impl<I: Send + Sync, T: Send> Job for Queued<I, T> {
    fn run<'a>(&'a mut self, connection: &'a mut SqliteConnection) -> BoxFuture<'a, Result<(), LedgerError>> {
        Box::pin(async move {
            let output = (self.work)(connection, &self.input).await?;
            self.result = Some(Ok(output));
            Ok(())
        })
    }

    fn fail(&mut self, error: LedgerError) {
        self.result = Some(Err(error));
    }

    fn answer(self: Box<Self>) {
        if let Some(result) = self.result {
            // Fails only where the caller went away.
            let _ = self.answer.send(result);
        }
    }
}
