//! Three simulated networks: what their phones show, and what they hand to our logins.

use crate::model::{Chat, Fate, Login};
use crate::world::ROOMS;
use async_trait::async_trait;
use matrimony_domain::{
    Action, Capabilities, ChatKey, Content, Inbound, InboundBody, LoginId, Marks, Name, NetworkKind, PersonKey, Reason,
    RemoteId, SendIds, SendKey, Sender, Text, UnixMillis, Voice,
};
use matrimony_network::{ChatInfo, Inbox, MemberInfo, SendError, Sent, Session, SessionEnd, SessionHealth};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::future::pending;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

/// Longest message of every network here: long enough for a name and one word, so that several words are several parts.
const TEXT_BYTES: usize = 160;
/// Length of a word.
const WORD: usize = 100;
/// What a planned panic says, so that the panic hook keeps quiet about it.
pub(crate) const PLANNED_PANIC: &str = "planned: the connector panics";

/// A message as a phone shows it.
#[derive(Clone, Debug)]
pub(crate) struct Post {
    pub(crate) id: RemoteId,
    pub(crate) by: By,
    pub(crate) text: String,
}

/// Who posted it.
#[derive(Clone, Debug)]
pub(crate) enum By {
    /// A person, by their own hand.
    Person,
    /// We.
    Bridge { key: SendKey, voice: Voice },
}

/// What a person wrote.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) number: usize,
    pub(crate) room: usize,
    pub(crate) chat: Chat,
    pub(crate) words: usize,
    /// The keys under which the author is known.
    pub(crate) author: [PersonKey; 2],
    pub(crate) name: Name,
}

/// All that the networks know.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) shown: BTreeMap<(usize, Chat), Vec<Post>>,
    pub(crate) said: Vec<Said>,
    /// What each login has not acknowledged.
    pub(crate) queues: BTreeMap<Login, VecDeque<Inbound>>,
    /// Messages of which a network was told that they were received.
    pub(crate) acknowledged: BTreeSet<(ChatKey, RemoteId)>,
    /// Deliveries that a network has refused.
    pub(crate) refused: BTreeSet<(ChatKey, usize)>,
    pub(crate) unlinked: BTreeSet<Login>,
    fates: BTreeMap<Login, (usize, Fate)>,
    ids: u64,
}

/// The networks, and the way by which they reach the world that drives them.
#[derive(Default)]
pub(crate) struct Networks {
    state: Mutex<State>,
    /// Rung when a message was taken whose answer waits at the gate.
    pub(crate) taken: Notify,
    /// Lets the answer go.
    pub(crate) gate: Notify,
    gated: AtomicBool,
    /// Shows posts in a wrong order, to see that the checkers notice.
    disorder: bool,
}

impl Networks {
    pub(crate) fn new(disorder: bool) -> Self {
        Self {
            disorder,
            ..Self::default()
        }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics with it in hand")
    }

    /// Plans what becomes of a message of a login, after so many that get through; `None` for nothing special.
    pub(crate) fn plan(&self, login: Login, fate: Option<(usize, Fate)>) {
        let fates = &mut self.state().fates;
        match fate {
            Some(fate) => fates.insert(login, fate),
            None => fates.remove(&login),
        };
    }

    /// Holds back the next answers, until the gate is rung for each.
    pub(crate) fn hold_answers(&self, hold: bool) {
        self.gated.store(hold, Relaxed);
    }

    /// A person writes: their own network shows it and hands it to every login in the chat.
    pub(crate) fn say(&self, room: usize, chat: Chat, author: &Person, words: usize, at: UnixMillis) {
        let mut state = self.state();
        let number = state.said.len();
        let text: Vec<String> = (0..words).map(|word| spoken(number, word)).collect();
        let text = text.join(" ");
        state.said.push(Said {
            number,
            room,
            chat,
            words,
            author: [author.key.clone(), author.alias.clone()],
            name: author.name.clone(),
        });
        let id = state.show(room, chat, By::Person, text.clone(), self.disorder);
        for login in Login::ALL.into_iter().filter(|login| login.chat() == chat) {
            state.hand_to(login, inbound(room, chat, author, &id, &text, at));
        }
    }
}

