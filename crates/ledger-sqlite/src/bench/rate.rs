//! How many events a second the ledger accepts.
//!
//! The measure is taken against bare commits in the same run, on the same file system: one connection, write-ahead log,
//! `synchronous=FULL`, one insert for each commit. That is what a ledger without group commit could reach at best.

use crate::{Durability, Options, SqliteLedger};
use futures_util::future::join_all;
use matrimony_domain::{
    AccountKey, ChatKey, Content, Inbound, InboundBody, LoginId, LoginRole, Name, NetworkKind, PersonKey, RemoteId,
    Sender, Text, UnixMillis,
};
use matrimony_ledger::{Events, Logins, NewLogin, Rooms};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection};
use std::fmt;
use std::path::Path;
use std::time::Duration;
use tokio::time::Instant;

/// Events that are on their way to the ledger at a time, in the measure that group commit is for.
pub const IN_FLIGHT: usize = 32;

/// A measure could not be taken.
#[derive(Debug, thiserror::Error)]
#[error("the measure of the ledger failed")]
pub struct BenchError(#[source] Box<dyn std::error::Error + Send + Sync>);

fn failed(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> BenchError {
    BenchError(error.into())
}

/// The measure, in operations a second.
#[derive(Clone, Copy, Debug)]
pub struct AcceptRate {
    /// One insert for each commit, without a ledger.
    pub bare_commits: f64,
    /// Events accepted one after the other.
    pub one_in_flight: f64,
    /// Events accepted with [`IN_FLIGHT`] on their way at a time.
    pub many_in_flight: f64,
    /// Events that shared a commit in that last measure, on average.
    pub events_per_commit: f64,
}

impl fmt::Display for AcceptRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let times = |rate: f64| rate / self.bare_commits;
        writeln!(f, "bare fsynced commits   {:>8.0} /s", self.bare_commits)?;
        writeln!(
            f,
            "accepted, 1 in flight  {:>8.0} /s   {:.2} times",
            self.one_in_flight,
            times(self.one_in_flight)
        )?;
        write!(
            f,
            "accepted, {IN_FLIGHT} in flight {:>8.0} /s   {:.2} times, {:.1} events a commit",
            self.many_in_flight,
            times(self.many_in_flight),
            self.events_per_commit
        )
    }
}

/// Takes the measure for about `time`, in a scratch folder inside `folder` that goes again. The three parts take turns,
/// so that whatever else the machine does meets all of them.
pub async fn accept_rate(folder: &Path, time: Duration) -> Result<AcceptRate, BenchError> {
    const ROUNDS: u32 = 5;
    let scratch = tempfile::tempdir_in(folder).map_err(failed)?;
    let turn = time / (3 * ROUNDS);
    let (mut bare, mut one, mut many) = (Tally::default(), Tally::default(), Tally::default());
    for round in 0..ROUNDS {
        let file = |part| scratch.path().join(format!("{part}-{round}.db"));
        bare.add(bare_commits(&file("bare"), turn).await?);
        one.add(accepted(&file("one"), turn, 1).await?);
        many.add(accepted(&file("many"), turn, IN_FLIGHT).await?);
    }
    Ok(AcceptRate {
        bare_commits: bare.per_second(),
        one_in_flight: one.per_second(),
        many_in_flight: many.per_second(),
        events_per_commit: many.per_commit(),
    })
}

/// What was done in the turns of one part.
#[derive(Clone, Copy, Default)]
struct Tally {
    operations: u64,
    commits: u64,
    time: Duration,
}

impl Tally {
    fn add(&mut self, turn: Tally) {
        self.operations += turn.operations;
        self.commits += turn.commits;
        self.time += turn.time;
    }

    fn per_second(&self) -> f64 {
        count(self.operations) / self.time.as_secs_f64()
    }

    fn per_commit(&self) -> f64 {
        count(self.operations) / count(self.commits)
    }
}

async fn bare_commits(path: &Path, time: Duration) -> Result<Tally, BenchError> {
    let mut connection = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .disable_statement_logging()
        .connect()
        .await
        .map_err(failed)?;
    sqlx::raw_sql("CREATE TABLE bare (id INTEGER PRIMARY KEY, body TEXT NOT NULL)")
        .execute(&mut connection)
        .await
        .map_err(failed)?;
    let start = Instant::now();
    let mut commits = 0;
    while start.elapsed() < time {
        sqlx::query("INSERT INTO bare (body) VALUES (?1)")
            .bind("a message of common length, as people write them all day")
            .execute(&mut connection)
            .await
            .map_err(failed)?;
        commits += 1;
    }
    let time = start.elapsed();
    connection.close().await.map_err(failed)?;
    Ok(Tally {
        operations: commits,
        commits,
        time,
    })
}

async fn accepted(path: &Path, time: Duration, in_flight: usize) -> Result<Tally, BenchError> {
    let options = Options {
        entropy: [1; 16],
        durability: Durability::Full,
    };
    let ledger = SqliteLedger::open(path, options).await.map_err(failed)?;
    let chat = ChatKey::new(NetworkKind::Signal, "from");
    let relay = unite_three(&ledger, &chat).await?;
    let before = ledger.writer_stats();
    let start = Instant::now();
    let streams = (0..in_flight).map(|stream| accept_until(&ledger, &chat, relay, stream, start + time));
    let mut events = 0;
    for stream in join_all(streams).await {
        events += stream?;
    }
    let time = start.elapsed();
    let commits = ledger.writer_stats().commits - before.commits;
    ledger.close().await;
    Ok(Tally {
        operations: events,
        commits,
        time,
    })
}

/// A room like the usual one: what comes from `chat` goes to two others.
async fn unite_three(ledger: &SqliteLedger, chat: &ChatKey) -> Result<LoginId, BenchError> {
    let now = UnixMillis(0);
    let name = Name::new("bench").expect("readable");
    let room = ledger.create_room(&name, now).await.map_err(failed)?;
    let mut first = None;
    let others = [NetworkKind::WhatsApp, NetworkKind::Matrix].map(|network| ChatKey::new(network, "to"));
    for chat in [chat.clone()].into_iter().chain(others) {
        let login = NewLogin {
            network: chat.network,
            key: AccountKey::new("relay"),
            person: PersonKey::new(chat.network, "relay"),
            name: None,
            role: LoginRole::Relay,
        };
        let login = ledger.add_login(&login, now).await.map_err(failed)?.account.login;
        ledger.unite(room.id, &chat, login, now).await.map_err(failed)?;
        first.get_or_insert(login);
    }
    Ok(first.expect("there are three"))
}

async fn accept_until(
    ledger: &SqliteLedger,
    chat: &ChatKey,
    relay: LoginId,
    stream: usize,
    end: Instant,
) -> Result<u64, BenchError> {
    let mut events = 0;
    while Instant::now() < end {
        let inbound = Inbound {
            chat: chat.clone(),
            seen_by: relay,
            sender: Sender {
                person: PersonKey::new(chat.network, format!("person-{stream}")),
                alias: None,
                name: Name::new("alice"),
            },
            remote_id: RemoteId::new(format!("{stream}/{events}")),
            at: UnixMillis(0),
            body: InboundBody::Message(Content::Text(Text::plain(
                "a message of common length, as people write them all day",
            ))),
        };
        ledger.accept(&inbound, UnixMillis(0)).await.map_err(failed)?;
        events += 1;
    }
    Ok(events)
}

#[expect(clippy::cast_precision_loss, reason = "counts of a benchmark are far below 2^52")]
fn count(n: u64) -> f64 {
    n as f64
}
