//! Three simulated networks: what their phones show, and what they hand to our logins.

use crate::model::{Chat, Fate, Login};
use crate::world::ROOMS;
use matrimony_domain::{
    ChatKey, Content, Inbound, InboundBody, LoginId, Name, NetworkKind, PersonKey, RemoteId, SendKey, Sender, Text,
    UnixMillis, Voice,
};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard};
use tokio::sync::Notify;

/// Length of a word.
const WORD: usize = 100;

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
    pub(crate) gated: AtomicBool,
    /// Shows posts in a wrong order, to see that the checkers notice.
    pub(crate) disorder: bool,
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
    pub(crate) fn show(&mut self, room: usize, chat: Chat, by: By, text: String, disorder: bool) -> RemoteId {
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

    pub(crate) fn fate_of_next(&mut self, login: Login) -> Fate {
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
    pub(crate) fn hand_to(&mut self, login: Login, mut inbound: Inbound) {
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

pub(crate) fn chosen(key: &SendKey) -> RemoteId {
    RemoteId::new(format!("chosen-{}", key.to_hex()))
}

/// What a login in the chat is told, but for who it is.
pub(crate) fn inbound(room: usize, chat: Chat, author: &Person, id: &RemoteId, text: &str, at: UnixMillis) -> Inbound {
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

/// Whether a text carries any word of a message.
pub(crate) fn mentions(text: &str, said: &Said) -> bool {
    (0..said.words).any(|word| text.contains(&tag(said.number, word)))
}