impl State {
    fn show(&mut self, room: usize, chat: Chat, by: By, text: String, disorder: bool) -> RemoteId {
        self.ids += 1;
        let id = match &by {
            By::Bridge { key, .. } if chat == Chat::Ours => chosen(key),
            By::Bridge { .. } | By::Person => RemoteId::new(format!("{chat:?}-{}", self.ids)),
        };
        let posts = self.shown.entry((room, chat)).or_default();
        let place = if disorder && posts.len() % 3 == 2 {
            posts.len() - 1
        } else {
            posts.len()
        };
        posts.insert(
            place,
            Post {
                id: id.clone(),
                by,
                text,
            },
        );
        id
    }

    fn fate_of_next(&mut self, login: Login) -> Fate {
        match self.fates.get_mut(&login) {
            Some((0, fate)) => {
                let fate = *fate;
                self.fates.remove(&login);
                fate
            }
            Some((after, _)) => {
                *after -= 1;
                Fate::Yes
            }
            None => Fate::Yes,
        }
    }

    /// Networks keep nothing for a device that is not linked. Where a network has two keys for a person, the relay is
    /// told both, the second login the other one.
    fn hand_to(&mut self, login: Login, mut inbound: Inbound) {
        if login == Login::OursSecond {
            let other = inbound.sender.alias.take();
            inbound.sender.person = other.expect("everyone has two keys on this network");
        }
        if !self.unlinked.contains(&login) {
            self.queues.entry(login).or_default().push_back(inbound);
        }
    }

    pub(crate) fn unlink(&mut self, login: Login) {
        self.unlinked.insert(login);
        self.queues.remove(&login);
    }
}

/// Somebody, under both keys.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) key: PersonKey,
    pub(crate) alias: PersonKey,
    pub(crate) name: Name,
}

/// The people of a chat, then its relay.
pub(crate) fn people(chat: Chat) -> [Person; 3] {
    let names = match chat {
        Chat::Theirs => ["alice", "bob", "Relay"],
        Chat::Ours => ["dora", "emil", "Relay"],
        Chat::Home => ["nina", "alice", "Relay"],
    };
    names.map(|name| Person {
        key: PersonKey::new(kind(chat), format!("{name}@lid")),
        alias: PersonKey::new(kind(chat), format!("{name}@number")),
        name: Name::new(name).expect("readable"),
    })
}

/// The relay's place in [`people`].
pub(crate) const RELAY: usize = 2;

pub(crate) fn kind(chat: Chat) -> NetworkKind {
    match chat {
        Chat::Theirs => NetworkKind::Signal,
        Chat::Ours => NetworkKind::WhatsApp,
        Chat::Home => NetworkKind::Matrix,
    }
}

pub(crate) fn chat_key(room: usize, chat: Chat) -> ChatKey {
    ChatKey::new(kind(chat), format!("{chat:?}-{room}"))
}

/// The room and kind of a chat.
pub(crate) fn place(key: &ChatKey) -> (usize, Chat) {
    let chats = [Chat::Theirs, Chat::Ours, Chat::Home];
    let mut places = (0..ROOMS).flat_map(|room| chats.map(|chat| (room, chat)));
    places
        .find(|(room, chat)| chat_key(*room, *chat) == *key)
        .expect("a chat of this world")
}

/// A word that is found again wherever it was carried.
fn spoken(message: usize, word: usize) -> String {
    format!("{:x<WORD$}", tag(message, word))
}

pub(crate) fn tag(message: usize, word: usize) -> String {
    format!("m{message}w{word}q")
}

fn chosen(key: &SendKey) -> RemoteId {
    RemoteId::new(format!("chosen-{}", key.to_hex()))
}

/// What a login in the chat is told, but for who it is.
fn inbound(room: usize, chat: Chat, author: &Person, id: &RemoteId, text: &str, at: UnixMillis) -> Inbound {
    Inbound {
        chat: chat_key(room, chat),
        seen_by: LoginId(0),
        sender: Sender {
            person: author.key.clone(),
            alias: (chat == Chat::Ours).then(|| author.alias.clone()),
            name: Some(author.name.clone()),
        },
        remote_id: id.clone(),
        at,
        body: InboundBody::Message(Content::Text(Text::plain(text))),
    }
}

/// A session of one login.
pub(crate) struct SimSession {
    pub(crate) networks: Arc<Networks>,
    pub(crate) login: Login,
    pub(crate) crash: Arc<Notify>,
    pub(crate) health: watch::Sender<SessionHealth>,
}

