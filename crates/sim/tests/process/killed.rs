//! SIGKILL in the middle of many messages.

use crate::support::{Chronicle, world};
use anyhow::Result;
use matrimony_sim::world::Homeserver;
use std::time::Duration;

/// How many messages are on their way while matrimony is killed.
const MESSAGES: usize = 200;
/// After how many of them it is killed.
const KILLS: [usize; 3] = [40, 90, 150];

#[tokio::test]
async fn nothing_is_lost_when_matrimony_is_killed_again_and_again() -> Result<()> {
    let (mut world, _folder) = world(Homeserver::Managed).await?;
    let mut chronicle = Chronicle::default();
    let authors = ["alice", "dora", "nina", "bob", "emil"];
    for n in 0..MESSAGES {
        if KILLS.contains(&n) {
            let launch = world.kill_matrimony().await?;
            // The homeserver went with it; nina's client cannot write until it is back, the phones can.
            for extra in 0..10 {
                chronicle
                    .write(&world, ["alice", "dora", "bob", "emil"][extra % 4], "nobody listens")
                    .await?;
            }
            world.restart_matrimony(launch).await?;
        }
        chronicle
            .write(&world, authors[n % authors.len()], "in the middle of it")
            .await?;
    }
    let tally = chronicle.settle(&world, Duration::from_secs(240)).await?;
    assert_eq!(tally.lost, 0, "{tally}");
    assert_eq!(tally.misattributed, 0, "{tally}");
    let status = world.status().await?;
    let repeated = usize::try_from(status.deliveries.unsure_repeated)?;
    // Only Signal may double, once on each of its two phones for each repeat that is on record.
    assert!(tally.doubled <= repeated * 2, "{tally}, {repeated} repeats on record");
    // A homeserver that recovers from an outage may leave a message behind; it is found a little later, behind newer ones.
    let phones = chronicle.tally_without(&world, "nina");
    assert_eq!(phones.disordered, 0, "{phones}");
    eprintln!("{tally}{repeated} unsure copies were repeated");
    Ok(())
}
