//! A rig, a connector on it, and an inbox that remembers.

use anyhow::{Context, Result, bail};
use async_trait::async_trait;
use matrimony_domain::{
    Account, Action, ChatKey, Content, DeliveryId, Inbound, InboundBody, LoginId, LoginRole, NetworkKind, Reason,
    SendKey, SystemClock, Text, UnixMillis, Voice,
};
use matrimony_network::{
    Inbox, Linked, LoginMethod, Network, NotAccepted, Picture, SendError, Sent, Session, SessionEnd, SessionHealth,
    Step, Vault, VaultError,
};
use matrimony_network_signal::{Settings, SignalNetwork, Source};
use matrimony_sim::setup::Setup;
use matrimony_sim::signal_rig::SignalRig;
use matrimony_sim::wait;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub(crate) const GROUP: &str = "Boat club";
pub(crate) const SOON: Duration = Duration::from_secs(30);

/// A rig with the group, and the folder in which everything lives.
pub(crate) struct Bench {
    pub(crate) rig: SignalRig,
    pub(crate) group: ChatKey,
    folder: TempDir,
}

impl Bench {
    pub(crate) async fn start() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let rig = SignalRig::start(&folder.path().join("rig"), &Setup::from_env()?).await?;
        let id = rig.create_group(GROUP, &["relay", "alice", "bob"]).await?;
        Ok(Self {
            rig,
            group: ChatKey::new(NetworkKind::Signal, format!("g:{id}")),
            folder,
        })
    }

    /// Where everything lives.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The connector's own folder.
    pub(crate) fn state_dir(&self) -> PathBuf {
        self.folder().join("state")
    }

    /// A connector, as a new process would make it: on the same folders.
    pub(crate) fn network(&self) -> SignalNetwork {
        let source = Source::Child {
            program: self.rig.launcher().to_owned(),
            config_dir: self.folder().join("accounts"),
        };
        let state_dir = self.state_dir();
        SignalNetwork::new(Settings { state_dir, source }, Arc::new(SystemClock))
    }

    /// The phone `relay` links a connector.
    pub(crate) async fn link(&self, network: &SignalNetwork) -> Result<Linked> {
        let mut login = network.begin_login(LoginMethod::Qr).await?;
        let mut scan = None;
        loop {
            match login.next().await {
                Step::Show {
                    picture: Picture::Qr(uri),
                    ..
                } => {
                    let rig = self.rig.clone();
                    scan = Some(tokio::spawn(async move { rig.link("relay", &uri).await }));
                }
                Step::Wait { .. } => {}
                Step::Done(linked) => {
                    let phone = scan.context("linked without a code")?.await??;
                    assert_eq!(linked.person.id, phone.aci);
                    assert_eq!(linked.key.reveal(), phone.number);
                    return Ok(linked);
                }
                other => bail!("{other:?}"),
            }
        }
    }

    /// A linked connector with a running session.
    pub(crate) async fn online(&self) -> Result<Online> {
        let network = self.network();
        let linked = self.link(&network).await?;
        let online = Online::start(network, linked, Arc::new(Memory::default())).await?;
        // signal-cli learns the account's groups a moment after the link.
        let knows = async || {
            let chats = online.session.chats().await.ok()?;
            chats.iter().any(|info| info.chat == self.group).then_some(())
        };
        wait::until("the account knows its group", SOON, knows).await?;
        Ok(online)
    }
}

/// A session at work.
pub(crate) struct Online {
    pub(crate) network: SignalNetwork,
    pub(crate) linked: Linked,
    pub(crate) session: Arc<dyn Session>,
    pub(crate) inbox: Arc<Memory>,
    stop: CancellationToken,
    running: JoinHandle<SessionEnd>,
}

impl Online {
    pub(crate) async fn start(network: SignalNetwork, linked: Linked, inbox: Arc<Memory>) -> Result<Self> {
        let account = Account {
            login: LoginId(1),
            network: NetworkKind::Signal,
            key: linked.key.clone(),
            person: linked.person.clone(),
            name: linked.name.clone(),
            role: LoginRole::Relay,
        };
        let session = network.open(&account, Arc::new(NoVault)).await?;
        let stop = CancellationToken::new();
        let running = {
            let (session, inbox, stop) = (Arc::clone(&session), Arc::clone(&inbox), stop.clone());
            tokio::spawn(async move { session.run(inbox, stop).await })
        };
        let online = Self {
            network,
            linked,
            session,
            inbox,
            stop,
            running,
        };
        online.becomes(|health| *health == SessionHealth::Online).await?;
        Ok(online)
    }

