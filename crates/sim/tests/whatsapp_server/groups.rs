//! Groups between phones and companions.

use matrimony_sim_whatsapp::{NewGroup, SimWhatsApp};
use whatsapp_rust::Jid;
use whatsapp_rust::features::{GroupCreateOptions, GroupParticipantOptions};
use whatsapp_rust::wacore::types::events::Event;

use crate::companion::{Companion, DEADLINE, phone, server};

struct Garden {
    sim: SimWhatsApp,
    relay: Companion,
    relay_number: String,
    dora: String,
    emil: String,
    jid: Jid,
}

/// A group of a companion's account and two phones.
async fn garden() -> Garden {
    let sim = server().await;
    let (relay_number, dora, emil) = (phone(&sim, "relay"), phone(&sim, "dora"), phone(&sim, "emil"));
    let relay = Companion::link(&sim, &relay_number).await;
    let group = sim.create_group(&NewGroup {
        creator: dora.clone(),
        subject: "Garden".to_owned(),
        members: vec![emil.clone(), relay_number.clone()],
    });
    let jid = Jid::group(group.expect("a group").id);
    relay
        .expect("group", |event| matches!(event, Event::GroupUpdate(_)))
        .await;
    Garden {
        sim,
        relay,
        relay_number,
        dora,
        emil,
        jid,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_in_a_group_reads_everybody() {
    let garden = garden().await;
    let sim = &garden.sim;
    garden.relay.send(&garden.jid, "from the relay", "D001").await;
    assert_eq!(garden.relay.ack("D001").await, None);
    for phone in [&garden.dora, &garden.emil, &garden.relay_number] {
        let seen = sim
            .wait_for(phone, 0, DEADLINE, |shown| shown.id == "D001")
            .await
            .expect("on every phone");
        assert_eq!(seen.chat, garden.jid.to_string());
        assert_eq!(seen.sender.number, garden.relay_number);
        assert_eq!(seen.sender_device, 1);
    }
    sim.send_text(&garden.dora, &garden.jid.user, "from dora")
        .await
        .expect("a text");
    let message = garden.relay.text("from dora").await;
    assert!(message.info.source.is_group);
    assert_eq!(
        message.info.source.sender_alt.as_ref().map(|jid| jid.user.to_string()),
        Some(garden.dora.clone())
    );
    sim.send_text(&garden.relay_number, &garden.jid.user, "by hand")
        .await
        .expect("a text");
    assert!(garden.relay.text("by hand").await.info.source.is_from_me);
    garden.sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_participant_hash_fits_and_members_come_and_go() {
    let garden = garden().await;
    let sim = &garden.sim;
    let nina = phone(sim, "nina");
    sim.add_members(&garden.jid.user, &[&nina]).expect("nina joins");
    garden
        .relay
        .expect("join", |event| matches!(event, Event::GroupUpdate(_)))
        .await;
    garden.relay.send(&garden.jid, "welcome nina", "D101").await;
    sim.wait_for(&nina, 0, DEADLINE, |shown| shown.id == "D101")
        .await
        .expect("on nina's phone");
    sim.remove_members(&garden.jid.user, &[&nina]).expect("nina leaves");
    garden
        .relay
        .expect("leave", |event| matches!(event, Event::GroupUpdate(_)))
        .await;
    garden.relay.send(&garden.jid, "nina is gone", "D102").await;
    sim.wait_for(&garden.emil, 0, DEADLINE, |shown| shown.id == "D102")
        .await
        .expect("on emil's phone");
    assert_eq!(sim.shown(&nina, 0).expect("nina's screen").len(), 1);
    let metadata = garden
        .relay
        .client
        .groups()
        .get_metadata(&garden.jid)
        .await
        .expect("metadata");
    assert_eq!(
        (metadata.subject.clone(), metadata.participants.len()),
        ("Garden".to_owned(), 3)
    );
    let mut hashes = sim.stanza_log(0).into_iter().filter_map(|entry| {
        let (_, rest) = entry.stanza.split_once("phash=\"")?;
        Some((entry.direction, rest.split('"').next()?.to_owned()))
    });
    let mut compared = 0;
    while let (Some((_, client)), Some((_, server))) = (hashes.next(), hashes.next()) {
        assert_eq!(client, server);
        compared += 1;
    }
    assert_eq!(compared, 2);
    garden.sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_companion_makes_and_runs_a_group() {
    let garden = garden().await;
    let (sim, groups) = (&garden.sim, garden.relay.client.groups());
    let options =
        GroupCreateOptions::new("Kitchen").with_participant(GroupParticipantOptions::new(Jid::pn(garden.dora.clone())));
    let kitchen = groups.create_group(options).await.expect("a group").metadata.id.clone();
    assert_eq!(sim.group(&kitchen.user).expect("the group").members.len(), 2);
    let emil = [Jid::pn(garden.emil.clone())];
    assert!(groups.add_participants(&kitchen, &emil).await.expect("an answer")[0].is_ok());
    assert_eq!(sim.group(&kitchen.user).expect("the group").members.len(), 3);
    assert!(groups.remove_participants(&kitchen, &emil).await.expect("an answer")[0].is_ok());
    let subject = whatsapp_rust::features::GroupSubject::new("Cellar").expect("a subject");
    groups.set_subject(&kitchen, subject).await.expect("a new subject");
    let renamed = sim.group(&kitchen.user).expect("the group");
    assert_eq!((renamed.subject.as_str(), renamed.members.len()), ("Cellar", 2));
    assert_eq!(groups.get_participating().await.expect("groups").len(), 2);
    groups.leave(kitchen.clone()).await.expect("left");
    assert_eq!(sim.group(&kitchen.user).expect("the group").members.len(), 1);
    garden.sim.stop().await;
}