impl SimSession {
    /// The network takes a message; one that it has is not shown again.
    fn take(&self, key: &SendKey, action: &Action) -> RemoteId {
        let (room, chat) = place(&action.chat);
        let mut state = self.networks.state();
        let dedupes = chat != Chat::Theirs;
        let has = |post: &&Post| matches!(&post.by, By::Bridge { key: k, .. } if k == key);
        let known = state.shown.get(&(room, chat)).and_then(|posts| posts.iter().find(has));
        if let (true, Some(post)) = (dedupes, known) {
            return post.id.clone();
        }
        let by = By::Bridge {
            key: *key,
            voice: action.voice.clone(),
        };
        let id = state.show(room, chat, by, action.text.body.clone(), self.networks.disorder);
        let relay = &people(chat)[RELAY];
        let seen = inbound(room, chat, relay, &id, &action.text.body, action.at);
        for other in Login::ALL {
            if other.chat() == chat && other != self.login {
                state.hand_to(other, seen.clone());
            }
        }
        id
    }

    fn unanswered(&self) -> SendError {
        match self.login.chat() {
            // A connector may say either where a repeat is safe.
            Chat::Ours => SendError::Later {
                after: Duration::ZERO,
                reason: Reason::fixed("no answer"),
            },
            Chat::Theirs | Chat::Home => SendError::Unsure(Reason::fixed("no answer")),
        }
    }

    fn refuse(&self, action: &Action) {
        let mut state = self.networks.state();
        let about = state
            .said
            .iter()
            .find(|said| mentions(&action.text.body, said))
            .map(|said| said.number);
        let about = about.expect("only what people said is sent");
        state.refused.insert((action.chat.clone(), about));
    }
}

/// Whether a text carries any word of a message.
pub(crate) fn mentions(text: &str, said: &Said) -> bool {
    (0..said.words).any(|word| text.contains(&tag(said.number, word)))
}

#[async_trait]
impl Session for SimSession {
    fn capabilities(&self, _chat: &ChatKey) -> Capabilities {
        let chat = self.login.chat();
        Capabilities {
            own_voice: chat == Chat::Home,
            text_bytes: TEXT_BYTES,
            marks: Marks {
                bold: true,
                italic: true,
                strike: true,
                code: true,
                spoiler: true,
                quote: true,
                link: true,
            },
            send_ids: if chat == Chat::Theirs {
                SendIds::Theirs
            } else {
                SendIds::Ours
            },
        }
    }

    fn chosen_id(&self, key: &SendKey) -> Option<RemoteId> {
        (self.login.chat() == Chat::Ours).then(|| chosen(key))
    }

    async fn run(&self, _inbox: Arc<dyn Inbox>, stop: CancellationToken) -> SessionEnd {
        stop.cancelled().await;
        SessionEnd::Stopped
    }

    async fn perform(&self, key: &SendKey, action: &Action) -> Result<Sent, SendError> {
        let planned = {
            let mut state = self.networks.state();
            if state.unlinked.contains(&self.login) {
                return Err(SendError::Unlinked);
            }
            state.fate_of_next(self.login)
        };
        match planned {
            Fate::Yes => {
                let remote_id = self.take(key, action);
                if self.networks.gated.load(Relaxed) {
                    self.networks.taken.notify_one();
                    self.networks.gate.notified().await;
                }
                Ok(Sent { remote_id })
            }
            Fate::RequestLost => Err(self.unanswered()),
            Fate::AnswerLost => {
                self.take(key, action);
                Err(self.unanswered())
            }
            Fate::Later => Err(SendError::Later {
                after: Duration::from_secs(1),
                reason: Reason::fixed("busy"),
            }),
            Fate::Refused => {
                self.refuse(action);
                Err(SendError::Refused(Reason::fixed("the network does not want it")))
            }
            Fate::Unlinked => {
                self.networks.state().unlink(self.login);
                Err(SendError::Unlinked)
            }
            Fate::Panic => panic!("{PLANNED_PANIC}"),
            Fate::CrashBefore => {
                self.crash.notify_one();
                pending().await
            }
            Fate::CrashAfter => {
                self.take(key, action);
                self.crash.notify_one();
                pending().await
            }
        }
    }

    async fn chats(&self) -> Result<Vec<ChatInfo>, SendError> {
        Ok(Vec::new())
    }

    async fn members(&self, _chat: &ChatKey) -> Result<Vec<MemberInfo>, SendError> {
        Ok(Vec::new())
    }

    fn health(&self) -> watch::Receiver<SessionHealth> {
        self.health.subscribe()
    }
}
