//! A network that does what a test tells it.

use async_trait::async_trait;
use matrimony_domain::{
    Account, AccountKey, Action, Capabilities, ChatKey, LoginId, Marks, Name, NetworkKind, PersonKey, Reason, RemoteId,
    SendIds, SendKey,
};
use matrimony_network::{
    ChatInfo, Inbox, Linked, Login, LoginError, LoginMethod, MemberInfo, Network, NewChat, OpenError, SendError, Sent,
    Session, SessionEnd, SessionHealth, Step, Unlinked, Vault,
};
use std::collections::{HashMap, VecDeque};
use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

/// A network and the phones on it.
pub(crate) struct Fake {
    kind: NetworkKind,
    state: Mutex<State>,
    /// Ends the session in the way that was told.
    end: Notify,
    /// Lets one held message go.
    pub(crate) gate: Notify,
    health: watch::Sender<SessionHealth>,
    /// Counts whatever happens here, for tests that wait for it.
    happened: watch::Sender<u64>,
}

#[derive(Default)]
pub(crate) struct State {
    /// What the phones show, in order.
    pub(crate) shown: Vec<(ChatKey, String)>,
    /// What becomes of the next messages; after them all get through.
    pub(crate) fates: VecDeque<Fate>,
    /// Chats in which messages hang for ever.
    pub(crate) slow: Option<ChatKey>,
    /// Sessions that were opened.
    pub(crate) opened: usize,
    /// Attempts to send.
    pub(crate) attempts: usize,
    /// Inboxes of the sessions that run.
    pub(crate) inboxes: HashMap<LoginId, Arc<dyn Inbox>>,
    /// Chats that the login is in, with their members.
    pub(crate) chats: Vec<(ChatKey, Vec<PersonKey>)>,
    /// Chats that were made.
    pub(crate) made: usize,
    /// The next chat is not made.
    pub(crate) makes_no_chat: bool,
    /// What was announced last, by chat.
    pub(crate) announced: HashMap<ChatKey, usize>,
    /// The session does not end when it is told to.
    pub(crate) hangs: bool,
    /// How long a session that was told to end takes for it.
    pub(crate) goodbye: Duration,
    /// Sessions that were told to end.
    pub(crate) told_to_end: usize,
    /// Sessions that ended when they were told to.
    pub(crate) ended: usize,
    ending: Option<Ending>,
}

/// What becomes of a message.
pub(crate) enum Fate {
    /// It gets through, and the answer waits at the gate.
    Held,
    /// This answer.
    Error(SendError),
    /// The connector panics.
    Panic,
}

/// How a session ends.
#[derive(Clone)]
pub(crate) enum Ending {
    Panic,
    With(SessionEnd),
}

impl Fake {
    pub(crate) fn new(kind: NetworkKind) -> Arc<Self> {
        Arc::new(Self {
            kind,
            state: Mutex::default(),
            end: Notify::new(),
            gate: Notify::new(),
            health: watch::Sender::new(SessionHealth::Online),
            happened: watch::Sender::new(0),
        })
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics with it in hand")
    }

    /// The only session ends.
    pub(crate) fn end(&self, how: Ending) {
        self.state().ending = Some(how);
        self.end.notify_one();
    }

    pub(crate) fn set_health(&self, health: SessionHealth) {
        self.health.send_replace(health);
    }

    /// The texts that a chat shows.
    pub(crate) fn texts(&self, chat: &ChatKey) -> Vec<String> {
        let state = self.state();
        let here = state.shown.iter().filter(|(shown_in, _)| shown_in == chat);
        here.map(|(_, text)| text.clone()).collect()
    }

    /// Waits until something is so.
    pub(crate) async fn until(&self, so: impl Fn(&State) -> bool) {
        let mut happened = self.happened.subscribe();
        let waited = happened.wait_for(|_| so(&self.state()));
        let waited = tokio::time::timeout(crate::PATIENCE, waited).await;
        waited.expect("it happens in time").expect("the network is there");
    }

    fn happen(&self) {
        self.happened.send_modify(|n| *n += 1);
    }
}

/// The connector of a [`Fake`].
pub(crate) struct Connector(pub(crate) Arc<Fake>);

#[async_trait]
impl Network for Connector {
    fn kind(&self) -> NetworkKind {
        self.0.kind
    }

    fn login_methods(&self) -> &'static [LoginMethod] {
        &[LoginMethod::Qr]
    }

    async fn begin_login(&self, method: LoginMethod) -> Result<Box<dyn Login>, LoginError> {
        match method {
            LoginMethod::Qr => Ok(Box::new(Linking(self.0.kind))),
            LoginMethod::PairCode => Err(LoginError::NotOffered),
        }
    }

    async fn open(&self, account: &Account, _vault: Arc<dyn Vault>) -> Result<Arc<dyn Session>, OpenError> {
        self.0.state().opened += 1;
        self.0.happen();
        Ok(Arc::new(FakeSession {
            fake: self.0.clone(),
            login: account.login,
        }))
    }
}

