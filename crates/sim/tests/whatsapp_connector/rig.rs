//! A server with people on it, and one linked account under test.

use async_trait::async_trait;
use matrimony_domain::{
    Account, Action, ChatKey, Content, DeliveryId, Inbound, InboundBody, LoginId, LoginRole, NetworkKind, Reason,
    SendKey, Text, UnixMillis, Voice,
};
use matrimony_network::{
    Inbox, Linked, LoginMethod, Network, NotAccepted, Picture, Session, SessionEnd, SessionHealth, Step, Vault,
    VaultError,
};
use matrimony_network_whatsapp::{Backoff, Settings, WhatsAppNetwork};
use matrimony_sim::wait;
use matrimony_sim_whatsapp::{Addressing, NewGroup, NewPhone, Options, PhoneInfo, Shown, SimWhatsApp};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Long enough for a busy machine; whatever is awaited normally comes within a second.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The server, the phones of the relay, dora and emil, and the connector.
pub(crate) struct Rig {
    pub(crate) sim: SimWhatsApp,
    pub(crate) network: WhatsAppNetwork,
    pub(crate) relay: PhoneInfo,
    pub(crate) dora: PhoneInfo,
    pub(crate) emil: PhoneInfo,
    pub(crate) folder: TempDir,
}

impl Rig {
    pub(crate) async fn start() -> Self {
        Self::start_with(NewPhone::named("relay")).await
    }

    /// With this phone as the relay's.
    pub(crate) async fn start_with(relay: NewPhone) -> Self {
        let sim = SimWhatsApp::start(Options::default()).await.unwrap();
        let phones = [relay, NewPhone::named("dora"), NewPhone::named("emil")];
        let [relay, dora, emil] = phones.map(|phone| sim.add_phone(phone).unwrap());
        let folder = tempfile::tempdir().unwrap();
        let mut settings = Settings::new(folder.path()).with_server(sim.ws_url());
        settings.version = Some((2, 3000, 1));
        settings.reconnect = Backoff {
            first: Duration::from_millis(100),
            longest: Duration::from_secs(1),
        };
        Self {
            sim,
            network: WhatsAppNetwork::new(settings),
            relay,
            dora,
            emil,
            folder,
        }
    }

    /// A group of all three.
    pub(crate) fn group(&self) -> ChatKey {
        self.group_by(Addressing::Lid)
    }

    /// A group of all three that names its members by these addresses.
    pub(crate) fn group_by(&self, addressing: Addressing) -> ChatKey {
        let members = vec![self.relay.number.clone(), self.emil.number.clone()];
        let group = NewGroup {
            creator: self.dora.number.clone(),
            subject: "Garden".into(),
            members,
        };
        chat(&self.sim.create_group_by(&group, addressing).unwrap().jid)
    }

    /// Links the relay's account, as its owner would.
    pub(crate) async fn link(&self, method: LoginMethod) -> Linked {
        let mut login = self.network.begin_login(method).await.unwrap();
        let phone = self.relay.number.as_str();
        loop {
            match within(login.next()).await {
                Step::Ask { .. } => login.answer(phone).await,
                Step::Show {
                    picture: Picture::Qr(text),
                    ..
                } => self.sim.scan_qr(phone, &text).unwrap(),
                Step::Show {
                    picture: Picture::Code(text),
                    ..
                } => self.sim.enter_code(phone, &text).unwrap(),
                Step::Wait { .. } => {}
                Step::Done(linked) => return linked,
                Step::Failed(reason) => panic!("the login failed: {reason}"),
            }
        }
    }

    /// A session on a linked account, running and online.
    pub(crate) async fn run(&self, linked: &Linked) -> Running {
        let running = self.run_unseen(linked).await;
        running.online().await;
        running
    }

    /// A session on a linked account, running, perhaps not online yet.
    pub(crate) async fn run_unseen(&self, linked: &Linked) -> Running {
        let session = self.network.open(&account(linked), Arc::new(NoVault)).await.unwrap();
        let (inbox, stop) = (Arc::new(Collected::default()), CancellationToken::new());
        let task = tokio::spawn({
            let (session, inbox, stop) = (session.clone(), inbox.clone(), stop.clone());
            async move { session.run(inbox, stop).await }
        });
        Running {
            session,
            inbox,
            stop,
            task,
        }
    }

    /// Links and runs.
    pub(crate) async fn running(&self) -> Running {
        let linked = self.link(LoginMethod::Qr).await;
        self.run(&linked).await
    }

    /// Waits until a phone shows these words, and returns that entry.
    pub(crate) async fn read_on(&self, phone: &PhoneInfo, words: &str) -> Shown {
        let wanted = |shown: &Shown| shown.text.as_deref() == Some(words);
        self.sim.wait_for(&phone.number, 0, PATIENCE, wanted).await.unwrap()
    }

    /// Waits until a phone shows words of this sender.
    pub(crate) async fn read_from(&self, phone: &PhoneInfo, sender: &PhoneInfo, words: &str) -> Shown {
        let wanted = |shown: &Shown| shown.sender.lid == sender.lid && shown.text.as_deref() == Some(words);
        self.sim.wait_for(&phone.number, 0, PATIENCE, wanted).await.unwrap()
    }

