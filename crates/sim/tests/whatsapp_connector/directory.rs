//! The groups that a login is in, and their members.

use crate::rig::{Rig, chat, until};
use matrimony_network::SendError;
use matrimony_sim_whatsapp::NewGroup;
use std::sync::atomic::Ordering;

#[tokio::test(flavor = "multi_thread")]
async fn groups_and_members_are_listed_with_names() {
    let rig = Rig::start().await;
    let group = rig.group();
    let running = rig.running().await;
    let chats = running.session.chats().await.unwrap();
    let listed: Vec<_> = chats
        .iter()
        .map(|info| (&info.chat, info.name.as_ref().unwrap().reveal(), info.members))
        .collect();
    assert_eq!(listed, [(&group, "Garden", Some(3))]);

    rig.sim.send_text(&rig.dora.number, &group.id, "hello").await.unwrap();
    running.inbox.read("hello").await;
    let members = running.session.members(&group).await.unwrap();
    assert_eq!(members.len(), 3);
    let of = |lid: &str| {
        members
            .iter()
            .find(|member| member.person.id == format!("{lid}@lid"))
            .unwrap()
    };
    assert_eq!(of(&rig.dora.lid).name.as_ref().unwrap().reveal(), "dora");
    assert_eq!(of(&rig.relay.lid).name.as_ref().unwrap().reveal(), "relay");
    assert_eq!(
        of(&rig.emil.lid).alias.as_ref().unwrap().id,
        format!("{}@s.whatsapp.net", rig.emil.number)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_we_are_not_in_names_the_cure() {
    let rig = Rig::start().await;
    let others = NewGroup {
        creator: rig.dora.number.clone(),
        subject: "Others".into(),
        members: vec![rig.emil.number.clone()],
    };
    let others = chat(&rig.sim.create_group(&others).unwrap().jid);
    let running = rig.running().await;
    for chat in [others, chat("120363999999999999@g.us")] {
        let refused = running.session.members(&chat).await;
        let Err(SendError::Refused(reason)) = refused else {
            panic!("expected a refusal, got {refused:?}")
        };
        assert!(reason.as_str().contains("add it"), "{reason}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_of_a_group_are_told() {
    let rig = Rig::start().await;
    let group = rig.group();
    let running = rig.running().await;
    let before = running.inbox.changes.load(Ordering::SeqCst);
    rig.sim.rename_group(&group.id, "Allotment").unwrap();
    until(|| running.inbox.changes.load(Ordering::SeqCst) > before).await;
    let chats = running.session.chats().await.unwrap();
    assert_eq!(chats[0].name.as_ref().unwrap().reveal(), "Allotment");
}
