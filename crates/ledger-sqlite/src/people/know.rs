//! Remembering a person who may go by two keys.

use crate::error::database;
use crate::rows;
use matrimony_domain::{PersonKey, UnixMillis};
use matrimony_ledger::{LedgerError, Person};
use sqlx::SqliteConnection;

/// Remembers a person as one row, whichever of their two keys they were known by before.
///
/// - Named by an alias that we know already: the row of their key gets the new name.
/// - Named with an alias that was a key of its own until now: that row is folded into this one.
/// - An alias that another person had (a phone number given to somebody else) moves over.
pub(crate) async fn know(conn: &mut SqliteConnection, person: &Person, now: UnixMillis) -> Result<(), LedgerError> {
    let known = known_by_either(conn, person).await?;
    let merged = merge(person, &known);
    if known.len() == 1 && known[0] == merged {
        return Ok(());
    }
    for other in known.iter().filter(|other| other.key != merged.key) {
        if merged.alias.as_ref() == Some(&other.key) {
            forget(conn, &other.key).await?;
        } else {
            take_alias(conn, &other.key, now).await?;
        }
    }
    remember(conn, &merged, now).await
}

/// What to remember, given what was told and what is known under either key.
fn merge(told: &Person, known: &[Person]) -> Person {
    let by_key = known.iter().find(|row| row.key == told.key);
    let by_alias = known.iter().find(|row| row.alias.as_ref() == Some(&told.key));
    if let (None, None, Some(row)) = (&told.alias, by_key, by_alias) {
        return Person {
            name: told.name.clone().or_else(|| row.name.clone()),
            ..row.clone()
        };
    }
    let alias = told.alias.clone().or_else(|| by_key.and_then(|row| row.alias.clone()));
    let folded = known.iter().find(|row| alias.as_ref() == Some(&row.key));
    let known_name = |row: Option<&Person>| row.and_then(|row| row.name.clone());
    Person {
        key: told.key.clone(),
        name: told
            .name
            .clone()
            .or_else(|| known_name(by_key))
            .or_else(|| known_name(folded)),
        alias,
    }
}

async fn known_by_either(conn: &mut SqliteConnection, person: &Person) -> Result<Vec<Person>, LedgerError> {
    const KNOWN: &str = "-- rows under either key of a person
        SELECT network, key, alias, name FROM people WHERE network = ?1 AND (key IN (?2, ?3) OR alias IN (?2, ?3))";
    let rows = sqlx::query(KNOWN)
        .bind(person.key.network.as_str())
        .bind(person.key.id.clone())
        .bind(person.alias.as_ref().map(|alias| alias.id.clone()))
        .fetch_all(conn)
        .await
        .map_err(database)?;
    rows.iter().map(rows::person).collect()
}

async fn remember(conn: &mut SqliteConnection, person: &Person, now: UnixMillis) -> Result<(), LedgerError> {
    const REMEMBER: &str = "-- remember a person
        INSERT INTO people (network, key, alias, name, seen) VALUES (?1, ?2, ?3, ?4, ?5)
        ON CONFLICT (network, key) DO UPDATE SET alias = excluded.alias, name = excluded.name, seen = excluded.seen";
    sqlx::query(REMEMBER)
        .bind(person.key.network.as_str())
        .bind(person.key.id.clone())
        .bind(person.alias.as_ref().map(|alias| alias.id.clone()))
        .bind(person.name.as_ref().map(|name| name.reveal().to_owned()))
        .bind(now.0)
        .execute(conn)
        .await
        .map_err(database)?;
    Ok(())
}

async fn forget(conn: &mut SqliteConnection, key: &PersonKey) -> Result<(), LedgerError> {
    const FORGET: &str = "-- forget a person who is known by another key now
        DELETE FROM people WHERE network = ?1 AND key = ?2";
    sqlx::query(FORGET)
        .bind(key.network.as_str())
        .bind(key.id.clone())
        .execute(conn)
        .await
        .map_err(database)?;
    Ok(())
}

async fn take_alias(conn: &mut SqliteConnection, key: &PersonKey, now: UnixMillis) -> Result<(), LedgerError> {
    const TAKE_ALIAS: &str = "-- take an alias from a person
        UPDATE people SET alias = NULL, seen = ?3 WHERE network = ?1 AND key = ?2";
    sqlx::query(TAKE_ALIAS)
        .bind(key.network.as_str())
        .bind(key.id.clone())
        .bind(now.0)
        .execute(conn)
        .await
        .map_err(database)?;
    Ok(())
}
