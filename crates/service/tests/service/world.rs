//! A service with three networks and a ledger of its own.

use crate::PATIENCE;
use crate::fake::{Connector, Fake};
use matrimony_domain::{
    AccountKey, ChatKey, Content, Inbound, InboundBody, LoginId, LoginRole, Name, NetworkKind, PersonKey, RemoteId,
    Sender, SystemClock, Text, UnixMillis,
};
use matrimony_ledger::{Counts, Ledger, NewLogin, WorkerId};
use matrimony_ledger_sqlite::{Durability, Options, SqliteLedger};
use matrimony_network::{Inbox, Network, NotAccepted};
use matrimony_service::{HomeChat, Parts, RoomView, Service, UniteRequest};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use tempfile::TempDir;
use tokio::time::timeout;

/// The bridge under test.
pub(crate) struct World {
    pub(crate) service: Service,
    pub(crate) ledger: Arc<SqliteLedger>,
    pub(crate) signal: Arc<Fake>,
    pub(crate) whatsapp: Arc<Fake>,
    pub(crate) matrix: Arc<Fake>,
    pub(crate) relays: Relays,
    messages: AtomicU64,
    _dir: TempDir,
}

#[derive(Clone, Copy)]
pub(crate) struct Relays {
    pub(crate) signal: LoginId,
    pub(crate) whatsapp: LoginId,
    pub(crate) matrix: LoginId,
}

impl World {
    /// Everything linked; each relay is in two chats.
    pub(crate) async fn start() -> Self {
        let dir = tempfile::tempdir().expect("a scratch folder");
        let options = Options {
            entropy: [1; 16],
            durability: Durability::Process,
        };
        let ledger = SqliteLedger::open(&dir.path().join("ledger.db"), options).await;
        let ledger = Arc::new(ledger.expect("a scratch ledger opens"));
        let kinds = [NetworkKind::Signal, NetworkKind::WhatsApp, NetworkKind::Matrix];
        let [signal, whatsapp, matrix] = kinds.map(Fake::new);
        for (fake, kind) in [&signal, &whatsapp, &matrix].into_iter().zip(kinds) {
            fake.state().chats = chats_on(kind);
        }
        let networks = [&signal, &whatsapp, &matrix].map(|fake| Arc::new(Connector(fake.clone())) as Arc<dyn Network>);
        let service = Service::start(Parts {
            ledger: ledger.clone() as Arc<dyn Ledger>,
            networks: networks.into(),
            clock: Arc::new(SystemClock),
            seed: 1,
            worker: WorkerId("test".to_owned()),
        });
        let service = service.await.expect("starts");
        let mut relays = Vec::new();
        for kind in kinds {
            let added = service.add_account(&relay(kind)).await.expect("added");
            relays.push(added.account.login);
        }
        for fake in [&signal, &whatsapp, &matrix] {
            fake.until(|state| state.inboxes.len() == 1).await;
        }
        let relays = Relays {
            signal: relays[0],
            whatsapp: relays[1],
            matrix: relays[2],
        };
        Self {
            service,
            ledger,
            signal,
            whatsapp,
            matrix,
            relays,
            messages: AtomicU64::new(0),
            _dir: dir,
        }
    }

    /// The first Signal and WhatsApp chats are one room.
    pub(crate) async fn unite(&self) -> RoomView {
        self.unite_pair("choir").await
    }

    /// The Signal and WhatsApp chats of this name are one room.
    pub(crate) async fn unite_pair(&self, name: &str) -> RoomView {
        let request = UniteRequest {
            name: None,
            chats: self.pair(name),
            home: HomeChat::None,
        };
        self.service.unite(request).await.expect("united")
    }

    pub(crate) fn pair(&self, name: &str) -> Vec<(LoginId, ChatKey)> {
        vec![
            (self.relays.signal, ChatKey::new(NetworkKind::Signal, name)),
            (self.relays.whatsapp, ChatKey::new(NetworkKind::WhatsApp, name)),
        ]
    }

    /// A person writes in a chat of this name, and their network hands it over.
    pub(crate) async fn say(
        &self,
        network: NetworkKind,
        chat: &str,
        person: &str,
        text: &str,
    ) -> Result<(), NotAccepted> {
        let number = self.messages.fetch_add(1, Relaxed);
        let inbound = Inbound {
            chat: ChatKey::new(network, chat),
            seen_by: self.relay_on(network),
            sender: Sender {
                person: PersonKey::new(network, person),
                alias: None,
                name: Name::new(person),
            },
            remote_id: RemoteId::new(format!("said {number}")),
            at: UnixMillis(1),
            body: InboundBody::Message(Content::Text(Text::plain(text))),
        };
        self.inbox(network).accept(&[inbound]).await
    }

    pub(crate) fn inbox(&self, network: NetworkKind) -> Arc<dyn Inbox> {
        let fake = self.fake(network);
        let state = fake.state();
        state.inboxes[&self.relay_on(network)].clone()
    }

    pub(crate) fn fake(&self, network: NetworkKind) -> &Arc<Fake> {
        match network {
            NetworkKind::Signal => &self.signal,
            NetworkKind::WhatsApp => &self.whatsapp,
            NetworkKind::Matrix => &self.matrix,
        }
    }

    fn relay_on(&self, network: NetworkKind) -> LoginId {
        match network {
            NetworkKind::Signal => self.relays.signal,
            NetworkKind::WhatsApp => self.relays.whatsapp,
            NetworkKind::Matrix => self.relays.matrix,
        }
    }

    /// Waits until the ledger's numbers are so.
    pub(crate) async fn until(&self, so: impl Fn(&Counts) -> bool) {
        let watch = async {
            while !so(&self.service.status().await.expect("status").counts) {
                tokio::task::yield_now().await;
            }
        };
        if timeout(PATIENCE, watch).await.is_err() {
            panic!("it does not happen in time: {:?}", self.service.status().await);
        }
    }
}

/// The chat that a network calls so.
pub(crate) fn chat(network: NetworkKind, name: &str) -> ChatKey {
    ChatKey::new(network, name)
}

fn chats_on(kind: NetworkKind) -> Vec<(ChatKey, Vec<PersonKey>)> {
    let member = match kind {
        NetworkKind::Signal => "alice",
        NetworkKind::WhatsApp => "dora",
        NetworkKind::Matrix => "nina",
    };
    let member = PersonKey::new(kind, member);
    ["choir", "garden"]
        .map(|name| (chat(kind, name), vec![member.clone()]))
        .into()
}

/// The account that the fakes' login flow links, too.
pub(crate) fn relay(kind: NetworkKind) -> NewLogin {
    NewLogin {
        network: kind,
        key: AccountKey::new("relay"),
        person: PersonKey::new(kind, "relay"),
        name: Name::new("Relay"),
        role: LoginRole::Relay,
    }
}
