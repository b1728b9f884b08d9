//! A stand-in for signal-cli that answers what a connector asks and writes messages when told to. It speaks the JSON-RPC
//! of `signal-cli daemon --tcp` and has one account in one group.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::tcp::OwnedWriteHalf;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;
use tokio::task::JoinSet;

/// The one account.
pub(super) const ACCOUNT: &str = "+15550100001";
/// Its account id.
pub(super) const RELAY_ACI: &str = "00000000-0000-4000-8000-000000000001";
/// The one group: 32 bytes in base64.
pub(super) const GROUP: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
const ALICE_ACI: &str = "00000000-0000-4000-8000-000000000002";

type Clients = Arc<Mutex<Vec<OwnedWriteHalf>>>;

/// A running stand-in.
pub(super) struct SignalCli {
    address: SocketAddr,
    clients: Clients,
    clock: AtomicI64,
    _serving: JoinSet<()>,
}

impl SignalCli {
    /// Listens on a free port.
    pub(super) async fn start() -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let (address, clients) = (listener.local_addr()?, Clients::default());
        let mut serving = JoinSet::new();
        serving.spawn(serve(listener, clients.clone()));
        Ok(Self {
            address,
            clients,
            clock: AtomicI64::new(1_700_000_000_000),
            _serving: serving,
        })
    }

    /// Where it listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Alice writes in the group.
    pub(super) async fn write(&self, group: &str, text: &str) -> Result<()> {
        let at = self.clock.fetch_add(1, Ordering::Relaxed);
        let message = json!({
            "timestamp": at, "message": text, "expiresInSeconds": 0, "viewOnce": false,
            "groupInfo": {"groupId": group, "groupName": "Lake trip", "revision": 1, "type": "DELIVER"},
        });
        let envelope = json!({
            "source": ALICE_ACI, "sourceNumber": null, "sourceUuid": ALICE_ACI, "sourceName": "alice", "sourceDevice": 1,
            "timestamp": at, "serverReceivedTimestamp": at, "serverDeliveredTimestamp": at, "dataMessage": message,
        });
        let params = json!({"account": ACCOUNT, "envelope": envelope});
        let line = format!("{}\n", json!({"jsonrpc": "2.0", "method": "receive", "params": params}));
        let mut clients = self.clients.lock().await;
        let client = clients.last_mut().context("nobody is connected to signal-cli")?;
        Ok(client.write_all(line.as_bytes()).await?)
    }
}

async fn serve(listener: TcpListener, clients: Clients) {
    let mut conversations = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        conversations.spawn(converse(stream, clients.clone()));
    }
}

async fn converse(stream: TcpStream, clients: Clients) {
    let (read, write) = stream.into_split();
    let place = {
        let mut clients = clients.lock().await;
        clients.push(write);
        clients.len() - 1
    };
    let mut lines = BufReader::new(read).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let Ok(request) = serde_json::from_str::<Value>(&line) else {
            continue;
        };
        let answer = json!({"jsonrpc": "2.0", "id": request["id"], "result": result(&request)});
        let sent = clients.lock().await[place]
            .write_all(format!("{answer}\n").as_bytes())
            .await;
        if sent.is_err() {
            return;
        }
    }
}

fn result(request: &Value) -> Value {
    let people = json!([{"number": ACCOUNT, "uuid": RELAY_ACI}, {"number": null, "uuid": ALICE_ACI}]);
    match request["method"].as_str() {
        Some("version") => json!({"version": "0.13.19"}),
        Some("listAccounts") => json!([{"number": ACCOUNT}]),
        Some("listGroups") => json!([{
            "id": GROUP, "name": "Lake trip", "isMember": true, "isBlocked": false, "members": people,
            "pendingMembers": [], "requestingMembers": [], "admins": [], "banned": [],
        }]),
        Some("listContacts") => json!([]),
        _ => json!({}),
    }
}
