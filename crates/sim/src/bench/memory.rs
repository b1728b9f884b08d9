//! How much memory matrimony holds while people talk.

use crate::demo;
use crate::setup::Setup;
use crate::world::{Homeserver, Places, World};
use anyhow::Result;
use std::path::Path;
use std::time::Duration;

/// How many messages are exchanged before the memory is read.
const MESSAGES: usize = 60;

/// Starts a world, lets people talk, and reads what the kernel says.
pub(super) async fn measure(folder: &Path) -> Result<String> {
    let places = Places::new(&folder.join("memory"), &demo::program()?, Homeserver::Managed)?;
    let world = World::start(places, &Setup::from_env()?, &|_| {}).await?;
    let idle = world.matrimony()?.resident_kib()?;
    for n in 0..MESSAGES {
        let author = ["alice", "dora", "nina"][n % 3];
        world.say(author, &format!("message ({n})")).await?;
    }
    for reader in ["bob", "emil", "nina"] {
        let last = (0..MESSAGES)
            .rev()
            .find(|n| !(reader == "nina" && n % 3 == 2))
            .unwrap_or_default();
        world
            .sees(reader, &format!("({last})"), Duration::from_secs(60))
            .await?;
    }
    let busy = world.matrimony()?.resident_kib()?;
    world.stop().await?;
    Ok(format!(
        "linked and united: {:.1} MiB; after {MESSAGES} messages: {:.1} MiB",
        mib(idle),
        mib(busy)
    ))
}

fn mib(kib: u64) -> f64 {
    kib as f64 / 1024.0
}
