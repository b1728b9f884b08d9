//! What can go wrong, by what the caller does next.

use matrimony_domain::RoomId;

/// The ledger could not do it.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The disk is full. Nothing was accepted; networks keep what they have until there is room.
    #[error("the ledger's disk is full; free some space, nothing is lost meanwhile")]
    DiskFull,
    /// The data directory was written by a newer version.
    #[error(
        "the ledger has schema version {found}, this program knows up to {known}; run the newer matrimony, or restore a backup"
    )]
    Newer {
        /// Version found in the file.
        found: i64,
        /// Newest version this program knows.
        known: i64,
    },
    /// A row that this version cannot read. Names the place, never the data.
    #[error("the ledger's table {table} holds a row that cannot be read (column {column}, row {row})")]
    Corrupt {
        /// Table of the row.
        table: &'static str,
        /// Column that does not parse.
        column: &'static str,
        /// Row id.
        row: i64,
    },
    /// What was named is not there.
    #[error("there is no such {0}")]
    Missing(&'static str),
    /// The database answered with an error, or not at all. Try again later.
    #[error("the ledger's database failed")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// A claim that ran out and belongs to somebody else, or was settled before.
#[derive(Debug, thiserror::Error)]
pub enum ClaimLost {
    /// The lease ended: whoever holds the delivery now settles it.
    #[error("the claim on this delivery has ended")]
    Ended,
    /// The ledger could not do it.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// Why a chat was not united with a room.
#[derive(Debug, thiserror::Error)]
pub enum UniteError {
    /// The chat hangs on a room already (perhaps on this one).
    #[error("the chat is united with room {room} already; detach it there first with `matrimony detach`")]
    AlreadyUnited {
        /// The room that has it.
        room: RoomId,
    },
    /// The ledger could not do it.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}
