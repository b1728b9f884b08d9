//! What the stories share.

use anyhow::Result;
use matrimony_sim::demo::{self, Tally, Written, tally};
use matrimony_sim::setup::Setup;
use matrimony_sim::wait;
use matrimony_sim::world::{Homeserver, Places, RELAY, World};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tempfile::TempDir;
use tokio::time::Instant;

/// How long anything may take to arrive when nothing is broken. Generous: tests share two cores.
pub(crate) const SOON: Duration = Duration::from_secs(30);

/// A world in a folder that goes when it is dropped. With `MATRIMONY_KEEP` set the folder stays, for its logs.
pub(crate) async fn world(homeserver: Homeserver) -> Result<(World, TempDir)> {
    let mut folder = tempfile::Builder::new().prefix("matrimony-world").tempdir()?;
    folder.disable_cleanup(std::env::var_os("MATRIMONY_KEEP").is_some());
    let places = Places::new(
        folder.path(),
        Path::new(env!("CARGO_BIN_EXE_matrimony-sim")),
        homeserver,
    )?;
    let world = World::start(places, &Setup::from_env()?, &|step| eprintln!("{step}")).await?;
    Ok((world, folder))
}

/// Every message of this process has a number of its own, so that one chronicle does not find another's.
static NUMBERS: AtomicUsize = AtomicUsize::new(1);

/// What people write during a test, to be looked for on all screens.
#[derive(Default)]
pub(crate) struct Chronicle {
    written: Vec<Written>,
}

impl Chronicle {
    /// Somebody writes; the words get a number.
    pub(crate) async fn write(&mut self, world: &World, author: &str, words: &str) -> Result<String> {
        let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
        let side = world.person(author).app.network();
        let message = Written {
            number,
            author: author.into(),
            side,
            at: Instant::now(),
        };
        let token = message.token();
        self.written.push(message);
        world.say(author, &format!("{words} {token}")).await?;
        Ok(token)
    }

    /// Waits until everybody in another app has everything, and counts.
    pub(crate) async fn settle(&self, world: &World, within: Duration) -> Result<Tally> {
        let readers = demo::readers(world);
        let count = async || {
            let tally = tally(&self.written, &readers, &[RELAY.to_owned()]);
            (tally.arrived == tally.expected).then_some(())
        };
        // A message that does not come is counted below: that says more than the time-out.
        drop(wait::until("everything arrives", within, count).await);
        Ok(tally(&self.written, &readers, &[RELAY.to_owned()]))
    }

    /// Counts what arrived so far of everybody but one.
    pub(crate) fn tally_without(&self, world: &World, author: &str) -> Tally {
        let others: Vec<Written> = self
            .written
            .iter()
            .filter(|message| message.author != author)
            .cloned()
            .collect();
        tally(&others, &demo::readers(world), &[RELAY.to_owned()])
    }
}
