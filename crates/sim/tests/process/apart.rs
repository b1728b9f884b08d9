//! The homeserver is away: Signal and WhatsApp go on talking.

use crate::support::{Chronicle, SOON, world};
use anyhow::Result;
use matrimony_matrix::{Appservice, ManagedSettings, ManagedSynapse};
use matrimony_sim::ports;
use matrimony_sim::setup::Setup;
use matrimony_sim::world::Homeserver;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

#[tokio::test]
async fn signal_and_whatsapp_talk_while_synapse_is_stopped_and_matrix_gets_it_all() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let listen = SocketAddr::from(([127, 0, 0, 1], ports::free()?));
    let settings = ManagedSettings {
        folder: folder.path().join("synapse"),
        server_name: "mx.test".try_into()?,
        port: ports::free()?,
        python: Some(Setup::from_env()?.synapse_python),
        entropy: [7; 32],
    };
    let synapse = Arc::new(ManagedSynapse::prepare(&settings, &Appservice::default(), listen, &|_| {}).await?);
    let running = synapse.start().await?;
    let (world, _places) = world(Homeserver::External {
        synapse: synapse.clone(),
        listen,
    })
    .await?;

    let mut chronicle = Chronicle::default();
    chronicle.write(&world, "alice", "before").await?;
    chronicle.write(&world, "nina", "before").await?;
    let tally = chronicle.settle(&world, SOON).await?;
    assert!(tally.is_perfect(), "{tally}");

    running.stop().await?;
    for _ in 0..5 {
        let token = chronicle.write(&world, "alice", "Synapse is away").await?;
        world.sees("dora", &token, SOON).await?;
        let token = chronicle.write(&world, "emil", "I can still read you").await?;
        world.sees("bob", &token, SOON).await?;
    }
    let _running = synapse.start().await?;
    let tally = chronicle.settle(&world, Duration::from_secs(90)).await?;
    assert!(tally.is_perfect(), "{tally}");
    let token = chronicle.write(&world, "nina", "I am back").await?;
    world.sees("alice", &token, SOON).await?;
    world.sees("dora", &token, SOON).await?;
    Ok(())
}