/// Links the account `relay` at the first scan.
struct Linking(NetworkKind);

#[async_trait]
impl Login for Linking {
    async fn next(&mut self) -> Step {
        Step::Done(Linked {
            key: AccountKey::new("relay"),
            person: PersonKey::new(self.0, "relay"),
            name: Name::new("Relay"),
        })
    }

    async fn answer(&mut self, _text: &str) {}

    async fn cancel(&mut self) {}
}

struct FakeSession {
    fake: Arc<Fake>,
    login: LoginId,
}

impl FakeSession {
    async fn say_goodbye(&self) -> SessionEnd {
        self.fake.state().told_to_end += 1;
        self.fake.happen();
        let goodbye = self.fake.state().goodbye;
        tokio::time::sleep(goodbye).await;
        self.fake.state().ended += 1;
        SessionEnd::Stopped
    }
}

#[async_trait]
impl Session for FakeSession {
    fn capabilities(&self, _chat: &ChatKey) -> Capabilities {
        Capabilities {
            own_voice: self.fake.kind == NetworkKind::Matrix,
            text_bytes: 4_096,
            marks: Marks {
                bold: true,
                italic: true,
                strike: true,
                code: true,
                spoiler: true,
                quote: true,
                link: true,
            },
            send_ids: match self.fake.kind {
                NetworkKind::Signal => SendIds::Theirs,
                NetworkKind::Matrix | NetworkKind::WhatsApp => SendIds::Ours,
            },
        }
    }

    fn chosen_id(&self, key: &SendKey) -> Option<RemoteId> {
        (self.fake.kind == NetworkKind::WhatsApp).then(|| RemoteId::new(key.to_hex()))
    }

    async fn run(&self, inbox: Arc<dyn Inbox>, stop: CancellationToken) -> SessionEnd {
        self.fake.state().inboxes.insert(self.login, inbox);
        self.fake.happen();
        let hangs = self.fake.state().hangs;
        tokio::select! {
            () = stop.cancelled(), if !hangs => self.say_goodbye().await,
            () = self.fake.end.notified() => {
                let ending = self.fake.state().ending.take().expect("told before");
                match ending {
                    Ending::Panic => panic!("a connector's bug"),
                    Ending::With(end) => end,
                }
            }
        }
    }

    async fn perform(&self, key: &SendKey, action: &Action) -> Result<Sent, SendError> {
        let fate = {
            let mut state = self.fake.state();
            state.attempts += 1;
            state.fates.pop_front()
        };
        self.fake.happen();
        if self.fake.state().slow.as_ref() == Some(&action.chat) {
            return pending().await;
        }
        match fate {
            Some(Fate::Error(error)) => return Err(error),
            Some(Fate::Panic) => panic!("a connector's bug"),
            Some(Fate::Held) => self.fake.gate.notified().await,
            None => {}
        }
        let shown = (action.chat.clone(), action.text.body.clone());
        self.fake.state().shown.push(shown);
        self.fake.happen();
        let remote_id = self
            .chosen_id(key)
            .unwrap_or_else(|| RemoteId::new(format!("copy {}", key.to_hex())));
        Ok(Sent { remote_id })
    }

    async fn chats(&self) -> Result<Vec<ChatInfo>, SendError> {
        let info = |(chat, members): &(ChatKey, Vec<PersonKey>)| ChatInfo {
            chat: chat.clone(),
            name: Name::new("the choir"),
            members: Some(members.len()),
        };
        Ok(self.fake.state().chats.iter().map(info).collect())
    }

    async fn members(&self, chat: &ChatKey) -> Result<Vec<MemberInfo>, SendError> {
        let state = self.fake.state();
        let found = state.chats.iter().find(|(key, _)| key == chat);
        let (_, members) = found.ok_or(SendError::Refused(Reason::fixed("not in it")))?;
        let member = |person: &PersonKey| MemberInfo {
            person: person.clone(),
            alias: None,
            name: Name::new(&person.id),
        };
        Ok(members.iter().map(member).collect())
    }

    async fn create_chat(&self, new: &NewChat) -> Result<ChatKey, SendError> {
        let mut state = self.fake.state();
        if state.makes_no_chat {
            return Err(SendError::Refused(Reason::fixed("the homeserver is full")));
        }
        state.made += 1;
        let chat = ChatKey::new(self.fake.kind, format!("made {}", state.made));
        state.chats.push((chat.clone(), new.invite.clone()));
        Ok(chat)
    }

    async fn announce(&self, chat: &ChatKey, bridged: &[matrimony_network::BridgedChat]) -> Result<(), SendError> {
        self.fake.state().announced.insert(chat.clone(), bridged.len());
        Ok(())
    }

    fn health(&self) -> watch::Receiver<SessionHealth> {
        self.fake.health.subscribe()
    }
}

pub(crate) fn unlinked() -> Ending {
    Ending::With(SessionEnd::Unlinked(Unlinked::LoggedOut))
}
