//! The binary: what it prints, what it refuses, and how it ends.

use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

const DEADLINE: Duration = Duration::from_secs(20);

fn server(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_whatsapp-server"));
    command
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

async fn ready(child: &mut Child) -> Value {
    let stdout = child.stdout.take().expect("a piped output");
    let mut lines = BufReader::new(stdout).lines();
    let line = timeout(DEADLINE, lines.next_line())
        .await
        .expect("a line in time")
        .expect("readable output");
    serde_json::from_str(&line.expect("a line")).expect("JSON")
}

#[tokio::test]
async fn it_tells_where_it_is_and_ends_when_it_is_told() {
    for signal in ["TERM", "INT"] {
        let mut child = server(&["--seed", "1"]).spawn().expect("a process");
        let about = ready(&mut child).await;
        assert!(
            about["ws_url"]
                .as_str()
                .is_some_and(|url| url.starts_with("ws://127.0.0.1:"))
        );
        assert_eq!(about["root_public_key"].as_str().map(str::len), Some(64));
        let pid = child.id().expect("a running process").to_string();
        let told = Command::new("kill")
            .args(["-s", signal, &pid])
            .status()
            .await
            .expect("kill");
        assert!(told.success());
        let ended = timeout(DEADLINE, child.wait())
            .await
            .expect("an end in time")
            .expect("a status");
        assert!(ended.success(), "{signal}: {ended}");
    }
}

#[tokio::test]
async fn a_seed_keeps_the_root_key() {
    let mut keys = Vec::new();
    for _ in 0..2 {
        let mut child = server(&["--seed", "7"]).spawn().expect("a process");
        keys.push(ready(&mut child).await["root_public_key"].clone());
        child.kill().await.expect("ended");
    }
    assert_eq!(keys[0], keys[1]);
}

#[tokio::test]
async fn a_taken_port_is_named_and_the_exit_tells() {
    let mut first = server(&[]).spawn().expect("a process");
    let about = ready(&mut first).await;
    let address = about["media_host"].as_str().expect("an address").to_owned();
    let second = server(&["--control", &address]).output();
    let output = timeout(DEADLINE, second)
        .await
        .expect("an end in time")
        .expect("output");
    assert!(!output.status.success());
    let reason = String::from_utf8_lossy(&output.stderr);
    assert!(reason.contains(&format!("cannot listen on {address}")), "{reason}");
    first.kill().await.expect("ended");
}

#[tokio::test]
async fn an_open_control_port_is_refused() {
    let output = server(&["--control", "0.0.0.0:0"]).output().await.expect("output");
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("not a loopback address"));
}
