//! Everybody reads everybody, with names, whatever is away for a while.

use crate::support::{Chronicle, SOON, world};
use anyhow::Result;
use matrimony::control::wire;
use matrimony_sim::wait;
use matrimony_sim::world::{Homeserver, RELAY, World};
use rustix::process::{Pid, Signal, kill_process};
use std::time::Duration;

#[tokio::test]
async fn everybody_reads_everybody_once_with_the_authors_name() -> Result<()> {
    let (world, _folder) = world(Homeserver::Managed).await?;
    everybody_speaks(&world).await?;
    a_chat_is_united_once(&world).await?;
    a_relay_that_writes_by_hand_is_a_person(&world).await?;
    whatsapp_goes_away_and_comes_back(&world).await?;
    signal_cli_dies(&world).await?;
    let log = world.places.log();
    let (_, status) = world.stop_matrimony().await?;
    assert!(status.success(), "matrimony ended with {status}");
    nothing_personal_is_in_the_log(&std::fs::read_to_string(log)?);
    Ok(())
}

fn nothing_personal_is_in_the_log(log: &str) {
    assert!(log.contains("united"), "the log is there");
    for personal in [
        "1555010",
        "1415",
        "alice",
        "dora",
        "nina",
        "hello from me",
        "Lake trip",
        "doubled?",
    ] {
        assert!(!log.contains(personal), "{personal:?} is in the log");
    }
}

async fn everybody_speaks(world: &World) -> Result<()> {
    let mut chronicle = Chronicle::default();
    let alices = chronicle.write(world, "alice", "hello from me").await?;
    chronicle.write(world, "dora", "hello from me").await?;
    let ninas = chronicle.write(world, "nina", "hello from me").await?;
    for author in ["bob", "emil"] {
        chronicle.write(world, author, "hello from me").await?;
    }
    let tally = chronicle.settle(world, SOON).await?;
    assert!(tally.is_perfect(), "{tally}");
    // On Matrix the ghost is the sender; nothing is put in front of the words.
    let line = world.sees("nina", &alices, SOON).await?;
    assert_eq!(
        (line.sender, line.text),
        ("alice".into(), format!("hello from me {alices}"))
    );
    // Where a relay speaks, the author's name is in front.
    let line = world.sees("dora", &ninas, SOON).await?;
    assert_eq!(
        (line.sender, line.text),
        (RELAY.into(), format!("*nina*: hello from me {ninas}"))
    );
    Ok(())
}

async fn a_chat_is_united_once(world: &World) -> Result<()> {
    let control = world.matrimony()?.control();
    let unite = async |chats: &[&str]| {
        let chats = chats.iter().map(ToString::to_string).collect();
        let wanted = wire::Unite {
            chats,
            name: None,
            invite: Vec::new(),
        };
        match control.post::<_, wire::Room>("/unite", &wanted).await {
            Ok(_) => "it was united".to_owned(),
            Err(refused) => refused.to_string(),
        }
    };
    let again = unite(&["signal:lake", "whatsapp:lake"]).await;
    assert!(
        again.contains(&format!("united in room {} already", world.room.id)),
        "{again}"
    );
    let unknown = unite(&["signal:nobody", "whatsapp:lake"]).await;
    assert!(unknown.contains("no chat fits \"nobody\""), "{unknown}");
    let ambiguous = unite(&["lake"]).await;
    assert!(ambiguous.contains("fits 2 chats"), "{ambiguous}");
    let rooms: Vec<wire::Room> = control.get("/rooms").await?;
    assert_eq!((rooms.len(), rooms[0].portals.len()), (1, 3), "nothing has changed");
    Ok(())
}

async fn a_relay_that_writes_by_hand_is_a_person(world: &World) -> Result<()> {
    world
        .signal
        .send_text(
            RELAY,
            matrimony_sim::world::SIGNAL_GROUP,
            "typed on the Signal relay's phone",
        )
        .await?;
    let line = world.sees("dora", "typed on the Signal relay's phone", SOON).await?;
    // A person, who has a name; and since the WhatsApp relay has the same one, it says on which network.
    assert!(line.text.starts_with(&format!("*{RELAY} (Signal)*: ")), "{}", line.text);
    world.sees("nina", "typed on the Signal relay's phone", SOON).await?;
    // Its automatic copies are echoes: what dora writes reaches Matrix once, from her ghost, and not again from the relay.
    world.say("dora", "is this doubled?").await?;
    world.sees("bob", "is this doubled?", SOON).await?;
    world.say("dora", "a second one, behind it").await?;
    world.sees("nina", "a second one, behind it", SOON).await?;
    assert_eq!(world.screen("nina").with("is this doubled?").len(), 1);
    assert_eq!(world.screen("emil").with("is this doubled?").len(), 1);
    Ok(())
}

async fn whatsapp_goes_away_and_comes_back(world: &World) -> Result<()> {
    let mut chronicle = Chronicle::default();
    world.whatsapp.pause().await;
    for n in 0..5 {
        chronicle
            .write(
                world,
                if n % 2 == 0 { "alice" } else { "nina" },
                "while WhatsApp is away",
            )
            .await?;
    }
    let waits = async || {
        let status = world.status().await.ok()?;
        (status.deliveries.due + status.deliveries.claimed >= 5).then_some(())
    };
    wait::until("five deliveries wait for WhatsApp", SOON, waits).await?;
    world.whatsapp.resume().await?;
    let tally = chronicle.settle(world, Duration::from_secs(60)).await?;
    assert!(tally.is_perfect(), "{tally}");
    Ok(())
}

async fn signal_cli_dies(world: &World) -> Result<()> {
    let mut chronicle = Chronicle::default();
    let pid = world.signal_cli_pid()?;
    kill_process(pid, Signal::KILL)?;
    for n in 0..5 {
        chronicle
            .write(
                world,
                if n % 2 == 0 { "dora" } else { "alice" },
                "while signal-cli is away",
            )
            .await?;
    }
    let tally = chronicle.settle(world, Duration::from_secs(90)).await?;
    assert!(tally.is_perfect(), "{tally}");
    assert_ne!(world.signal_cli_pid().ok(), Some::<Pid>(pid), "a new one was started");
    Ok(())
}
