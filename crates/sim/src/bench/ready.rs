//! How long a start takes with a large ledger.

use anyhow::{Context, Result};
use matrimony_domain::{
    AccountKey, ChatKey, Content, Inbound, InboundBody, LoginId, LoginRole, Name, NetworkKind, PersonKey, RemoteId,
    Sender, SystemClock, Text, UnixMillis,
};
use matrimony_ledger::{Events, Logins, NewLogin, Rooms, WorkerId};
use matrimony_ledger_sqlite::{Durability, Options, SqliteLedger};
use matrimony_service::{Parts, Service};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::Instant;

const ROOMS: usize = 1_000;
const EVENTS: usize = 100_000;
/// Events on their way at a time while the ledger is filled.
const AT_ONCE: usize = 64;

/// Fills a ledger, then opens it and starts the service on it.
pub(super) async fn measure(folder: &Path) -> Result<String> {
    let file = folder.join("ready.db");
    fill(&file).await?;
    let size = std::fs::metadata(&file)?.len();
    let began = Instant::now();
    let ledger = Arc::new(open(&file, Durability::Full).await?);
    let worker = WorkerId("bench".into());
    let parts = Parts {
        ledger: ledger.clone(),
        networks: Vec::new(),
        clock: Arc::new(SystemClock),
        seed: 1,
        worker,
    };
    let service = Service::start(parts).await?;
    let took = began.elapsed();
    let status = service.status().await?;
    let with_status = began.elapsed();
    service.stop(Duration::from_secs(1)).await;
    ledger.close().await;
    Ok(format!(
        "{ROOMS} rooms, {} events, {} deliveries open, {:.0} MB: {:.0} ms to start, {:.0} ms with the first status",
        status.counts.events,
        status.counts.due + status.counts.held,
        size as f64 / 1e6,
        took.as_secs_f64() * 1e3,
        with_status.as_secs_f64() * 1e3,
    ))
}

async fn open(file: &Path, durability: Durability) -> Result<SqliteLedger> {
    SqliteLedger::open(
        file,
        Options {
            entropy: [1; 16],
            durability,
        },
    )
    .await
    .context("the ledger does not open")
}

/// Rooms of two chats each, and events in turn. Their deliveries stay open: the worst case for a start.
async fn fill(file: &Path) -> Result<()> {
    let ledger = Arc::new(open(file, Durability::Process).await?);
    let now = UnixMillis(1_700_000_000_000);
    let login = ledger.add_login(&relay(), now).await?.account.login;
    for room in 0..ROOMS {
        let made = ledger
            .create_room(&Name::new(&format!("room {room}")).context("a name")?, now)
            .await?;
        ledger
            .unite(made.id, &chat(NetworkKind::Signal, room), login, now)
            .await?;
        ledger
            .unite(made.id, &chat(NetworkKind::WhatsApp, room), login, now)
            .await?;
    }
    let mut accepting: JoinSet<Result<()>> = JoinSet::new();
    for number in 0..EVENTS {
        let (ledger, inbound) = (ledger.clone(), inbound(number, login));
        accepting.spawn(async move { ledger.accept(&inbound, now).await.map(drop).map_err(Into::into) });
        if accepting.len() >= AT_ONCE {
            accepting.join_next().await.context("none was accepting")???;
        }
    }
    while let Some(accepted) = accepting.join_next().await {
        accepted??;
    }
    ledger.close().await;
    Ok(())
}

fn relay() -> NewLogin {
    let person = PersonKey::new(NetworkKind::Signal, "relay");
    NewLogin {
        network: NetworkKind::Signal,
        key: AccountKey::new("relay"),
        person,
        name: None,
        role: LoginRole::Relay,
    }
}

fn chat(network: NetworkKind, room: usize) -> ChatKey {
    ChatKey::new(network, format!("chat {room}"))
}

fn inbound(number: usize, seen_by: LoginId) -> Inbound {
    let person = PersonKey::new(NetworkKind::Signal, format!("person {}", number % 30));
    Inbound {
        chat: chat(NetworkKind::Signal, number % ROOMS),
        seen_by,
        sender: Sender {
            person,
            alias: None,
            name: Name::new("alice"),
        },
        remote_id: RemoteId::new(number.to_string()),
        at: UnixMillis(1_700_000_000_000),
        body: InboundBody::Message(Content::Text(Text::plain(format!(
            "message {number} of this length or so"
        )))),
    }
}
