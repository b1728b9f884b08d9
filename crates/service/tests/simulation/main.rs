//! The bridge on a virtual clock between simulated networks, with everything going wrong that can.
//!
//! A seed makes a list of [operations](model::Op): people write, sessions hand over, outboxes step, requests and answers
//! get lost, the ledger fails, the process dies before or after a commit, phones unlink, time passes. Engine, ledger,
//! inbox and outbox are the real ones; only the networks are not. In the end all is well again, everything drains, and
//! the [checkers](checkers) look at what the phones show.
//!
//! *What is a failure:* a message that a network was told we have and that is missing somewhere, a second copy where
//! the network lets us prevent it or that was not counted, first copies out of the ledger's order, our own copy relayed
//! as a message, a wrong author, a delivery that never settles. *What is not:* a delivery that the network refused, and
//! a counted double where the network chooses ids.
//!
//! *What a seed does not fix:* how the threads of SQLite interleave. Calls of the ledger take turns in the order in
//! which they were asked for, so that nothing that is decided depends on it.
//!
//! `MATRIMONY_SIM_SECONDS` sets how long seeds are tried, `MATRIMONY_SIM_SEED` replays one.

mod checkers;
mod faulty;
mod model;
mod networks;
mod ops;
mod regressions;
mod session;
mod world;

use checkers::{Promise, Violation, check};
use faulty::Sabotage;
use matrimony_ledger::{Counts, Events};
use model::{Op, operations};
use session::PLANNED_PANIC;
use std::fmt::Write;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;
use tokio::time::Instant;
use world::World;

/// How long seeds are tried where nobody says otherwise.
const SECONDS: u64 = 30;
/// How long a failure may be shortened: a test that takes too long is ended without a word.
const SHORTENING: Duration = Duration::from_secs(45);

/// What is done to the world on purpose.
#[derive(Clone, Copy, Default)]
struct Rigged {
    sabotage: Option<Sabotage>,
    disorder: bool,
}

#[tokio::test]
async fn the_three_promises_hold() {
    if let Ok(seed) = std::env::var("MATRIMONY_SIM_SEED") {
        let seed = seed.parse().expect("MATRIMONY_SIM_SEED is a number");
        return assert_holds(seed).await;
    }
    let seconds = std::env::var("MATRIMONY_SIM_SECONDS").map_or(SECONDS, |s| s.parse().expect("a number of seconds"));
    let end = Instant::now() + Duration::from_secs(seconds);
    let first = RandomState::new().build_hasher().finish();
    let (mut seeds, mut ops) = (0, 0);
    while Instant::now() < end {
        let seed = first.wrapping_add(seeds);
        assert_holds(seed).await;
        seeds += 1;
        ops += operations(seed).len();
    }
    println!("simulation: {seeds} seeds from {first}, {ops} operations, in {seconds} s; all promises held");
    assert!(seeds > 0, "no time for a single seed");
}

async fn assert_holds(seed: u64) {
    let ops = operations(seed);
    if let Err(violation) = run(seed, &ops, Rigged::default()).await {
        println!("{}", story(seed, &[], &violation));
        let (ops, violation) = shorten(seed, ops, violation).await;
        panic!("{}", story(seed, &ops, &violation));
    }
}

/// The operations happen, all is healed, and the promises are checked. Answers the ledger's numbers.
async fn run(seed: u64, ops: &[Op], rigged: Rigged) -> Result<Counts, Violation> {
    quiet_planned_panics();
    let mut world = World::new(seed, rigged.sabotage, rigged.disorder).await;
    for op in ops {
        world.apply(*op).await;
    }
    if !world.heal_and_drain().await {
        return Err(Violation {
            promise: Promise::NotSettled,
            what: "the outboxes do not drain".to_owned(),
        });
    }
    check(&world).await?;
    Ok(world.ledger().counts().await.expect("reads"))
}

/// Leaves out what the failure does not need: large pieces first, then single operations, as long as there is time.
async fn shorten(seed: u64, mut ops: Vec<Op>, mut violation: Violation) -> (Vec<Op>, Violation) {
    let end = Instant::now() + SHORTENING;
    let mut piece = ops.len().div_ceil(2);
    while piece > 0 {
        let mut at = 0;
        while at < ops.len() && Instant::now() < end {
            let mut fewer = ops.clone();
            fewer.drain(at..(at + piece).min(ops.len()));
            match run(seed, &fewer, Rigged::default()).await {
                Err(still) => (ops, violation) = (fewer, still),
                Ok(_) => at += piece,
            }
        }
        piece /= 2;
    }
    (ops, violation)
}

fn story(seed: u64, ops: &[Op], violation: &Violation) -> String {
    let mut story = format!("{:?}: {}\n", violation.promise, violation.what);
    let _ = writeln!(
        story,
        "replay with MATRIMONY_SIM_SEED={seed}; it also fails with these operations alone:"
    );
    for op in ops {
        let _ = writeln!(story, "    {op:?},");
    }
    story
}

/// A panic that an operation asked for is not news.
fn quiet_planned_panics() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let loud = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if panic.payload_as_str() != Some(PLANNED_PANIC) {
                loud(panic);
            }
        }));
    });
}

/// Seeds within which a broken bridge must have been caught.
const CAUGHT_WITHIN: u64 = 400;

/// Runs a bridge that is broken on purpose until a checker notices, and says which.
async fn caught(rigged: Rigged) -> Option<Promise> {
    for seed in 0..CAUGHT_WITHIN {
        if let Err(violation) = run(seed, &operations(seed), rigged).await {
            return Some(violation.promise);
        }
    }
    None
}

/// The promise that is found broken first depends on the seed, where the sabotage breaks several.
async fn assert_caught(sabotage: Sabotage, as_one_of: &[Promise]) {
    let rigged = Rigged {
        sabotage: Some(sabotage),
        ..Rigged::default()
    };
    let promise = caught(rigged).await.expect("a checker notices");
    assert!(as_one_of.contains(&promise), "caught as {promise:?}");
}

#[tokio::test]
async fn a_bridge_that_acknowledges_before_the_commit_is_caught() {
    assert_caught(Sabotage::AcceptForgets, &[Promise::Lost]).await;
}

#[tokio::test]
async fn a_bridge_that_repeats_the_unsure_without_a_word_is_caught() {
    assert_caught(Sabotage::UnsureIsForgotten, &[Promise::Doubled, Promise::EchoRelayed]).await;
}

#[tokio::test]
async fn a_bridge_that_sends_before_it_records_is_caught() {
    assert_caught(Sabotage::IntentsAreForgotten, &[Promise::EchoRelayed]).await;
}

#[tokio::test]
async fn a_bridge_that_gives_up_is_caught() {
    assert_caught(Sabotage::LaterIsRefused, &[Promise::Lost]).await;
}

#[tokio::test]
async fn a_bridge_that_repeats_sent_parts_is_caught() {
    assert_caught(Sabotage::PartsAreForgotten, &[Promise::Doubled]).await;
}

#[tokio::test]
async fn a_chat_out_of_order_is_caught() {
    let rigged = Rigged {
        disorder: true,
        ..Rigged::default()
    };
    assert_eq!(caught(rigged).await, Some(Promise::Disordered));
}
