//! A login at work.

use crate::acks::Acks;
use crate::client::{self, BuildError};
use crate::events::Watcher;
use crate::late::Late;
use crate::names::Names;
use crate::receive::Receiver;
use crate::settings::{Backoff, Settings};
use crate::store::AccountStore;
use crate::{address, ids};
use async_trait::async_trait;
use matrimony_domain::{Account, Action, Capabilities, ChatKey, LoginId, PersonKey, RemoteId, SendIds, SendKey};
use matrimony_engine::translate::marks;
use matrimony_network::{ChatInfo, Inbox, MemberInfo, SendError, Sent, Session, SessionEnd, SessionHealth};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use whatsapp_rust::Client;
use whatsapp_rust::types::events::Subscription;

/// WhatsApp cuts a message at 65,536 characters; bytes are fewer characters, and marks and names come on top.
const TEXT_BYTES: usize = 60_000;

/// One linked account, over one client of the library. `connection` is its life, `send` and `directory` are what is
/// asked of it.
pub(crate) struct WhatsAppSession {
    pub(crate) login: LoginId,
    pub(crate) own: PersonKey,
    pub(crate) client: Arc<Client>,
    pub(crate) receiver: Arc<Receiver>,
    pub(crate) acks: Arc<Acks>,
    pub(crate) late: Arc<Late>,
    pub(crate) names: Arc<Names>,
    pub(crate) watcher: Arc<Watcher>,
    pub(crate) reconnect: Backoff,
    _events: Subscription,
}

impl WhatsAppSession {
    /// Opens the account in `store`; does not connect.
    pub(crate) async fn open(settings: &Settings, store: &AccountStore, account: &Account) -> Result<Self, BuildError> {
        let (acks, late, names) = (Arc::<Acks>::default(), Arc::<Late>::default(), Arc::<Names>::default());
        let own = account.person.clone();
        let receiver = Arc::new(Receiver::new(
            account.login,
            own.clone(),
            Arc::clone(&names),
            Arc::clone(&late),
        ));
        let client = client::build(settings, store, receiver.clone()).await?;
        let watcher = Arc::new(Watcher {
            acks: Arc::clone(&acks),
            late: Arc::clone(&late),
            receiver: Arc::clone(&receiver),
            clock: Arc::clone(&settings.clock),
            health: watch::Sender::new(SessionHealth::Connecting { trouble: None }),
            end: OnceLock::new(),
            reached: AtomicBool::new(false),
        });
        let events = client.subscribe_handler(watcher.clone());
        let (login, reconnect) = (account.login, settings.reconnect);
        Ok(Self {
            login,
            own,
            client,
            receiver,
            acks,
            late,
            names,
            watcher,
            reconnect,
            _events: events,
        })
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }
}

#[async_trait]
impl Session for WhatsAppSession {
    fn capabilities(&self, _chat: &ChatKey) -> Capabilities {
        Capabilities {
            own_voice: false,
            text_bytes: TEXT_BYTES,
            marks: marks::SHOWN,
            send_ids: SendIds::Ours,
        }
    }

    fn chosen_id(&self, key: &SendKey) -> Option<RemoteId> {
        Some(address::remote_id(&ids::message_id(key), &self.own))
    }

    async fn run(&self, inbox: Arc<dyn Inbox>, stop: CancellationToken) -> SessionEnd {
        self.receiver.attach(inbox);
        let end = self.live(&stop).await;
        self.watcher.health.send_replace(SessionHealth::Ended(end.clone()));
        end
    }

    async fn perform(&self, key: &SendKey, action: &Action) -> Result<Sent, SendError> {
        self.send(key, action).await
    }

    async fn chats(&self) -> Result<Vec<ChatInfo>, SendError> {
        self.groups().await
    }

    async fn members(&self, chat: &ChatKey) -> Result<Vec<MemberInfo>, SendError> {
        self.members_of(chat).await
    }

    fn health(&self) -> watch::Receiver<SessionHealth> {
        self.watcher.health.subscribe()
    }
}
