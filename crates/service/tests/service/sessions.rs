//! Sessions that break.

use crate::fake::{Ending, Fate, unlinked};
use crate::world::{World, chat};
use matrimony_domain::LoginRole;
use matrimony_domain::NetworkKind::{Signal, WhatsApp};
use matrimony_domain::Reason;
use matrimony_ledger::LoginState;
use matrimony_network::{LoginMethod, SendError, SessionEnd, SessionHealth};
use matrimony_service::LoginStep;

#[tokio::test]
async fn a_session_that_panics_is_opened_again_while_the_others_go_on() {
    let world = World::start().await;
    world.unite().await;
    world.whatsapp.end(Ending::Panic);
    world
        .say(WhatsApp, "choir", "dora", "still here?")
        .await
        .expect("accepted");
    world.until(|counts| counts.delivered == 1).await;
    assert_eq!(world.signal.texts(&chat(Signal, "choir")), ["dora: still here?"]);
    world.whatsapp.until(|state| state.opened == 2).await;
    world
        .say(Signal, "choir", "alice", "welcome back")
        .await
        .expect("accepted");
    world.until(|counts| counts.delivered == 2).await;
    assert_eq!(world.signal.state().opened, 1);
}

#[tokio::test]
async fn a_session_that_fails_is_opened_again_and_says_why_meanwhile() {
    let world = World::start().await;
    let why = Reason::fixed("the child did not start");
    world.whatsapp.end(Ending::With(SessionEnd::Failed(why.clone())));
    let trouble = SessionHealth::Connecting { trouble: Some(why) };
    let said = async {
        while world.service.health(world.relays.whatsapp) != Some(trouble.clone()) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(crate::PATIENCE, said)
        .await
        .expect("the trouble is told");
    world.whatsapp.until(|state| state.opened == 2).await;
}

#[tokio::test]
async fn deliveries_of_an_unlinked_login_are_held_and_drain_in_order_after_relinking() {
    let world = World::start().await;
    world.unite().await;
    world.whatsapp.end(unlinked());
    world.until_unlinked().await;
    for n in 0..4 {
        world
            .say(Signal, "choir", "alice", &format!("{n}"))
            .await
            .expect("accepted");
    }
    world.until(|counts| counts.held == 4).await;
    let mut flow = world
        .service
        .begin_login(WhatsApp, LoginMethod::Qr, LoginRole::Relay)
        .await
        .expect("begins");
    let LoginStep::Done(linked) = flow.next().await else {
        panic!("the fake links at once")
    };
    assert_eq!((linked.login, linked.relinked), (world.relays.whatsapp, true));
    world.until(|counts| counts.delivered == 4 && counts.held == 0).await;
    let expected: Vec<String> = (0..4).map(|n| format!("alice: {n}")).collect();
    assert_eq!(world.whatsapp.texts(&chat(WhatsApp, "choir")), expected);
}

#[tokio::test]
async fn an_answer_that_the_login_is_unlinked_holds_what_it_was_to_say() {
    let world = World::start().await;
    world.unite().await;
    world.whatsapp.state().fates.push_back(Fate::Error(SendError::Unlinked));
    world.say(Signal, "choir", "alice", "hello").await.expect("accepted");
    world.until(|counts| counts.held == 1).await;
    world.until_unlinked().await;
    assert_eq!(world.whatsapp.state().opened, 1, "it is not opened again by itself");
}

impl World {
    /// Waits until the ledger and the session agree that the WhatsApp relay is unlinked.
    async fn until_unlinked(&self) {
        let over = async {
            loop {
                let status = self.service.status().await.expect("status");
                let login = status
                    .logins
                    .iter()
                    .find(|login| login.login == self.relays.whatsapp)
                    .expect("listed");
                let ended = matches!(login.health, Some(SessionHealth::Ended(SessionEnd::Unlinked(_))));
                if ended && matches!(login.state, LoginState::Unlinked(_)) {
                    return;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(crate::PATIENCE, over)
            .await
            .expect("the login is marked");
    }
}
