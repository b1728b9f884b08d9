//! Accounts come and go.

use crate::support::{Bench, Online, SOON};
use anyhow::{Context, Result};
use matrimony_network::{LoginMethod, Network, Picture, SessionEnd, Step, Unlinked};

#[tokio::test]
async fn a_phone_links_the_bridge_and_its_groups_and_people_are_known() -> Result<()> {
    let bench = Bench::start().await?;
    let online = bench.online().await?;
    assert_eq!(online.linked.name.as_ref().context("no name")?.reveal(), "relay");

    let chats = online.session.chats().await?;
    let boat_club = chats
        .iter()
        .find(|chat| chat.chat == bench.group)
        .context("the group is not listed")?;
    assert_eq!(
        boat_club.name.as_ref().context("no name")?.reveal(),
        crate::support::GROUP
    );
    assert_eq!(boat_club.members, Some(3));

    let members = online.session.members(&bench.group).await?;
    let mut names: Vec<_> = members
        .iter()
        .filter_map(|member| Some(member.name.as_ref()?.reveal()))
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["alice", "bob", "relay"]);
    assert!(members.iter().all(|member| member.alias.is_some()));
    online.stop().await?;
    Ok(())
}

#[tokio::test]
async fn an_account_that_its_phone_unlinks_ends_its_session_and_can_be_linked_again() -> Result<()> {
    let bench = Bench::start().await?;
    let online = bench.online().await?;
    let inbox = online.inbox.clone();
    bench.rig.unlink("relay").await?;
    assert_eq!(online.ends().await?, SessionEnd::Unlinked(Unlinked::LoggedOut));

    let network = bench.network();
    let linked = bench.link(&network).await?;
    let again = Online::start(network, linked, inbox).await?;
    bench
        .rig
        .send_text("alice", crate::support::GROUP, "welcome back")
        .await?;
    again.inbox.has("welcome back").await?;
    again.stop().await?;
    Ok(())
}

#[tokio::test]
async fn an_account_that_is_linked_already_is_refused_with_the_cure() -> Result<()> {
    let bench = Bench::start().await?;
    let online = bench.online().await?;
    let mut login = online.network.begin_login(LoginMethod::Qr).await?;
    let mut scans = tokio::task::JoinSet::new();
    let reason = loop {
        match login.next().await {
            Step::Show {
                picture: Picture::Qr(uri),
                ..
            } => {
                let rig = bench.rig.clone();
                // The phone waits for the end of a link that signal-cli has given up.
                scans.spawn(async move { rig.link("relay", &uri).await });
            }
            Step::Failed(reason) => break reason,
            Step::Done(_) => anyhow::bail!("linked twice"),
            _ => {}
        }
    };
    assert!(reason.as_str().contains("unlink that device"), "{reason}");
    assert_eq!(login.next().await, Step::Failed(reason), "the last step stays");
    online.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_login_can_be_cancelled() -> Result<()> {
    let bench = Bench::start().await?;
    let network = bench.network();
    let mut login = network.begin_login(LoginMethod::Qr).await?;
    let shown = async {
        loop {
            if let Step::Show { expires: Some(_), .. } = login.next().await {
                break;
            }
        }
    };
    tokio::time::timeout(SOON, shown).await.context("no code was shown")?;
    login.answer("a second click").await;
    login.cancel().await;
    let Step::Failed(reason) = login.next().await else {
        anyhow::bail!("not failed")
    };
    assert!(reason.as_str().contains("cancelled"), "{reason}");
    Ok(())
}
