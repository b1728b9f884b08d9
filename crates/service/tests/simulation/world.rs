//! One bridge between simulated networks: the real ledger, inbox and outbox on a clock that stands.

use crate::faulty::{FaultyLedger, PartsWatch, Sabotage};
use crate::model::{Chat, Login};
use crate::networks::{Networks, RELAY, chat_key, kind, people};
use crate::session::SimSession;
use matrimony_domain::{AccountKey, Clock, LoginId, LoginRole, ManualClock, Name, PersonKey, Reason, UnixMillis};
use matrimony_ledger::{LoginState, Logins, NewLogin, People, Person, Rooms, WorkerId};
use matrimony_ledger_sqlite::{Durability, Options, SqliteLedger};
use matrimony_network::SessionHealth;
use matrimony_service::{Core, LedgerInbox, Outbox};
use std::collections::BTreeMap;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

/// Rooms of the world.
pub(crate) const ROOMS: usize = 2;

/// The bridge and all that it talks to.
pub(crate) struct World {
    pub(crate) networks: Arc<Networks>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) ids: BTreeMap<Login, LoginId>,
    pub(crate) process: Process,
    pub(crate) watch: Arc<PartsWatch>,
    dir: TempDir,
    sqlite: Arc<SqliteLedger>,
    sabotage: Option<Sabotage>,
    runs: u64,
    seed: u64,
}

/// What dies in a crash.
pub(crate) struct Process {
    pub(crate) ledger: Arc<FaultyLedger>,
    pub(crate) crash: Arc<Notify>,
    core: Arc<Core>,
    drivers: BTreeMap<Login, Arc<Driver>>,
}

/// A login's session at work.
pub(crate) struct Driver {
    pub(crate) inbox: LedgerInbox,
    pub(crate) outbox: Outbox,
}

impl World {
    /// A world in which every login is linked and every room united.
    pub(crate) async fn new(seed: u64, sabotage: Option<Sabotage>, disorder: bool) -> Self {
        let dir = tempfile::tempdir().expect("a scratch folder");
        let sqlite = open(&dir).await;
        let clock = Arc::new(ManualClock::at(UnixMillis(1_000_000_000_000)));
        let ids = furnish(sqlite.as_ref()).await;
        let networks = Arc::new(Networks::new(disorder));
        let watch = Arc::<PartsWatch>::default();
        let mut world = Self {
            process: Process::start(sqlite.clone(), &clock, (0, seed), sabotage, &watch).await,
            networks,
            clock,
            ids,
            watch,
            dir,
            sqlite,
            sabotage,
            runs: 1,
            seed,
        };
        world.open_sessions();
        world
    }

    /// The session of a login, unless it is unlinked.
    pub(crate) fn driver(&self, login: Login) -> Option<Arc<Driver>> {
        self.process.drivers.get(&login).cloned()
    }

    /// The process dies: memory is gone, the ledger's file stays. Then it starts again.
    pub(crate) async fn crash(&mut self) {
        self.process.drivers.clear();
        self.sqlite.close().await;
        self.sqlite = open(&self.dir).await;
        let (sqlite, run) = (self.sqlite.clone(), self.runs);
        self.process = Process::start(sqlite, &self.clock, (run, self.seed), self.sabotage, &self.watch).await;
        self.runs += 1;
        self.open_sessions();
    }

    /// What a session does when its login was unlinked, by whichever way it learnt of it.
    pub(crate) async fn end_session(&mut self, login: Login) {
        self.process.drivers.remove(&login);
        let state = LoginState::Unlinked(Reason::fixed("its phone unlinked it"));
        let (ledger, now) = (&self.sqlite, self.now());
        ledger
            .set_login_state(self.ids[&login], &state, now)
            .await
            .expect("no fault is planned");
    }

    /// A person links the login again.
    pub(crate) async fn relink(&mut self, login: Login) {
        self.networks.state().unlinked.remove(&login);
        let now = self.now();
        let record = self
            .sqlite
            .add_login(&account(login), now)
            .await
            .expect("no fault is planned");
        assert_eq!(
            record.account.login, self.ids[&login],
            "the same account is the same login"
        );
        self.open_session(login);
    }

    /// The ledger without faults.
    pub(crate) fn ledger(&self) -> &SqliteLedger {
        &self.sqlite
    }

    pub(crate) fn now(&self) -> UnixMillis {
        self.clock.now()
    }

    fn open_sessions(&mut self) {
        for login in Login::ALL {
            if !self.networks.state().unlinked.contains(&login) {
                self.open_session(login);
            }
        }
    }

    fn open_session(&mut self, login: Login) {
        let session = Arc::new(SimSession {
            networks: self.networks.clone(),
            login,
            crash: self.process.crash.clone(),
            health: watch::Sender::new(SessionHealth::Online),
        });
        let (core, id) = (&self.process.core, self.ids[&login]);
        let driver = Driver {
            inbox: LedgerInbox::new(core.clone(), id, CancellationToken::new()),
            outbox: Outbox::new(core.clone(), id, session),
        };
        self.process.drivers.insert(login, Arc::new(driver));
    }
}

impl Process {
    async fn start(
        sqlite: Arc<SqliteLedger>,
        clock: &Arc<ManualClock>,
        (run, seed): (u64, u64),
        sabotage: Option<Sabotage>,
        watch: &Arc<PartsWatch>,
    ) -> Self {
        let crash = Arc::new(Notify::new());
        let ledger = Arc::new(FaultyLedger::new(sqlite, crash.clone(), sabotage, watch.clone()));
        let worker = WorkerId(format!("run {run}"));
        let core = Core::new(ledger.clone(), clock.clone(), worker, seed ^ run);
        core.take_over().await.expect("no fault is planned");
        Self {
            ledger,
            crash,
            core,
            drivers: BTreeMap::new(),
        }
    }
}

async fn open(dir: &TempDir) -> Arc<SqliteLedger> {
    let options = Options {
        entropy: [7; 16],
        durability: Durability::Process,
    };
    let ledger = SqliteLedger::open(&dir.path().join("ledger.db"), options).await;
    Arc::new(ledger.expect("a scratch ledger opens"))
}

/// Logins, rooms and portals.
async fn furnish(ledger: &SqliteLedger) -> BTreeMap<Login, LoginId> {
    let now = UnixMillis(0);
    let mut ids = BTreeMap::new();
    for login in Login::ALL {
        let record = ledger.add_login(&account(login), now).await.expect("added");
        ids.insert(login, record.account.login);
    }
    for chat in [Chat::Theirs, Chat::Ours, Chat::Home] {
        let relay = people(chat)[RELAY].clone();
        let relay = Person {
            key: relay.key,
            alias: Some(relay.alias),
            name: Some(relay.name),
        };
        ledger.know_people(&[relay], now).await.expect("known");
    }
    for number in 0..ROOMS {
        let name = Name::new("the choir").expect("readable");
        let room = ledger.create_room(&name, now).await.expect("made");
        for login in Login::RELAYS {
            let chat = chat_key(number, login.chat());
            ledger.unite(room.id, &chat, ids[&login], now).await.expect("united");
        }
    }
    ids
}

fn account(login: Login) -> NewLogin {
    let relay = people(login.chat())[RELAY].clone();
    let person = if login.is_relay() {
        relay.key
    } else {
        PersonKey::new(kind(login.chat()), "second@lid")
    };
    NewLogin {
        network: kind(login.chat()),
        key: AccountKey::new(format!("{login:?}")),
        person,
        name: Name::new("Relay"),
        role: LoginRole::Relay,
    }
}
