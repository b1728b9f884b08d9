//! The schema and its versions. Migrations go forward only and are never edited after a release.

use crate::error::database;
use matrimony_ledger::LedgerError;
use sqlx::SqliteConnection;

/// In order; version 1 is the first. SQLite keeps the version of a file in its header (`user_version`).
const MIGRATIONS: &[&str] = &[include_str!("../migrations/0001_first.sql")];

/// Brings the schema up to date, one transaction for each version.
pub(crate) async fn run(connection: &mut SqliteConnection) -> Result<(), LedgerError> {
    let found = version(connection).await?;
    let known = i64::try_from(MIGRATIONS.len()).expect("a handful of migrations");
    let Some(missing) = usize::try_from(found).ok().and_then(|found| MIGRATIONS.get(found..)) else {
        return Err(LedgerError::Newer { found, known });
    };
    for (number, sql) in (found + 1..).zip(missing) {
        apply(connection, number, sql).await?;
    }
    Ok(())
}

async fn apply(connection: &mut SqliteConnection, number: i64, sql: &'static str) -> Result<(), LedgerError> {
    // Pragmas take no parameters; the number is ours.
    let set_version = sqlx::AssertSqlSafe(format!("PRAGMA user_version = {number}"));
    execute(connection, "BEGIN IMMEDIATE").await?;
    execute(connection, sql).await?;
    sqlx::raw_sql(set_version)
        .execute(&mut *connection)
        .await
        .map_err(database)?;
    execute(connection, "COMMIT").await
}

async fn execute(connection: &mut SqliteConnection, sql: &'static str) -> Result<(), LedgerError> {
    sqlx::raw_sql(sql).execute(connection).await.map_err(database)?;
    Ok(())
}

async fn version(connection: &mut SqliteConnection) -> Result<i64, LedgerError> {
    sqlx::query_scalar("PRAGMA user_version")
        .fetch_one(connection)
        .await
        .map_err(database)
}

/// The id that the ledger got when it was new: `entropy` if it is new now.
pub(crate) async fn ledger_id(connection: &mut SqliteConnection, entropy: [u8; 16]) -> Result<[u8; 16], LedgerError> {
    const NAME: &str = "-- name the ledger
        INSERT INTO ledger (id, ledger_id) VALUES (1, ?1) ON CONFLICT (id) DO NOTHING";
    sqlx::query(NAME)
        .bind(&entropy[..])
        .execute(&mut *connection)
        .await
        .map_err(database)?;
    let id: Vec<u8> = sqlx::query_scalar("-- the ledger's name\nSELECT ledger_id FROM ledger WHERE id = 1")
        .fetch_one(connection)
        .await
        .map_err(database)?;
    id.try_into().map_err(|_| LedgerError::Corrupt {
        table: "ledger",
        column: "ledger_id",
        row: 1,
    })
}
