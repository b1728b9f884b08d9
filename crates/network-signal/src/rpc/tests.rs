use super::*;
use async_trait::async_trait;
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream};
use tokio::task::JoinHandle;

const PATIENCE: Duration = Duration::from_secs(5);

/// signal-cli, played by hand.
struct Peer(BufReader<DuplexStream>);

impl Peer {
    async fn reads(&mut self) -> Value {
        let mut line = String::new();
        self.0.read_line(&mut line).await.unwrap();
        serde_json::from_str(&line).unwrap()
    }

    async fn writes(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).await.unwrap();
    }

    async fn answers(&mut self, request: &Value, result: Value) {
        let answer = json!({"jsonrpc": "2.0", "id": request["id"], "result": result});
        self.writes(format!("{answer}\n").as_bytes()).await;
    }
}

#[derive(Clone, Default)]
struct Seen(Arc<std::sync::Mutex<Vec<Option<Vec<u8>>>>>);

#[async_trait]
impl Notices for Seen {
    async fn take(&mut self, line: Option<Vec<u8>>) {
        self.0.lock().unwrap().push(line);
    }
}

/// A handle, the other end of its connection, what was no answer, and the connection.
fn connected() -> (Rpc, Switch, Peer, Seen, JoinHandle<()>) {
    let (rpc, switch) = rpc();
    let (ours, theirs) = tokio::io::duplex(1 << 16);
    let seen = Seen::default();
    let (mut calls, mut notices) = (switch.connect(), seen.clone());
    let connection = tokio::spawn(async move {
        // It ends with an error when the peer goes away.
        drop(converse(ours, &mut calls, &mut notices).await);
    });
    (rpc, switch, Peer(BufReader::new(theirs)), seen, connection)
}

fn call(rpc: &Rpc, method: &'static str) -> JoinHandle<Result<Value, CallError>> {
    let rpc = rpc.clone();
    tokio::spawn(async move { rpc.call(method, json!({}), PATIENCE).await })
}

#[tokio::test]
async fn answers_find_their_calls_in_any_order() {
    let (rpc, _switch, mut peer, ..) = connected();
    let first = call(&rpc, "first");
    let one = peer.reads().await;
    let second = call(&rpc, "second");
    let two = peer.reads().await;
    assert_eq!((&one["method"], &two["method"]), (&json!("first"), &json!("second")));
    peer.answers(&two, json!(2)).await;
    peer.answers(&one, json!(1)).await;
    assert_eq!(first.await.unwrap().unwrap(), 1);
    assert_eq!(second.await.unwrap().unwrap(), 2);
}

#[tokio::test]
async fn garbage_and_notifications_do_not_disturb() {
    let (rpc, _switch, mut peer, seen, _) = connected();
    let asked = call(&rpc, "ask");
    let request = peer.reads().await;
    peer.writes(b"{broken\n\xff\xfe\n42\n{\"jsonrpc\":\"2.0\",\"id\":\"999\",\"result\":0}\n")
        .await;
    peer.writes(b"{\"method\":\"receive\",\"params\":{}}\n").await;
    let batch = json!([{"id": request["id"], "error": {"code": -1, "message": "no"}}, {"method": "receive"}]);
    peer.writes(format!("{batch}\n").as_bytes()).await;
    assert!(matches!(asked.await.unwrap(), Err(CallError::Fault(fault)) if fault.code == -1));
    assert_eq!(call_and_answer(&rpc, &mut peer).await, json!("still here"));
    let lines: Vec<_> = seen
        .0
        .lock()
        .unwrap()
        .iter()
        .map(|line| line.clone().unwrap())
        .collect();
    let expected: [&[u8]; 5] = [
        b"{broken",
        b"\xff\xfe",
        b"42",
        b"{\"method\":\"receive\",\"params\":{}}",
        b"{\"method\":\"receive\"}",
    ];
    assert_eq!(lines, expected);
}

async fn call_and_answer(rpc: &Rpc, peer: &mut Peer) -> Value {
    let asked = call(rpc, "again");
    let request = peer.reads().await;
    peer.answers(&request, json!("still here")).await;
    asked.await.unwrap().unwrap()
}

#[tokio::test]
async fn a_connection_that_ends_leaves_written_calls_unanswered() {
    let (rpc, _switch, mut peer, _, connection) = connected();
    let asked = call(&rpc, "send");
    peer.reads().await;
    drop(peer);
    connection.await.unwrap();
    assert!(matches!(asked.await.unwrap(), Err(CallError::NoAnswer)));
}

#[tokio::test]
async fn without_a_connection_nothing_is_sent() {
    let (rpc, switch) = rpc();
    assert!(matches!(call(&rpc, "send").await.unwrap(), Err(CallError::NotSent)));
    // Open, and gone before the call was written.
    let calls = switch.connect();
    let asked = call(&rpc, "send");
    tokio::task::yield_now().await;
    drop(calls);
    assert!(matches!(asked.await.unwrap(), Err(CallError::NotSent)));
    switch.disconnect();
    assert!(matches!(call(&rpc, "send").await.unwrap(), Err(CallError::NotSent)));
}

#[tokio::test]
async fn the_next_connection_is_used_without_being_told() {
    let (rpc, switch, peer, _, connection) = connected();
    drop(peer);
    connection.await.unwrap();
    let (ours, theirs) = tokio::io::duplex(1 << 16);
    let mut calls = switch.connect();
    let again = tokio::spawn(async move {
        drop(converse(ours, &mut calls, &mut Seen::default()).await);
    });
    assert_eq!(
        call_and_answer(&rpc, &mut Peer(BufReader::new(theirs))).await,
        json!("still here")
    );
    again.abort();
}

#[tokio::test(start_paused = true)]
async fn patience_ends_and_a_call_that_was_not_written_is_withdrawn() {
    let (rpc, _switch, mut peer, ..) = connected();
    let unanswered = call(&rpc, "slow");
    peer.reads().await;
    assert!(matches!(unanswered.await.unwrap(), Err(CallError::NoAnswer)));

    let (rpc, switch) = super::rpc();
    let mut calls = switch.connect();
    assert!(matches!(call(&rpc, "queued").await.unwrap(), Err(CallError::NotSent)));
    assert!(!calls.recv().await.unwrap().begin(), "must not be written any more");
}

#[tokio::test]
async fn a_result_of_another_shape_is_no_answer() {
    let (rpc, _switch, mut peer, ..) = connected();
    let asked = {
        let rpc = rpc.clone();
        tokio::spawn(async move { rpc.call::<Vec<u8>>("listGroups", json!({}), PATIENCE).await })
    };
    let request = peer.reads().await;
    peer.answers(&request, json!({"not": "a list"})).await;
    assert!(matches!(asked.await.unwrap(), Err(CallError::NoAnswer)));
}
