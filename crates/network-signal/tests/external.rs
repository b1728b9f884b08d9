//! A session on a signal-cli that somebody else runs, played here by a socket: broken lines, a connection that ends in
//! the middle of a send, and an account that vanishes.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic, in its helpers too")]

use async_trait::async_trait;
use matrimony_domain::{
    Account, AccountKey, Action, ChatKey, Content, DeliveryId, Inbound, InboundBody, LoginId, LoginRole, NetworkKind,
    PersonKey, Reason, SendKey, SystemClock, Text, UnixMillis, Voice,
};
use matrimony_network::{
    Inbox, Network, NotAccepted, SendError, Session, SessionEnd, SessionHealth, Unlinked, Vault, VaultError,
};
use matrimony_network_signal::{Address, Settings, SignalNetwork, Source};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

const RELAY: &str = "+15550100000";
const RELAY_ACI: &str = "2428138f-9368-4407-aa17-8f8543ebccc7";
const ALICE_ACI: &str = "7e672da2-45d5-4ca6-b33f-b3196e1937a0";
const GROUP: &str = "sJp0jGSirKzLFGxSW43H3NGxiniO3JYTEuo37bR2p0c=";
const SOON: Duration = Duration::from_secs(20);

/// signal-cli's end of a connection. It answers everything but sends by itself.
struct Peer {
    stream: BufReader<UnixStream>,
    accounts: Value,
}

impl Peer {
    async fn accept(listener: &UnixListener) -> Self {
        let (stream, _) = listener.accept().await.unwrap();
        let accounts = json!([{"number": RELAY}]);
        Self {
            stream: BufReader::new(stream),
            accounts,
        }
    }

    async fn writes(&mut self, line: &[u8]) {
        self.stream.write_all(&[line, b"\n"].concat()).await.unwrap();
    }

    async fn answers(&mut self, request: &Value, result: &Value) {
        let answer = json!({"jsonrpc": "2.0", "id": request["id"], "result": result});
        self.writes(answer.to_string().as_bytes()).await;
    }

    /// Serves until a send comes, and gives it. Never, once the connection has ended.
    async fn until_send(&mut self) -> Value {
        loop {
            let mut line = String::new();
            if self.stream.read_line(&mut line).await.unwrap() == 0 {
                return std::future::pending().await;
            }
            let request: Value = serde_json::from_str(&line).unwrap();
            match request["method"].as_str().unwrap() {
                "version" => self.answers(&request, &json!({"version": "0.14.6"})).await,
                "listAccounts" => {
                    let accounts = self.accounts.clone();
                    self.answers(&request, &accounts).await;
                }
                "send" => return request,
                other => panic!("{other} was not expected"),
            }
        }
    }
}

fn notification(timestamp: i64, text: &str) -> Vec<u8> {
    let message = json!({"timestamp": timestamp, "message": text, "groupInfo": {"groupId": GROUP}});
    let envelope =
        json!({"sourceUuid": ALICE_ACI, "sourceName": "alice", "timestamp": timestamp, "dataMessage": message});
    let params = json!({"account": RELAY, "envelope": envelope});
    json!({"jsonrpc": "2.0", "method": "receive", "params": params})
        .to_string()
        .into_bytes()
}

/// What an inbox was told, in order.
#[derive(Default)]
struct Told(watch::Sender<Vec<String>>);

impl Told {
    async fn becomes(&self, expected: &[&str]) {
        let mut told = self.0.subscribe();
        let waited = tokio::time::timeout(SOON, told.wait_for(|told| told.len() >= expected.len())).await;
        assert!(waited.is_ok(), "got only {:?}", self.0.borrow());
        drop(waited);
        assert_eq!(*self.0.borrow(), expected);
    }
}

#[async_trait]
impl Inbox for Told {
    async fn accept(&self, batch: &[Inbound]) -> Result<(), NotAccepted> {
        for inbound in batch {
            let InboundBody::Message(Content::Text(text)) = &inbound.body else {
                panic!("{inbound:?}")
            };
            self.0.send_modify(|told| told.push(text.body.clone()));
        }
        Ok(())
    }