    /// How often a phone shows these words.
    pub(crate) fn times_on(&self, phone: &PhoneInfo, words: &str) -> usize {
        let shown = self.sim.shown(&phone.number, 0).unwrap();
        shown
            .iter()
            .filter(|shown| shown.text.as_deref() == Some(words))
            .count()
    }
}

/// A session at work.
pub(crate) struct Running {
    pub(crate) session: Arc<dyn Session>,
    pub(crate) inbox: Arc<Collected>,
    stop: CancellationToken,
    task: JoinHandle<SessionEnd>,
}

impl Running {
    pub(crate) async fn online(&self) {
        self.health(|health| *health == SessionHealth::Online).await;
    }

    pub(crate) async fn offline(&self) {
        self.health(|health| matches!(health, SessionHealth::Connecting { .. }))
            .await;
    }

    async fn health(&self, wanted: impl FnMut(&SessionHealth) -> bool) {
        let mut health = self.session.health();
        within(health.wait_for(wanted)).await.unwrap();
    }

    pub(crate) async fn stop(self) -> SessionEnd {
        self.stop.cancel();
        self.end().await
    }

    pub(crate) async fn end(self) -> SessionEnd {
        within(self.task).await.unwrap()
    }
}

/// An inbox that keeps what it gets, and refuses when told to.
#[derive(Default)]
pub(crate) struct Collected {
    messages: Mutex<Vec<Inbound>>,
    came: Notify,
    pub(crate) refuse: AtomicU32,
    pub(crate) refused: AtomicU32,
    pub(crate) changes: AtomicU32,
}

impl Collected {
    /// Waits for a message with these words.
    pub(crate) async fn read(&self, words: &str) -> Inbound {
        self.until(|message| body(message) == words).await
    }

    /// Waits for a message that fits.
    pub(crate) async fn until(&self, wanted: impl Fn(&Inbound) -> bool) -> Inbound {
        within(async {
            loop {
                let came = self.came.notified();
                if let Some(message) = self.messages.lock().unwrap().iter().find(|message| wanted(message)) {
                    return message.clone();
                }
                came.await;
            }
        })
        .await
    }

    /// The words of all messages so far, in order.
    pub(crate) fn words(&self) -> Vec<String> {
        self.messages.lock().unwrap().iter().map(body).collect()
    }
}

#[async_trait]
impl Inbox for Collected {
    async fn accept(&self, batch: &[Inbound]) -> Result<(), NotAccepted> {
        let refuse = self
            .refuse
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        if refuse.is_ok() {
            self.refused.fetch_add(1, Ordering::SeqCst);
            return Err(NotAccepted::Ledger("the disk is full".into()));
        }
        self.messages.lock().unwrap().extend_from_slice(batch);
        self.came.notify_waiters();
        Ok(())
    }

    async fn unreadable(&self, _login: LoginId, reason: Reason) -> Result<(), NotAccepted> {
        panic!("nothing unreadable was sent: {reason}");
    }

    fn chat_changed(&self, _login: LoginId, _chat: Option<&ChatKey>) {
        self.changes.fetch_add(1, Ordering::SeqCst);
    }
}

/// A vault without anything in it.
pub(crate) struct NoVault;

#[async_trait]
impl Vault for NoVault {
    async fn get(&self, _key: &str) -> Result<Option<Vec<u8>>, VaultError> {
        Ok(None)
    }

    async fn put(&self, _key: &str, _value: &[u8]) -> Result<(), VaultError> {
        Ok(())
    }
}

/// What a message says, or the kind that stands for it.
pub(crate) fn body(message: &Inbound) -> String {
    match &message.body {
        InboundBody::Message(Content::Text(text)) => text.body.clone(),
        InboundBody::Message(Content::Placeholder(placeholder)) => format!("<{:?}>", placeholder.kind),
        other => format!("{other:?}"),
    }
}

pub(crate) fn account(linked: &Linked) -> Account {
    Account {
        login: LoginId(1),
        network: NetworkKind::WhatsApp,
        key: linked.key.clone(),
        person: linked.person.clone(),
        name: linked.name.clone(),
        role: LoginRole::Relay,
    }
}

pub(crate) fn chat(id: &str) -> ChatKey {
    ChatKey::new(NetworkKind::WhatsApp, id)
}

/// A direct chat with the owner of a phone.
pub(crate) fn direct(phone: &PhoneInfo) -> ChatKey {
    chat(&format!("{}@lid", phone.lid))
}

pub(crate) fn say(chat: &ChatKey, words: &str) -> Action {
    say_text(chat, Text::plain(words))
}

pub(crate) fn say_text(chat: &ChatKey, text: Text) -> Action {
    Action {
        chat: chat.clone(),
        voice: Voice::Relay,
        at: UnixMillis(0),
        text,
    }
}

pub(crate) fn key(number: u8) -> SendKey {
    SendKey {
        delivery: DeliveryId(number.into()),
        part: 0,
        nonce: [number; 16],
    }
}

/// Fails the test if `future` takes longer than [`PATIENCE`].
pub(crate) async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.expect("it takes too long")
}

/// Waits for a condition that nothing announces.
pub(crate) async fn until(mut condition: impl FnMut() -> bool) {
    wait::until("a condition of the test", PATIENCE, || {
        std::future::ready(condition().then_some(()))
    })
    .await
    .unwrap();
}
