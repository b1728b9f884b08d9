//! How the world gets going: phones, links, the united room.

use super::{Places, RELAY, SIGNAL_GROUP, WHATSAPP_GROUP};
use crate::matrix_user::MatrixUser;
use crate::setup::Setup;
use crate::signal_rig::SignalRig;
use crate::wait;
use anyhow::{Context, Result, bail};
use matrimony::control::client::Control;
use matrimony::control::wire;
use matrimony_sim_whatsapp::{NewGroup, NewPhone, Options, SimWhatsApp};
use std::time::Duration;

/// How long a relay may take to be in its groups after it was linked.
const KNOWN_WITHIN: Duration = Duration::from_secs(60);

/// Signal, with phones and the group.
pub(super) async fn start_signal(places: &Places, setup: &Setup) -> Result<SignalRig> {
    let rig = SignalRig::start(&places.signal(), setup).await?;
    rig.create_group(SIGNAL_GROUP, &[RELAY, "alice", "bob"]).await?;
    Ok(rig)
}

/// WhatsApp, with phones and the group.
pub(super) async fn start_whatsapp() -> Result<SimWhatsApp> {
    let server = SimWhatsApp::start(Options::default()).await?;
    let mut numbers = Vec::new();
    for name in [RELAY, "dora", "emil"] {
        numbers.push(server.add_phone(NewPhone::named(name))?.number);
    }
    let members = vec![numbers[0].clone(), numbers[2].clone()];
    server.create_group(&NewGroup {
        creator: numbers[1].clone(),
        subject: WHATSAPP_GROUP.into(),
        members,
    })?;
    Ok(server)
}

/// The Signal relay's phone scans the code that matrimony shows.
pub(super) async fn link_signal(control: &Control, rig: &SignalRig) -> Result<()> {
    link(control, "signal", async |code| rig.link(RELAY, &code).await.map(drop)).await
}

/// The WhatsApp relay's phone scans the code that matrimony shows.
pub(super) async fn link_whatsapp(control: &Control, server: &SimWhatsApp) -> Result<()> {
    let relay = server
        .phones_info()
        .into_iter()
        .find(|phone| phone.name == RELAY)
        .context("there is no relay")?;
    link(control, "whatsapp", async |code| {
        Ok(server.scan_qr(&relay.number, &code)?)
    })
    .await
}

async fn link(control: &Control, network: &str, scan: impl AsyncFn(String) -> Result<()>) -> Result<()> {
    let wanted = wire::Link {
        network: network.into(),
        method: "qr".into(),
    };
    let begun: wire::LinkBegun = control.post("/links", &wanted).await?;
    let next = async || {
        control
            .get::<wire::LinkStep>(&format!("/links/{}/next", begun.link))
            .await
    };
    let mut step = next().await?;
    loop {
        step = match step {
            // The phone and matrimony finish together: neither is done before the other is asked.
            wire::LinkStep::ShowQr { text, .. } => {
                let (scanned, following) = tokio::join!(scan(text), next());
                scanned?;
                following?
            }
            wire::LinkStep::Done { .. } => return Ok(()),
            wire::LinkStep::Failed { reason } => bail!("{reason}"),
            _ => next().await?,
        };
    }
}

/// Unites the groups once both relays know theirs.
pub(super) async fn unite(control: &Control, nina: &str) -> Result<wire::Room> {
    let known = async || {
        let chats: Vec<wire::Chat> = control.get("/chats").await.ok()?;
        let has = |name: &str| chats.iter().any(|chat| chat.name.as_deref() == Some(name));
        (has(SIGNAL_GROUP) && has(WHATSAPP_GROUP)).then_some(())
    };
    wait::until("both relays are in their groups", KNOWN_WITHIN, known).await?;
    let wanted = wire::Unite {
        chats: vec![format!("signal:{SIGNAL_GROUP}"), format!("whatsapp:{WHATSAPP_GROUP}")],
        name: None,
        invite: vec![nina.into()],
    };
    control.post("/unite", &wanted).await
}

/// Nina accepts the invitation.
pub(super) async fn join(nina: &MatrixUser) -> Result<String> {
    let invited = async || nina.invites().into_iter().next();
    let room = wait::until("nina is invited", Duration::from_secs(30), invited).await?;
    nina.join(&room).await?;
    Ok(room)
}
