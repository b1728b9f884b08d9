//! A Synapse of our own and a session on it, which can be stopped and started apart.

use crate::PATIENCE;
use crate::memory::{Memory, Parrot};
use crate::person::Person;
use matrimony_domain::limits::STOP_WITHIN;
use matrimony_domain::{
    Account, Action, Author, ChatKey, DeliveryId, LoginId, LoginRole, Name, NetworkKind, PersonKey, SendKey,
    SystemClock, Text, UnixMillis, Voice,
};
use matrimony_matrix::{
    Appservice, Homeserver, ManagedSettings, ManagedSynapse, MatrixNetwork, Parts, Running, Settings, free_port,
};
use matrimony_network::{Network, NewChat, Session, SessionEnd, SessionHealth};
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

pub(crate) struct House {
    pub(crate) memory: Arc<Memory>,
    pub(crate) session: Arc<dyn Session>,
    synapse: Arc<ManagedSynapse>,
    running: Option<Running>,
    settings: Settings,
    tasks: Option<(CancellationToken, JoinHandle<SessionEnd>)>,
    _folder: TempDir,
}

/// The Python that has Synapse.
pub(crate) fn python() -> PathBuf {
    let python = std::env::var_os("MATRIMONY_SYNAPSE_PYTHON");
    python
        .expect("MATRIMONY_SYNAPSE_PYTHON names a Python with Synapse; `cargo xtask test` sets it")
        .into()
}

/// Settings of a managed Synapse in a folder.
pub(crate) fn managed(folder: &TempDir, python: PathBuf) -> ManagedSettings {
    ManagedSettings {
        folder: folder.path().join("synapse"),
        server_name: "mx.test".try_into().unwrap(),
        port: free_port().unwrap(),
        python: Some(python),
        entropy: [7; 32],
    }
}

impl House {
    /// Starts both and waits until they have met.
    pub(crate) async fn start() -> Self {
        let mut house = Self::build(|synapse| Homeserver::External(synapse.address().clone())).await;
        house.start_synapse().await;
        house.start_session().await;
        house
    }

    /// Starts a session that brings its Synapse along.
    pub(crate) async fn start_as_one() -> Self {
        let mut house = Self::build(|synapse| Homeserver::Managed(Arc::clone(synapse))).await;
        house.start_session().await;
        house
    }

    async fn build(homeserver: impl Fn(&Arc<ManagedSynapse>) -> Homeserver) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listen = ([127, 0, 0, 1], free_port().unwrap()).into();
        let (settings, appservice) = (managed(&folder, python()), Appservice::default());
        let synapse = ManagedSynapse::prepare(&settings, &appservice, listen, &|_| {})
            .await
            .unwrap();
        let synapse = Arc::new(synapse);
        let settings = Settings {
            homeserver: homeserver(&synapse),
            listen,
            appservice,
        };
        let memory = Arc::new(Memory::default());
        let session = open(&settings, &memory).await;
        Self {
            memory,
            session,
            synapse,
            settings,
            running: None,
            tasks: None,
            _folder: folder,
        }
    }

    /// Ends the session; Synapse goes on.
    pub(crate) async fn stop_session(&mut self) {
        let (stop, task) = self.tasks.take().unwrap();
        stop.cancel();
        let end = timeout(STOP_WITHIN, task).await.expect("it stops in time").unwrap();
        assert_eq!(end, SessionEnd::Stopped);
    }

    /// Begins a new session, as a new process would, and waits until it is online.
    pub(crate) async fn start_session(&mut self) {
        self.session = open(&self.settings, &self.memory).await;
        let (session, inbox, stop) = (
            Arc::clone(&self.session),
            Arc::clone(&self.memory),
            CancellationToken::new(),
        );
        let until = stop.clone();
        let task = tokio::spawn(async move { session.run(inbox, until).await });
        self.tasks = Some((stop, task));
        self.online().await;
    }

    pub(crate) async fn online(&self) {
        self.healthy(|health| *health == SessionHealth::Online).await;
    }

    pub(crate) async fn offline(&self) {
        self.healthy(|health| matches!(health, SessionHealth::Connecting { trouble: Some(_) }))
            .await;
    }

    async fn healthy(&self, expect: impl FnMut(&SessionHealth) -> bool) {
        let mut health = self.session.health();
        let reached = timeout(PATIENCE, health.wait_for(expect)).await;
        assert!(reached.is_ok(), "it is {:?}", *self.session.health().borrow());
    }

    pub(crate) async fn stop_synapse(&mut self) {
        self.running.take().unwrap().stop().await.unwrap();
    }

    pub(crate) async fn start_synapse(&mut self) {
        self.running = Some(self.synapse.start().await.unwrap());
    }

    /// Whether somebody can be made a user, which needs a Synapse that runs.
    pub(crate) async fn has_synapse(&self) -> bool {
        self.synapse
            .register_user("somebody", "a password of theirs", false)
            .await
            .is_ok()
    }

    /// A real user of the homeserver.
    pub(crate) async fn user(&self, name: &str) -> Person {
        self.synapse
            .register_user(name, "a password of theirs", false)
            .await
            .unwrap();
        Person::log_in(&self.synapse.address().url, name, "a password of theirs").await
    }

    /// A room that we made and the person is in.
    pub(crate) async fn room_with(&self, person: &Person) -> ChatKey {
        let new = NewChat {
            name: Name::new("Family").unwrap(),
            invite: vec![PersonKey::new(NetworkKind::Matrix, person.id())],
        };
        let room = self.session.create_chat(&new).await.unwrap();
        person.join(&room.id).await;
        room
    }
}

async fn open(settings: &Settings, memory: &Arc<Memory>) -> Arc<dyn Session> {
    let parts = Parts {
        spool: memory.clone(),
        clock: Arc::new(SystemClock),
        steward: Arc::new(Parrot),
    };
    let network = MatrixNetwork::new(settings.clone(), parts).unwrap();
    let (key, person, name) = network.bot();
    let account = Account {
        login: LoginId(1),
        network: NetworkKind::Matrix,
        key,
        person,
        name: Some(name),
        role: LoginRole::Relay,
    };
    network.open(&account, memory.clone()).await.unwrap()
}

/// The key of a delivery.
pub(crate) fn key(delivery: i64) -> SendKey {
    SendKey {
        delivery: DeliveryId(delivery),
        part: 0,
        nonce: u128::try_from(delivery).unwrap().to_be_bytes(),
    }
}

/// What a person of Signal says in a room.
pub(crate) fn says(room: &ChatKey, name: &str, text: Text) -> Action {
    let person = PersonKey::new(NetworkKind::Signal, format!("aci-of-{}", name.to_lowercase()));
    let name = Name::new(name).unwrap();
    Action {
        chat: room.clone(),
        voice: Voice::Author(Author { person, name }),
        at: UnixMillis(1_700_000_000_000),
        text,
    }
}

/// What they say where they are known by another name.
pub(crate) fn says_as(room: &ChatKey, name: &str, shown: &str) -> Action {
    let mut action = says(room, name, Text::plain("it is me"));
    if let Voice::Author(author) = &mut action.voice {
        author.name = Name::new(shown).unwrap();
    }
    action
}
