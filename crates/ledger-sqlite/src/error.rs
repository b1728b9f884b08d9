//! The database's errors, by what the caller does next.

use matrimony_ledger::LedgerError;
use sqlx::error::DatabaseError;

/// Primary result codes of SQLite that get a meaning of their own.
const SQLITE_ERROR: i32 = 1;
const SQLITE_FULL: i32 = 13;

/// Any error of the database. A broken reference can only be to a login: all else that rows refer to is looked up
/// before, or never deleted.
pub(crate) fn database(error: sqlx::Error) -> LedgerError {
    if error
        .as_database_error()
        .is_some_and(DatabaseError::is_foreign_key_violation)
    {
        return LedgerError::Missing("login");
    }
    match code(&error) {
        Some(SQLITE_FULL) => LedgerError::DiskFull,
        _ => unavailable(error),
    }
}

/// Any other failure beneath the ledger.
pub(crate) fn unavailable(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> LedgerError {
    LedgerError::Unavailable(error.into())
}

/// Whether a rollback failed because SQLite had rolled back by itself, as it may when the disk is full.
pub(crate) fn is_rolled_back_already(error: &sqlx::Error) -> bool {
    code(error) == Some(SQLITE_ERROR)
}

/// The primary result code; the extended one carries it in its low byte.
fn code(error: &sqlx::Error) -> Option<i32> {
    let code: i32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(code & 0xff)
}
