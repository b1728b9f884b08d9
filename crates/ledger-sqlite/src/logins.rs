//! Logins and whether they can speak.

use crate::SqliteLedger;
use crate::audit;
use crate::deliveries;
use crate::error::database;
use crate::rows::Fields;
use async_trait::async_trait;
use matrimony_domain::{Account, AccountKey, LoginId, LoginRole, PersonKey, Reason, UnixMillis};
use matrimony_ledger::{AuditKind, LedgerError, LoginRecord, LoginState, Logins, NewLogin};
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

#[async_trait]
impl Logins for SqliteLedger {
    #[tracing::instrument(name = "ledger.add_login", skip_all)]
    async fn add_login(&self, login: &NewLogin, now: UnixMillis) -> Result<LoginRecord, LedgerError> {
        let input = (login.clone(), now);
        self.writer
            .write(input, |conn, (login, now)| Box::pin(add(conn, login, *now)))
            .await
    }

    #[tracing::instrument(name = "ledger.logins", skip_all)]
    async fn logins(&self) -> Result<Vec<LoginRecord>, LedgerError> {
        const LOGINS: &str = "-- all logins
            SELECT id, network, key, person, name, role, state, reason, since FROM logins ORDER BY id";
        let rows = sqlx::query(LOGINS)
            .fetch_all(&mut *self.readers.get().await?)
            .await
            .map_err(database)?;
        rows.iter().map(record).collect()
    }

    #[tracing::instrument(name = "ledger.login", skip_all)]
    async fn login(&self, login: LoginId) -> Result<Option<LoginRecord>, LedgerError> {
        one(&mut *self.readers.get().await?, login).await
    }

    #[tracing::instrument(name = "ledger.set_login_state", skip_all)]
    async fn set_login_state(&self, login: LoginId, state: &LoginState, now: UnixMillis) -> Result<(), LedgerError> {
        let input = (login, state.clone(), now);
        self.writer
            .write(input, |conn, (login, state, now)| {
                Box::pin(set_state(conn, *login, state, *now))
            })
            .await
    }
}

/// Whether a login can speak; an error where there is none.
pub(crate) async fn state(conn: &mut SqliteConnection, login: LoginId) -> Result<LoginState, LedgerError> {
    let record = one(conn, login).await?;
    Ok(record.ok_or(LedgerError::Missing("login"))?.state)
}

async fn one(conn: &mut SqliteConnection, login: LoginId) -> Result<Option<LoginRecord>, LedgerError> {
    const LOGIN: &str = "-- one login
        SELECT id, network, key, person, name, role, state, reason, since FROM logins WHERE id = ?1";
    let row = sqlx::query(LOGIN)
        .bind(login.0)
        .fetch_optional(conn)
        .await
        .map_err(database)?;
    row.as_ref().map(record).transpose()
}

async fn add(conn: &mut SqliteConnection, login: &NewLogin, now: UnixMillis) -> Result<LoginRecord, LedgerError> {
    const ADD_LOGIN: &str = "-- add a login, or link it anew
        INSERT INTO logins (network, key, person, name, role, state, since) VALUES (?1, ?2, ?3, ?4, ?5, 'linked', ?6)
        ON CONFLICT (network, key) DO UPDATE SET
            person = excluded.person, name = coalesce(excluded.name, name), role = excluded.role, state = 'linked',
            reason = NULL, since = CASE state WHEN 'linked' THEN since ELSE excluded.since END
        RETURNING id, network, key, person, name, role, state, reason, since";
    let rows = sqlx::query(ADD_LOGIN)
        .bind(login.network.as_str())
        .bind(login.key.reveal().to_owned())
        .bind(login.person.id.clone())
        .bind(login.name.as_ref().map(|name| name.reveal().to_owned()))
        .bind(login.role.as_str())
        .bind(now.0)
        .fetch_all(&mut *conn)
        .await
        .map_err(database)?;
    let record = record(rows.first().ok_or(LedgerError::Missing("login"))?)?;
    let id = record.account.login;
    deliveries::release_held(conn, id, now).await?;
    let what = Reason::computed(format!("a {} login was linked", login.network));
    audit::write(conn, AuditKind::Login, Some(id), &what, now).await?;
    Ok(record)
}

async fn set_state(
    conn: &mut SqliteConnection,
    login: LoginId,
    new: &LoginState,
    now: UnixMillis,
) -> Result<(), LedgerError> {
    const SET_STATE: &str = "-- record whether a login can speak
        UPDATE logins SET state = ?2, reason = ?3, since = CASE state WHEN ?2 THEN since ELSE ?4 END WHERE id = ?1";
    let old = state(conn, login).await?;
    let (name, reason) = match new {
        LoginState::Linked => ("linked", None),
        LoginState::Unlinked(reason) => ("unlinked", Some(reason)),
    };
    sqlx::query(SET_STATE)
        .bind(login.0)
        .bind(name)
        .bind(reason.map(|reason| reason.as_str().to_owned()))
        .bind(now.0)
        .execute(&mut *conn)
        .await
        .map_err(database)?;
    match new {
        LoginState::Linked => deliveries::release_held(conn, login, now).await?,
        LoginState::Unlinked(_) => deliveries::hold_open(conn, login).await?,
    }
    if old == *new {
        return Ok(());
    }
    let what = match reason {
        None => Reason::fixed("the login is linked again"),
        Some(reason) => Reason::computed(format!("the login is not linked: {reason}")),
    };
    audit::write(conn, AuditKind::Login, Some(login), &what, now).await
}

/// Columns `id, network, key, person, name, role, state, reason, since`.
fn record(row: &SqliteRow) -> Result<LoginRecord, LedgerError> {
    let fields = Fields::of(row, "logins", "id")?;
    let network = fields.network("network")?;
    let linked = fields.parse("state", |state| match state {
        "linked" => Some(true),
        "unlinked" => Some(false),
        _ => None,
    })?;
    let state = match fields.get::<Option<String>>("reason")? {
        _ if linked => LoginState::Linked,
        Some(reason) => LoginState::Unlinked(Reason::computed(reason)),
        None => LoginState::Unlinked(Reason::fixed("no reason was given")),
    };
    Ok(LoginRecord {
        account: Account {
            login: LoginId(fields.id()),
            network,
            key: AccountKey::new(fields.get::<&str>("key")?),
            person: PersonKey::new(network, fields.get::<&str>("person")?),
            name: fields.name("name")?,
            role: fields.parse("role", |role| {
                [LoginRole::Relay, LoginRole::Personal]
                    .into_iter()
                    .find(|known| known.as_str() == role)
            })?,
        },
        state,
        since: fields.millis("since")?,
    })
}
