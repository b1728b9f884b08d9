//! Queries that must not grow with the ledger.

use super::open;
use crate::SqliteLedger;
use crate::bench::fill;
use crate::deliveries::claim::{CLAIMABLE, NEXT_DUE};
use crate::events::accept::{LOOK_UP, STORE};
use matrimony_domain::{LoginId, UnixMillis};
use matrimony_ledger::{Deliveries, Events};
use sqlx::Row;
use tempfile::TempDir;

/// How SQLite would answer the statements of a query, step by step.
async fn plan(ledger: &SqliteLedger, sql: &'static str) -> Vec<String> {
    let mut reader = ledger.readers.get().await.unwrap();
    let mut steps = Vec::new();
    for statement in sql.split(';') {
        let explain = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}"));
        let rows = sqlx::query(explain).fetch_all(&mut *reader).await.unwrap();
        steps.extend(rows.iter().map(|row| row.get::<String, _>("detail")));
    }
    steps
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
    // Two steps of storing an event are there for broken references; SQLite skips them while it knows of none.
    let for_references = ["SCAN deliveries", "SCAN copies"];
    let queries = [
        (LOOK_UP, [].as_slice()),
        (STORE, &for_references),
        (CLAIMABLE, &[]),
        (NEXT_DUE, &[]),
    ];
    for (sql, skipped) in queries {
        let steps = plan(&ledger, sql).await;
        assert!(!steps.is_empty());
        for step in steps.iter().filter(|step| !skipped.contains(&step.as_str())) {
            let whole = step.strip_prefix("SCAN ").is_some_and(is_table);
            assert!(!whole, "reads a table as a whole: {step} in {sql}");
        }
    }
}

/// Not one of the queries' own intermediate tables.
fn is_table(scanned: &str) -> bool {
    let name = scanned.split(' ').next().unwrap_or_default();
    !name.starts_with('(') && !["busy", "head", "CONSTANT"].contains(&name)
}
