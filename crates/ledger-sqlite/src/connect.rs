//! Connections: the one that writes, and the few that read beside it.

use crate::error::database;
use matrimony_domain::limits::{LEDGER_BUSY, READERS};
use matrimony_ledger::LedgerError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use tokio::sync::{Semaphore, SemaphorePermit};

/// How much a commit promises.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// It survives the loss of power: every commit reaches the disk before it is answered.
    #[default]
    Full,
    /// It survives the end of the process, not the loss of power. For tests and simulations.
    Process,
}

/// Prepared statements that a connection keeps; more than there are queries.
const STATEMENTS: usize = 128;

/// Makes connections to one file.
pub(crate) struct Connector {
    path: PathBuf,
    durability: Durability,
}

impl Connector {
    pub(crate) fn new(path: &Path, durability: Durability) -> Self {
        Self {
            path: path.to_owned(),
            durability,
        }
    }

    /// A connection that may write.
    pub(crate) async fn writing(&self) -> Result<SqliteConnection, LedgerError> {
        let synchronous = match self.durability {
            Durability::Full => SqliteSynchronous::Full,
            Durability::Process => SqliteSynchronous::Off,
        };
        let options = self
            .options()
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(synchronous);
        options.connect().await.map_err(database)
    }

    /// A connection that cannot write.
    pub(crate) async fn reading(&self) -> Result<SqliteConnection, LedgerError> {
        self.options().read_only(true).connect().await.map_err(database)
    }

    fn options(&self) -> SqliteConnectOptions {
        SqliteConnectOptions::new()
            .filename(&self.path)
            .create_if_missing(false)
            .foreign_keys(true)
            .busy_timeout(LEDGER_BUSY)
            .statement_cache_capacity(STATEMENTS)
            .disable_statement_logging()
    }
}

/// The connections that read. Handed out without timers, so that a test may stop the clock.
pub(crate) struct Readers {
    free: Mutex<Vec<SqliteConnection>>,
    permits: Semaphore,
}

impl Readers {
    pub(crate) async fn open(connector: &Connector) -> Result<Self, LedgerError> {
        let mut free = Vec::with_capacity(READERS);
        for _ in 0..READERS {
            free.push(connector.reading().await?);
        }
        Ok(Self {
            free: Mutex::new(free),
            permits: Semaphore::new(READERS),
        })
    }

    /// A connection, when one is free.
    pub(crate) async fn get(&self) -> Result<Reader<'_>, LedgerError> {
        let permit = self.permits.acquire().await.map_err(crate::error::unavailable)?;
        let connection = self.lock().pop();
        Ok(Reader {
            connection: Some(connection.expect("there are as many connections as permits")),
            readers: self,
            _permit: permit,
        })
    }

    /// Waits for readers at work, then closes all. Later reads fail.
    pub(crate) async fn close(&self) {
        let all = u32::try_from(READERS).expect("a handful of readers");
        let Ok(_permits) = self.permits.acquire_many(all).await else {
            return;
        };
        self.permits.close();
        let connections = std::mem::take(&mut *self.lock());
        for connection in connections {
            // A reader has nothing to lose.
            let _ = connection.close().await;
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<SqliteConnection>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A borrowed connection; it goes back when dropped, also in the middle of a query.
pub(crate) struct Reader<'r> {
    connection: Option<SqliteConnection>,
    readers: &'r Readers,
    _permit: SemaphorePermit<'r>,
}

impl Deref for Reader<'_> {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        self.connection.as_ref().expect("taken only by drop")
    }
}

impl DerefMut for Reader<'_> {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        self.connection.as_mut().expect("taken only by drop")
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.readers.lock().push(connection);
        }
    }
}
