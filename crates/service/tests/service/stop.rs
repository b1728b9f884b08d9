//! How it ends.

use crate::fake::Fate;
use crate::world::{World, chat};
use matrimony_domain::NetworkKind::{Signal, WhatsApp};
use matrimony_ledger::Events;
use matrimony_network::NotAccepted;
use std::time::Duration;

const WITHIN: Duration = Duration::from_secs(4);

#[tokio::test]
async fn a_quiet_service_stops_at_once() {
    let world = World::start().await;
    world.unite().await;
    let report = world.service.stop(WITHIN).await;
    assert_eq!((report.cut, report.aborted.len()), (false, 0));
    assert!(report.took < WITHIN / 4, "{:?}", report.took);
}

#[tokio::test]
async fn an_attempt_under_way_may_finish() {
    let world = World::start().await;
    world.unite().await;
    world.whatsapp.state().fates.push_back(Fate::Held);
    world.say(Signal, "choir", "alice", "one").await.expect("accepted");
    world.say(Signal, "choir", "alice", "two").await.expect("accepted");
    world.whatsapp.until(|state| state.attempts == 1).await;
    let stop = world.service.stop(WITHIN);
    let finish = async { world.whatsapp.gate.notify_one() };
    let (report, ()) = tokio::join!(stop, finish);
    assert_eq!((report.cut, report.aborted.len()), (false, 0));
    let counts = world.ledger.counts().await.expect("reads");
    assert_eq!((counts.delivered, counts.due), (1, 1), "nothing new is claimed");
    assert_eq!(world.whatsapp.texts(&chat(WhatsApp, "choir")), ["alice: one"]);
}

#[tokio::test]
async fn an_attempt_that_hangs_is_cut_and_recorded_as_unanswered() {
    let world = World::start().await;
    world.unite().await;
    world.signal.state().slow = Some(chat(Signal, "choir"));
    world.whatsapp.state().slow = Some(chat(WhatsApp, "choir"));
    world.say(WhatsApp, "choir", "dora", "hello").await.expect("accepted");
    world.say(Signal, "choir", "alice", "hello").await.expect("accepted");
    world.signal.until(|state| state.attempts == 1).await;
    world.whatsapp.until(|state| state.attempts == 1).await;
    let report = world.service.stop(WITHIN).await;
    assert!(report.cut && report.took < WITHIN, "{report:?}");
    let counts = world.ledger.counts().await.expect("reads");
    assert_eq!(
        (counts.unsure, counts.due, counts.claimed),
        (1, 1, 0),
        "unsure only where a repeat may double"
    );
}

#[tokio::test]
async fn a_session_that_does_not_end_holds_nobody_up() {
    let world = World::start().await;
    world.whatsapp.state().hangs = true;
    world
        .whatsapp
        .end(crate::fake::Ending::With(matrimony_network::SessionEnd::Failed(
            matrimony_domain::Reason::fixed("opened again, as one that hangs"),
        )));
    world.whatsapp.until(|state| state.opened == 2).await;
    let report = world.service.stop(WITHIN).await;
    assert!(report.took <= WITHIN + Duration::from_millis(500), "{report:?}");
    assert_eq!(report.aborted, [format!("login {}", world.relays.whatsapp)]);
}

#[tokio::test]
async fn nothing_is_accepted_after_the_stop() {
    let world = World::start().await;
    world.unite().await;
    world.service.stop(WITHIN).await;
    let refused = world.say(Signal, "choir", "alice", "too late").await;
    assert!(matches!(refused, Err(NotAccepted::Closed)), "{refused:?}");
    assert_eq!(world.ledger.counts().await.expect("reads").events, 0);
}
