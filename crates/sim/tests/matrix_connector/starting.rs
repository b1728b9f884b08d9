//! What can be wrong at the start, and what a killed process leaves behind.

use crate::PATIENCE;
use crate::house::{managed, python};
use matrimony_matrix::{Appservice, ManagedError, ManagedSettings, ManagedSynapse, RegisterError};
use matrimony_sim::wait::until;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use tokio_util::sync::CancellationToken;

async fn prepare(settings: &ManagedSettings) -> Result<ManagedSynapse, ManagedError> {
    let listen = ([127, 0, 0, 1], 29_300).into();
    ManagedSynapse::prepare(settings, &Appservice::default(), listen, &|_| {}).await
}

#[tokio::test]
async fn each_trouble_names_its_cure() {
    let folder = tempfile::tempdir().unwrap();
    let error = prepare(&managed(&folder, "/nonexistent/python".into()))
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("/nonexistent/python has no Synapse"),
        "{error}"
    );

    let mut settings = managed(&folder, python());
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    settings.port = taken.local_addr().unwrap().port();
    let error = prepare(&settings).await.unwrap().start().await.unwrap_err();
    assert!(
        matches!(error, ManagedError::PortTaken(port) if port == settings.port),
        "{error}"
    );

    settings.server_name = "other.test".try_into().unwrap();
    let error = prepare(&settings).await.unwrap_err();
    assert!(matches!(error, ManagedError::ServerNameChanged { .. }), "{error}");
}

#[tokio::test]
async fn a_config_that_synapse_rejects_is_told_in_its_words() {
    let folder = tempfile::tempdir().unwrap();
    let synapse = prepare(&managed(&folder, python())).await.unwrap();
    let config = folder.path().join("synapse/homeserver.yaml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(
        &config,
        text.replace("\"max_upload_size\": \"100M\"", "\"max_upload_size\": \"much\""),
    )
    .unwrap();
    let error = synapse.start().await.unwrap_err();
    assert!(
        matches!(&error, ManagedError::Rejected { line } if line.contains("much")),
        "{error}"
    );
}

#[tokio::test]
async fn a_synapse_that_was_left_behind_is_stopped_and_users_are_made_once() {
    let folder = tempfile::tempdir().unwrap();
    let settings = managed(&folder, python());
    let synapse = prepare(&settings).await.unwrap();
    // Forgotten, it runs on as after a kill -9 of its parent, until the next start finds it.
    let left_behind = synapse.start().await.unwrap();
    let running = prepare(&settings).await.unwrap().start().await.unwrap();
    drop(left_behind);

    synapse.register_user("nina", "secret", true).await.unwrap();
    let again = synapse.register_user("nina", "secret", true).await.unwrap_err();
    assert!(matches!(again, RegisterError::Taken), "{again}");
    for kept in ["_signal_x", "matrimony", "signalbot"] {
        let refused = synapse.register_user(kept, "secret", false).await.unwrap_err();
        assert!(matches!(refused, RegisterError::Reserved), "{kept}: {refused}");
    }
    running.stop().await.unwrap();
    let gone = synapse.register_user("emil", "secret", false).await.unwrap_err();
    assert!(matches!(gone, RegisterError::Unreachable(_)), "{gone}");
}

#[tokio::test]
async fn a_synapse_that_dies_is_started_again() {
    let folder = tempfile::tempdir().unwrap();
    let synapse = prepare(&managed(&folder, python())).await.unwrap();
    let stop = CancellationToken::new();
    let pid_file = folder.path().join("synapse/matrimony.pid");
    let (supervised, ()) = tokio::join!(synapse.supervise(&stop), async {
        registers(&synapse, "nina").await;
        let first = pid(&pid_file);
        assert!(Command::new("kill").args(["-9", &first]).status().unwrap().success());
        registers(&synapse, "emil").await;
        assert_ne!(pid(&pid_file), first);
        stop.cancel();
    });
    supervised.unwrap();
    let gone = synapse.register_user("dora", "secret", false).await.unwrap_err();
    assert!(matches!(gone, RegisterError::Unreachable(_)), "{gone}");
}

fn pid(file: &Path) -> String {
    std::fs::read_to_string(file).unwrap()
}

/// Waits until a user can be made.
async fn registers(synapse: &ManagedSynapse, name: &str) {
    let made = async || synapse.register_user(name, "secret", false).await.ok();
    until("it answers", PATIENCE, made).await.unwrap();
}
