//! From signal-cli's line to WhatsApp.
//!
//! Everything of Matrimony is real here, and so are the WhatsApp client and its socket; only signal-cli is replaced, by
//! a few lines that write notifications at a steady pace, because the real one would add its own time. The clock starts
//! when the line is written and stops when a phone on WhatsApp shows the message: decrypting on that phone is included,
//! so the figure is an upper bound.

use super::signal_cli::{ACCOUNT, GROUP, RELAY_ACI, SignalCli};
use anyhow::{Context, Result, bail};
use hdrhistogram::Histogram;
use matrimony_domain::{AccountKey, ChatKey, Clock, LoginRole, Name, NetworkKind, PersonKey, SystemClock};
use matrimony_ledger::{NewLogin, WorkerId};
use matrimony_ledger_sqlite::{Durability, Options, SqliteLedger};
use matrimony_network::{LoginMethod, Network, Picture};
use matrimony_network_signal::{Address, Settings as SignalSettings, SignalNetwork, Source};
use matrimony_network_whatsapp::{Settings as WhatsAppSettings, WhatsAppNetwork};
use matrimony_service::{HomeChat, LoginStep, Parts, Service, UniteRequest};
use matrimony_sim_whatsapp::{NewGroup, NewPhone, Options as ServerOptions, SimWhatsApp};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, interval};

const MESSAGES: usize = 400;
const PER_SECOND: f64 = 20.0;
/// The first ones open sessions and fill caches; they are sent, not counted.
const WARM_UP: usize = 20;
const ARRIVE_WITHIN: Duration = Duration::from_secs(20);

/// Sends messages at a steady pace and measures each.
pub(super) async fn measure(folder: &Path) -> Result<String> {
    let signal_cli = SignalCli::start().await?;
    let server = SimWhatsApp::start(ServerOptions::default()).await?;
    let relay = server.add_phone(NewPhone::named("relay"))?.number;
    let dora = server.add_phone(NewPhone::named("dora"))?.number;
    let members = vec![relay.clone()];
    let group = server.create_group(&NewGroup {
        creator: dora.clone(),
        subject: "Lake trip".into(),
        members,
    })?;
    let ledger = SqliteLedger::open(
        &folder.join("latency.db"),
        Options {
            entropy: [2; 16],
            durability: Durability::Full,
        },
    )
    .await?;
    let ledger = Arc::new(ledger);
    let parts = Parts {
        ledger: ledger.clone(),
        networks: networks(folder, &signal_cli, &server),
        clock: Arc::new(SystemClock),
        seed: 1,
        worker: WorkerId("bench".into()),
    };
    let service = Service::start(parts).await?;
    unite(&service, &server, &relay, &group.jid).await?;
    let histogram = send(&signal_cli, &server, &dora).await?;
    service.stop(Duration::from_secs(5)).await;
    ledger.close().await;
    server.stop().await;
    let at = |quantile| histogram.value_at_quantile(quantile) as f64 / 1000.0;
    Ok(format!(
        "{} messages: p50 {:.1} ms, p99 {:.1} ms, longest {:.1} ms",
        histogram.len(),
        at(0.5),
        at(0.99),
        at(1.0)
    ))
}

fn networks(folder: &Path, signal_cli: &SignalCli, server: &SimWhatsApp) -> Vec<Arc<dyn Network>> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let source = Source::External(Address::Tcp(signal_cli.address()));
    let signal = SignalNetwork::new(
        SignalSettings {
            state_dir: folder.join("signal"),
            source,
        },
        clock,
    );
    let settings = WhatsAppSettings::new(folder.join("whatsapp"));
    let settings = crate::whatsapp::simulated(settings, &server.ws_url(), &server.http_addr().to_string());
    vec![Arc::new(signal), Arc::new(WhatsAppNetwork::new(settings))]
}

async fn unite(service: &Service, server: &SimWhatsApp, relay: &str, group: &str) -> Result<()> {
    let signal = NewLogin {
        network: NetworkKind::Signal,
        key: AccountKey::new(ACCOUNT),
        person: PersonKey::new(NetworkKind::Signal, RELAY_ACI),
        name: Name::new("relay"),
        role: LoginRole::Relay,
    };
    let signal = service.add_account(&signal).await?.account.login;
    let mut flow = service
        .begin_login(NetworkKind::WhatsApp, LoginMethod::Qr, LoginRole::Relay)
        .await?;
    let whatsapp = loop {
        match flow.next().await {
            LoginStep::Show {
                picture: Picture::Qr(text),
                ..
            } => server.scan_qr(relay, &text)?,
            LoginStep::Done(linked) => break linked.login,
            LoginStep::Failed(reason) => bail!("the relay was not linked: {reason}"),
            _ => {}
        }
    };
    let chats = service.chats(Some(NetworkKind::Signal)).await?;
    let signal_chat = chats.into_iter().next().context("signal-cli has no group")?.chat;
    let chats = vec![
        (signal, signal_chat),
        (whatsapp, ChatKey::new(NetworkKind::WhatsApp, group)),
    ];
    service
        .unite(UniteRequest {
            name: None,
            chats,
            home: HomeChat::None,
        })
        .await?;
    Ok(())
}

async fn send(signal_cli: &SignalCli, server: &SimWhatsApp, dora: &str) -> Result<Histogram<u64>> {
    let mut histogram = Histogram::new_with_bounds(1, 60_000_000, 3)?;
    let mut pace = interval(Duration::from_secs_f64(1.0 / PER_SECOND));
    let mut waiting = tokio::task::JoinSet::new();
    for number in 0..MESSAGES + WARM_UP {
        pace.tick().await;
        let words = format!("message ({number})");
        let (server, dora, ends_with) = (server.clone(), dora.to_owned(), words.clone());
        let began = Instant::now();
        waiting.spawn(async move {
            let shown = server.wait_for(&dora, 0, ARRIVE_WITHIN, |entry| {
                entry.text.as_deref().is_some_and(|text| text.ends_with(&ends_with))
            });
            shown.await.map(|_| (number, began.elapsed()))
        });
        signal_cli.write(GROUP, &words).await?;
    }
    while let Some(shown) = waiting.join_next().await {
        let (number, took) = shown??;
        if number >= WARM_UP {
            histogram.saturating_record(u64::try_from(took.as_micros())?);
        }
    }
    Ok(histogram)
}
