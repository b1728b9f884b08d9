//! Answers that never come. Time stands still here until a test moves it.

use crate::world::{World, chat};
use matrimony_domain::NetworkKind::{Signal, WhatsApp};
use matrimony_domain::limits::ATTEMPT_TIMEOUT;
use std::sync::mpsc;
use tokio::time::advance;

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
