//! The embedded ledger: one SQLite file, a write-ahead log, and one `fsync` for all that is accepted at a time.
//!
//! This crate is the only place with SQLite's words; it knows no network and decides nothing about messages. Open a
//! [`SqliteLedger`], share it as `Arc<dyn Ledger>`, [close](SqliteLedger::close) it at the end.
//!
//! The ledger owns one task, its writer: `open` starts it, `close` joins it, and a ledger that is dropped without
//! `close` ends it as soon as it has answered what it holds. Reads run beside it on connections of their own and see
//! every write that was answered before they began.
//!
//! Each file holds one family of tables, each verb its literal SQL. A delivery goes this way:
//!
//! ```text
//!   accept ─▶ due ──claim_due──▶ claimed ──settle──▶ delivered, refused, skipped
//!             ▲ │                 │   │ ▲
//!             │ │   Later,        │   │ └──claim_due, after the wait──┐
//!             │◀┼── Released ─────┘   └── Unsure ─▶ unsure ───────────┤
//!             │ │                                    │  └─reconcile─▶ delivered
//!             │ └──login unlinked──▶ held ◀──────────┘
//!             └──────login linked─────┘ (unsure again, where in doubt)
//! ```
//!
//! - Only the first open delivery of a portal is claimed. Where it waits, all behind it wait; once it is settled, the
//!   next takes its place.
//! - A claim whose lease has ended is claimed anew where nothing had begun or a repeat is safe; else it is unsure.
//! - *Doubt* stays with a delivery from an unanswered attempt until it is settled, through holds and later attempts;
//!   each unanswered attempt is counted once, when its repeat begins.
//! - What each unanswered attempt may have sent is expected once: the sighting of it settles an open delivery, and is one
//!   more copy of a settled one, whatever its outcome, for a day
//!   ([`LATE_COPY`](matrimony_domain::limits::LATE_COPY)).
//! - An unlinked login's open deliveries are held at once, except the one in a worker's hands: that one follows when
//!   its attempt or its lease ends, so that an answer on its way is still taken.
//! - A hold stops the horizon: it starts again with the first attempt after the login was linked. Past it, a delivery
//!   is refused when it would be claimed or would wait again.
//! - A detached portal keeps its row and its copies; its open deliveries are skipped. United again, with whatever room,
//!   the chat is the same portal.
//! - A stored event that cannot be read any more is refused in its turn, so that it blocks nothing behind it.

mod audit;
#[cfg(any(test, feature = "bench"))]
pub mod bench;
mod connect;
mod copies;
mod deliveries;
mod error;
mod events;
mod logins;
mod migrate;
mod people;
mod rooms;
mod rows;
mod spool;
mod vault;
mod writer;

pub use connect::Durability;
pub use writer::WriterStats;

use connect::{Connector, Readers};
use matrimony_ledger::LedgerError;
use std::path::Path;
use writer::Writer;

/// A ledger in one SQLite file.
pub struct SqliteLedger {
    writer: Writer,
    readers: Readers,
    /// Makes send keys unique over all ledgers.
    ledger_id: [u8; 16],
}

/// How to open a ledger.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Random; becomes the ledger's own id when the file is new, and is ignored afterwards.
    pub entropy: [u8; 16],
    /// What a commit promises.
    pub durability: Durability,
}

impl SqliteLedger {
    /// Opens the ledger at `path`, makes it (readable by its owner only) if there is none, and brings its schema up to
    /// date. Reads no table as a whole, however large. The directory must exist; keeping a second process off it is
    /// the caller's part. Must be called within a tokio runtime, which then drives the writer.
    ///
    /// # Errors
    ///
    /// [`LedgerError::Newer`] for a file of a newer version, [`LedgerError::DiskFull`], and
    /// [`LedgerError::Unavailable`] where the file cannot be opened or is no database.
    pub async fn open(path: &Path, options: Options) -> Result<Self, LedgerError> {
        make_private(path).map_err(error::unavailable)?;
        let connector = Connector::new(path, options.durability);
        let mut connection = connector.writing().await?;
        migrate::run(&mut connection).await?;
        let ledger_id = migrate::ledger_id(&mut connection, options.entropy).await?;
        let readers = Readers::open(&connector).await?;
        Ok(Self {
            writer: Writer::start(connector, connection),
            readers,
            ledger_id,
        })
    }

    /// Commits what is under way and closes the file; later verbs fail. May be called more than once.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    /// What the writer has done since the ledger was opened.
    pub fn writer_stats(&self) -> WriterStats {
        self.writer.stats()
    }
}

/// Makes the file if need be and takes it from everybody else; SQLite gives its side files the same mode.
fn make_private(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
    const OWNER_ONLY: u32 = 0o600;
    let file = std::fs::OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(OWNER_ONLY)
        .open(path)?;
    file.set_permissions(std::fs::Permissions::from_mode(OWNER_ONLY))
}

#[cfg(test)]
mod tests;
