//! Queries that must not grow with the ledger.

use super::open;
use crate::SqliteLedger;
use crate::bench::fill;
use crate::deliveries::claim::{CLAIMABLE, NEXT_DUE};
use crate::events::accept::LOOK_UP;
use matrimony_domain::{LoginId, UnixMillis};
use matrimony_ledger::{Deliveries, Events};
use sqlx::Row;
use tempfile::TempDir;

/// How SQLite would answer a query, step by step.
async fn plan(ledger: &SqliteLedger, sql: &'static str) -> Vec<String> {
    let explain = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
    let mut reader = ledger.readers.get().await.unwrap();
    let rows = sqlx::query(explain).fetch_all(&mut *reader).await.unwrap();
    rows.iter().map(|row| row.get("detail")).collect()
}

#[tokio::test]
async fn a_large_ledger_answers_from_its_indexes() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("ledger.db");
    let ledger = open(&path).await;
    fill(&ledger, 1_000, 100).await.unwrap();
    ledger.close().await;

    let ledger = open(&path).await;
    let counts = ledger.counts().await.unwrap();
    assert_eq!((counts.due, counts.oldest_due), (1000, Some(UnixMillis(100))));
    assert_eq!(ledger.next_due(LoginId(2)).await.unwrap(), Some(UnixMillis(100)));
    assert_eq!(ledger.open_deliveries(None, 3).await.unwrap().len(), 3);
    for sql in [LOOK_UP, CLAIMABLE, NEXT_DUE] {
        for step in plan(&ledger, sql).await {
            let whole = step.strip_prefix("SCAN ").is_some_and(is_table);
            assert!(!whole, "reads a table as a whole: {step} in {sql}");
        }
    }
}

/// Not one of the queries' own intermediate tables.
fn is_table(scanned: &str) -> bool {
    let name = scanned.split(' ').next().unwrap_or_default();
    !["busy", "head", "p", "CONSTANT"].contains(&name)
}