    pub(crate) async fn becomes(&self, wished: impl FnMut(&SessionHealth) -> bool) -> Result<SessionHealth> {
        let mut health = self.session.health();
        let waited = tokio::time::timeout(SOON * 2, health.wait_for(wished)).await;
        Ok(waited.context("the session's health did not change in time")??.clone())
    }

    pub(crate) async fn send(&self, chat: &ChatKey, text: Text) -> Result<Sent, SendError> {
        let key = SendKey {
            delivery: DeliveryId(1),
            part: 0,
            nonce: [7; 16],
        };
        let action = Action {
            chat: chat.clone(),
            voice: Voice::Relay,
            at: UnixMillis(0),
            text,
        };
        self.session.perform(&key, &action).await
    }

    /// Waits for the session's own end.
    pub(crate) async fn ends(self) -> Result<SessionEnd> {
        Ok(tokio::time::timeout(SOON, self.running)
            .await
            .context("the session did not end in time")??)
    }

    /// Tells the session to stop, and gives back what a restart needs.
    pub(crate) async fn stop(self) -> Result<(SignalNetwork, Linked, Arc<Memory>)> {
        self.stop.cancel();
        let end = tokio::time::timeout(Duration::from_secs(5), self.running).await;
        assert_eq!(
            end.context("the session did not stop within 5 s")??,
            SessionEnd::Stopped
        );
        Ok((self.network, self.linked, self.inbox))
    }
}

/// An inbox that remembers what was accepted, as a ledger does: a repeat is recognised.
#[derive(Default)]
pub(crate) struct Memory {
    accepted: watch::Sender<Vec<Inbound>>,
    known: Mutex<HashSet<(String, String)>>,
    pub(crate) changed: watch::Sender<usize>,
    pub(crate) unreadable: watch::Sender<Vec<Reason>>,
}

impl Memory {
    /// Waits for a text and gives its event.
    pub(crate) async fn has(&self, text: &str) -> Result<Inbound> {
        let has = |all: &Vec<Inbound>| all.iter().any(|inbound| body(inbound) == Some(text));
        let mut accepted = self.accepted.subscribe();
        let waited = tokio::time::timeout(SOON, accepted.wait_for(has)).await;
        let all = waited.with_context(|| format!("{text:?} did not come; got {:?}", self.texts()))??;
        all.iter()
            .find(|inbound| body(inbound) == Some(text))
            .cloned()
            .context("it was there")
    }

    /// All texts in their order.
    pub(crate) fn texts(&self) -> Vec<String> {
        self.accepted
            .borrow()
            .iter()
            .filter_map(body)
            .map(str::to_owned)
            .collect()
    }
}

/// The words of an event.
pub(crate) fn body(inbound: &Inbound) -> Option<&str> {
    match &inbound.body {
        InboundBody::Message(Content::Text(text)) => Some(&text.body),
        _ => None,
    }
}

#[async_trait]
impl Inbox for Memory {
    async fn accept(&self, batch: &[Inbound]) -> Result<(), NotAccepted> {
        let fresh: Vec<_> = {
            let mut known = self.known.lock().expect("nothing panics while it holds the lock");
            let key = |inbound: &Inbound| (inbound.chat.id.clone(), inbound.remote_id.0.clone());
            batch
                .iter()
                .filter(|inbound| known.insert(key(inbound)))
                .cloned()
                .collect()
        };
        self.accepted.send_modify(|all| all.extend(fresh));
        Ok(())
    }

    async fn unreadable(&self, _login: LoginId, reason: Reason) -> Result<(), NotAccepted> {
        self.unreadable.send_modify(|all| all.push(reason));
        Ok(())
    }

    fn chat_changed(&self, _login: LoginId, _chat: Option<&ChatKey>) {
        self.changed.send_modify(|changes| *changes += 1);
    }
}

struct NoVault;

#[async_trait]
impl Vault for NoVault {
    async fn get(&self, _key: &str) -> Result<Option<Vec<u8>>, VaultError> {
        Ok(None)
    }

    async fn put(&self, _key: &str, _value: &[u8]) -> Result<(), VaultError> {
        Ok(())
    }
}

/// The pid in the pid file of a connector's signal-cli.
pub(crate) fn signal_cli_pid(state_dir: &Path) -> Result<rustix::process::Pid> {
    let text = std::fs::read_to_string(state_dir.join("signal-cli.pid"))?;
    let id = text.lines().next().context("the pid file is empty")?;
    rustix::process::Pid::from_raw(id.parse()?).context("a pid is not 0")
}
