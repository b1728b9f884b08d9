//! Processes that die, and networks that go away: nothing is lost.

use crate::support::{Bench, GROUP, Memory, Online, signal_cli_pid};
use anyhow::Result;
use matrimony_domain::Text;
use matrimony_network::{SendError, SessionHealth};
use rustix::process::{Signal, kill_process};
use std::sync::Arc;

const MESSAGES: usize = 40;

fn expected() -> Vec<String> {
    (0..MESSAGES).map(|number| format!("message {number}")).collect()
}

#[tokio::test]
async fn a_killed_signal_cli_is_started_again_and_nothing_is_lost() -> Result<()> {
    let bench = Bench::start().await?;
    let online = bench.online().await?;
    for (number, text) in expected().iter().enumerate() {
        bench.rig.send_text("alice", GROUP, text).await?;
        if number % 15 == 7 {
            // What is in its hands when it is killed is lost by signal-cli itself.
            online.inbox.has(text).await?;
            kill_process(signal_cli_pid(&bench.state_dir())?, Signal::KILL)?;
            online
                .becomes(|health| matches!(health, SessionHealth::Connecting { .. }))
                .await?;
            let early = online.send(&bench.group, Text::plain("too early")).await;
            assert!(
                matches!(early, Err(SendError::Later { .. } | SendError::Unsure(_))),
                "{early:?}"
            );
            online.becomes(|health| *health == SessionHealth::Online).await?;
        }
    }
    online.inbox.has(expected().last().expect("there are messages")).await?;
    assert_eq!(online.inbox.texts(), expected());
    online.stop().await?;
    Ok(())
}

/// A process that is killed stops where it is: nothing is dropped, flushed or closed, and signal-cli goes on.
#[test]
fn a_bridge_that_is_killed_in_the_middle_loses_nothing() -> Result<()> {
    let outside = tokio::runtime::Runtime::new()?;
    let bench = outside.block_on(Bench::start())?;
    let inbox = Arc::new(Memory::default());
    let linked = outside.block_on(async {
        let (_, linked, _) = bench.online().await?.stop().await?;
        anyhow::Ok(linked)
    })?;
    let texts = expected();
    for part in texts.chunks(10) {
        let doomed = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let online = doomed.block_on(Online::start(bench.network(), linked.clone(), Arc::clone(&inbox)))?;
        let (kill, killed) = tokio::sync::oneshot::channel();
        std::thread::scope(|scope| {
            scope.spawn(|| doomed.block_on(killed));
            for text in part {
                outside.block_on(bench.rig.send_text("alice", GROUP, text))?;
            }
            kill.send(()).ok();
            anyhow::Ok(())
        })?;
        std::mem::forget((online, doomed));
    }
    outside.block_on(async {
        let online = Online::start(bench.network(), linked, Arc::clone(&inbox)).await?;
        online.inbox.has(&texts[MESSAGES - 1]).await?;
        assert_eq!(online.inbox.texts(), texts);
        online.stop().await?;
        Ok(())
    })
}

#[tokio::test]
async fn what_came_while_the_bridge_was_down_is_there_after_its_start() -> Result<()> {
    let bench = Bench::start().await?;
    let (network, linked, inbox) = bench.online().await?.stop().await?;
    assert!(
        signal_cli_pid(&bench.state_dir()).is_err(),
        "signal-cli was not stopped"
    );
    bench.rig.send_text("bob", GROUP, "anyone there?").await?;
    let online = Online::start(network, linked, inbox).await?;
    online.inbox.has("anyone there?").await?;
    online.stop().await?;
    Ok(())
}

#[tokio::test]
async fn while_signal_is_away_sends_are_not_called_sent_and_afterwards_all_is_well() -> Result<()> {
    let bench = Bench::start().await?;
    let online = bench.online().await?;
    online.send(&bench.group, Text::plain("all is well")).await?;
    bench.rig.pause().await?;
    let outcome = online.send(&bench.group, Text::plain("into the void")).await;
    assert!(
        matches!(outcome, Err(SendError::Unsure(_) | SendError::Later { .. })),
        "{outcome:?}"
    );
    bench.rig.resume().await?;
    bench.rig.send_text("alice", GROUP, "back again").await?;
    online.inbox.has("back again").await?;
    online.send(&bench.group, Text::plain("so are we")).await?;
    online.stop().await?;
    Ok(())
}
