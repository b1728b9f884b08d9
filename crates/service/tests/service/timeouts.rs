//! Answers that never come. Time stands still here until a test moves it.

use crate::world::{World, chat};
use matrimony_domain::NetworkKind::{Signal, WhatsApp};
use matrimony_domain::limits::{ATTEMPT_TIMEOUT, STOP_WITHIN};
use std::sync::mpsc;
use std::time::Duration;
use tokio::time::advance;

/// How long a connector may take to end what it has: a Synapse, at most.
const LONGEST_GOODBYE: Duration = Duration::from_millis(5_500);

/// Keeps the paused clock from running ahead while the ledger's threads work: it does so only while no blocking task
/// is there.
struct Frozen(#[expect(dead_code, reason = "dropping it ends the blocking task")] mpsc::Sender<()>);

fn freeze() -> Frozen {
    let (hold, held) = mpsc::channel();
    tokio::task::spawn_blocking(move || held.recv());
    Frozen(hold)
}

#[tokio::test(start_paused = true)]
async fn an_attempt_without_an_answer_is_unsure_only_where_a_repeat_may_double() {
    let _frozen = freeze();
    let world = World::start().await;
    world.unite().await;
    world.signal.state().slow = Some(chat(Signal, "choir"));
    world.whatsapp.state().slow = Some(chat(WhatsApp, "choir"));
    world.say(WhatsApp, "choir", "dora", "hello").await.expect("accepted");
    world.say(Signal, "choir", "alice", "hello").await.expect("accepted");
    world.signal.until(|state| state.attempts == 1).await;
    world.whatsapp.until(|state| state.attempts == 1).await;
    world.until(|counts| counts.claimed == 2).await;
    advance(ATTEMPT_TIMEOUT).await;
    world.until(|counts| counts.unsure == 1 && counts.due == 1).await;
}

#[tokio::test(start_paused = true)]
async fn what_our_own_login_says_waits_no_longer_than_an_attempt_may_take() {
    let _frozen = freeze();
    let world = World::start().await;
    world.unite().await;
    world.signal.state().slow = Some(chat(Signal, "choir"));
    world.say(WhatsApp, "choir", "dora", "hello").await.expect("accepted");
    world.signal.until(|state| state.attempts == 1).await;
    let (accepted, ()) = tokio::join!(world.say(Signal, "choir", "relay", "by hand"), advance(ATTEMPT_TIMEOUT));
    accepted.expect("accepted");
    world.until(|counts| counts.events == 2 && counts.unsure == 1).await;
}

#[tokio::test(start_paused = true)]
async fn a_stop_lets_sessions_say_goodbye_even_where_an_attempt_hangs() {
    let _frozen = freeze();
    let world = World::start().await;
    world.unite().await;
    world.whatsapp.state().slow = Some(chat(WhatsApp, "choir"));
    world.whatsapp.state().goodbye = LONGEST_GOODBYE;
    world.say(Signal, "choir", "alice", "hello").await.expect("accepted");
    world.whatsapp.until(|state| state.attempts == 1).await;
    let within = STOP_WITHIN - Duration::from_secs(1);
    let time_passes = async {
        world.signal.until(|state| state.told_to_end == 1).await;
        advance(within.mul_f64(0.2)).await;
        world.whatsapp.until(|state| state.told_to_end == 1).await;
        advance(LONGEST_GOODBYE).await;
    };
    let (report, ()) = tokio::join!(world.service.stop(within), time_passes);
    assert_eq!((report.cut, report.aborted.len()), (true, 0));
    assert_eq!(world.whatsapp.state().ended, 1);
}
