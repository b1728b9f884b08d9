//! An account is linked by its phone.

use crate::rig::{NoVault, Rig, account, until, within};
use matrimony_network::{LoginMethod, Network, OpenError, Picture, Step};
use std::sync::Arc;

#[tokio::test(flavor = "multi_thread")]
async fn a_scanned_qr_code_links_the_account() {
    let rig = Rig::start().await;
    let linked = rig.link(LoginMethod::Qr).await;
    assert_eq!(linked.person.id, format!("{}@lid", rig.relay.lid));
    assert_eq!(linked.name.clone().unwrap().reveal(), "relay");
    assert!(!linked.key.reveal().contains(&rig.relay.number));
    let running = rig.run(&linked).await;
    rig.sim
        .send_text(&rig.dora.number, &rig.relay.number, "welcome")
        .await
        .unwrap();
    running.inbox.read("welcome").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_typed_code_links_the_account() {
    let rig = Rig::start().await;
    let linked = rig.link(LoginMethod::PairCode).await;
    assert_eq!(linked.person.id, format!("{}@lid", rig.relay.lid));
    rig.run(&linked).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_while_linking_is_not_lost() {
    let rig = Rig::start().await;
    let group = rig.group();
    let mut login = rig.network.begin_login(LoginMethod::Qr).await.unwrap();
    let linked = loop {
        match within(login.next()).await {
            Step::Show {
                picture: Picture::Qr(text),
                ..
            } => {
                rig.sim.scan_qr(&rig.relay.number, &text).unwrap();
                until(|| !rig.sim.phone_info(&rig.relay.number).unwrap().devices.is_empty()).await;
                rig.sim
                    .send_text(&rig.dora.number, &group.id, "in between")
                    .await
                    .unwrap();
            }
            Step::Done(linked) => break linked,
            Step::Failed(reason) => panic!("the login failed: {reason}"),
            _ => {}
        }
    };
    let running = rig.run_unseen(&linked).await;
    running.inbox.read("in between").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_login_leaves_nothing_behind() {
    let rig = Rig::start().await;
    let mut login = rig.network.begin_login(LoginMethod::Qr).await.unwrap();
    while !matches!(within(login.next()).await, Step::Show { .. }) {}
    login.cancel().await;
    assert!(matches!(login.next().await, Step::Failed(_)));
    assert!(matches!(login.next().await, Step::Failed(_)));
    assert_eq!(std::fs::read_dir(rig.folder.path()).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_login_leaves_nothing_behind() {
    let rig = Rig::start().await;
    let mut login = rig.network.begin_login(LoginMethod::PairCode).await.unwrap();
    assert!(matches!(login.next().await, Step::Ask { .. }));
    login.answer("no number").await;
    assert!(matches!(login.next().await, Step::Ask { .. }));
    drop(login);
    assert_eq!(std::fs::read_dir(rig.folder.path()).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_whose_keys_are_gone_must_be_linked_again() {
    let rig = Rig::start().await;
    let linked = rig.link(LoginMethod::Qr).await;
    for file in std::fs::read_dir(rig.folder.path()).unwrap() {
        std::fs::remove_file(file.unwrap().path()).unwrap();
    }
    let opened = rig.network.open(&account(&linked), Arc::new(NoVault)).await;
    assert!(matches!(opened, Err(OpenError::Unlinked)));
}