    async fn unreadable(&self, _login: LoginId, reason: Reason) -> Result<(), NotAccepted> {
        self.0.send_modify(|told| told.push(format!("({reason})")));
        Ok(())
    }

    fn chat_changed(&self, _login: LoginId, _chat: Option<&ChatKey>) {}
}

struct NoVault;

#[async_trait]
impl Vault for NoVault {
    async fn get(&self, _key: &str) -> Result<Option<Vec<u8>>, VaultError> {
        Ok(None)
    }

    async fn put(&self, _key: &str, _value: &[u8]) -> Result<(), VaultError> {
        Ok(())
    }
}

fn account() -> Account {
    Account {
        login: LoginId(1),
        network: NetworkKind::Signal,
        key: AccountKey::new(RELAY),
        person: PersonKey::new(NetworkKind::Signal, RELAY_ACI),
        name: None,
        role: LoginRole::Relay,
    }
}

async fn send(session: &dyn Session) -> Result<String, SendError> {
    let key = SendKey {
        delivery: DeliveryId(1),
        part: 0,
        nonce: [0; 16],
    };
    let chat = ChatKey::new(NetworkKind::Signal, format!("g:{GROUP}"));
    let text = Text::plain("hello");
    let action = Action {
        chat,
        voice: Voice::Relay,
        at: UnixMillis(0),
        text,
    };
    session.perform(&key, &action).await.map(|sent| sent.remote_id.0)
}

async fn online(session: &dyn Session) {
    let mut health = session.health();
    let waited = tokio::time::timeout(SOON, health.wait_for(|health| *health == SessionHealth::Online)).await;
    assert!(waited.is_ok(), "not online in time");
}

#[tokio::test]
async fn a_session_survives_garbage_and_a_lost_connection_and_notices_a_vanished_account() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("signal-cli.sock");
    let listener = UnixListener::bind(&socket).unwrap();
    let settings = Settings {
        state_dir: folder.path().join("state"),
        source: Source::External(Address::Unix(socket)),
    };
    let network = SignalNetwork::new(settings, Arc::new(SystemClock));
    let session = network.open(&account(), Arc::new(NoVault)).await.unwrap();
    assert!(
        matches!(send(&*session).await, Err(SendError::Later { .. })),
        "not connected yet"
    );

    let told = Arc::new(Told::default());
    let running = {
        let (session, inbox) = (Arc::clone(&session), Arc::clone(&told));
        tokio::spawn(async move { session.run(inbox, CancellationToken::new()).await })
    };
    let sending = {
        let session = Arc::clone(&session);
        tokio::spawn(async move {
            online(&*session).await;
            send(&*session).await
        })
    };

    let mut peer = Peer::accept(&listener).await;
    let request = peer.until_send().await;
    assert_eq!(request["params"]["message"], "hello");
    peer.writes(&notification(1, "one")).await;
    peer.writes(b"\xff\xfe").await;
    peer.writes(b"{broken").await;
    peer.writes(&notification(2, "two")).await;
    let not_text = "(signal-cli wrote a line that is not UTF-8)";
    let not_json = "(signal-cli wrote a line that is not a message as JSON)";
    told.becomes(&["one", not_text, not_json, "two"]).await;
    drop(peer);
    assert!(
        matches!(sending.await.unwrap(), Err(SendError::Unsure(_))),
        "the request had left"
    );

    let mut peer = Peer::accept(&listener).await;
    let again = {
        let session = Arc::clone(&session);
        tokio::spawn(async move {
            online(&*session).await;
            send(&*session).await
        })
    };
    let request = peer.until_send().await;
    peer.answers(&request, &json!({"timestamp": 77, "results": [{"type": "SUCCESS"}]}))
        .await;
    assert_eq!(again.await.unwrap(), Ok(format!("77/{RELAY_ACI}")));

    peer.accounts = json!([]);
    let end = tokio::select! {
        _ = peer.until_send() => panic!("nothing was to be sent"),
        end = tokio::time::timeout(SOON, running) => end,
    };
    assert_eq!(end.unwrap().unwrap(), SessionEnd::Unlinked(Unlinked::LoggedOut));
    assert!(matches!(*session.health().borrow(), SessionHealth::Ended(_)));
}
