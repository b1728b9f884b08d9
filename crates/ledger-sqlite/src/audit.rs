//! What happened beside messages.

use crate::SqliteLedger;
use crate::error::database;
use crate::rows::Fields;
use async_trait::async_trait;
use matrimony_domain::limits::AUDIT_LINES;
use matrimony_domain::{LoginId, Reason, UnixMillis};
use matrimony_ledger::{Audit, AuditEntry, AuditKind, LedgerError};
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

#[async_trait]
impl Audit for SqliteLedger {
    #[tracing::instrument(name = "ledger.record", skip_all)]
    async fn record(&self, entry: &AuditEntry) -> Result<(), LedgerError> {
        self.writer
            .write(entry.clone(), |conn, entry| {
                Box::pin(write(conn, entry.kind, entry.login, &entry.what, entry.at))
            })
            .await
    }

    #[tracing::instrument(name = "ledger.audit", skip_all)]
    async fn audit(&self, limit: usize) -> Result<Vec<AuditEntry>, LedgerError> {
        const AUDIT: &str = "-- the newest lines of the audit
            SELECT id, at, kind, login, what FROM audit ORDER BY id DESC LIMIT ?1";
        let rows = sqlx::query(AUDIT)
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(&mut *self.readers.get().await?)
            .await
            .map_err(database)?;
        rows.iter().map(entry).collect()
    }
}

/// Writes a line and lets the oldest go. A line that repeats the newest one moves that one forward instead, so that a
/// stream of one thing does not push out all others.
pub(crate) async fn write(
    conn: &mut SqliteConnection,
    kind: AuditKind,
    login: Option<LoginId>,
    what: &Reason,
    at: UnixMillis,
) -> Result<(), LedgerError> {
    const REPEAT: &str = "-- repeat the newest line of the audit
        UPDATE audit SET at = ?4, times = times + 1
        WHERE id = (SELECT max(id) FROM audit) AND kind = ?1 AND login IS ?2 AND what = ?3";
    const WRITE: &str = "-- write a line of the audit
        INSERT INTO audit (kind, login, what, at) VALUES (?1, ?2, ?3, ?4);
        DELETE FROM audit WHERE id <= (SELECT max(id) FROM audit) - ?5";
    let query = |sql: &'static str| {
        sqlx::query(sql)
            .bind(kind_text(kind))
            .bind(login.map(|login| login.0))
            .bind(what.as_str().to_owned())
            .bind(at.0)
    };
    let repeated = query(REPEAT).execute(&mut *conn).await.map_err(database)?;
    if repeated.rows_affected() == 0 {
        let kept = i64::try_from(AUDIT_LINES).expect("a small number");
        query(WRITE).bind(kept).execute(conn).await.map_err(database)?;
    }
    Ok(())
}

const KINDS: [AuditKind; 4] = [
    AuditKind::Portal,
    AuditKind::Login,
    AuditKind::Unreadable,
    AuditKind::UnsureRepeated,
];

const fn kind_text(kind: AuditKind) -> &'static str {
    match kind {
        AuditKind::Portal => "portal",
        AuditKind::Login => "login",
        AuditKind::Unreadable => "unreadable",
        AuditKind::UnsureRepeated => "unsure_repeated",
    }
}

fn entry(row: &SqliteRow) -> Result<AuditEntry, LedgerError> {
    let fields = Fields::of(row, "audit", "id")?;
    Ok(AuditEntry {
        at: fields.millis("at")?,
        kind: fields.parse("kind", |text| KINDS.into_iter().find(|kind| kind_text(*kind) == text))?,
        login: fields.get::<Option<i64>>("login")?.map(LoginId),
        what: Reason::computed(fields.get::<&str>("what")?),
    })
}
