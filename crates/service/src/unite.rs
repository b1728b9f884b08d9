//! Several chats become one room.

use crate::chats::{ANSWER_WITHIN, chats_of, reason_of};
use crate::error::UniteRefused;
use crate::service::Service;
use crate::sync::person;
use crate::views::RoomView;
use matrimony_domain::{ChatKey, LoginId, LoginRole, Name, NetworkKind, PersonKey, Reason};
use matrimony_ledger::{LoginState, Person, Portal, Room, UniteError};
use matrimony_network::{NewChat, SendError};
use std::collections::HashSet;
use std::time::Duration;
use tracing::{info, warn};

/// How long the homeserver may take to make a room.
const MADE_WITHIN: Duration = Duration::from_secs(30);

/// What is to be united.
#[derive(Clone, Debug)]
pub struct UniteRequest {
    /// The room's name; else that of the first chat that has one.
    pub name: Option<Name>,
    /// The chats, each with the login that will speak there.
    pub chats: Vec<(LoginId, ChatKey)>,
    /// The Matrix room.
    pub home: HomeChat,
}

/// The Matrix room of a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HomeChat {
    /// One that is there and that the bot is in.
    Existing(ChatKey),
    /// One to be made.
    New {
        /// Who is invited.
        invite: Vec<PersonKey>,
    },
    /// None.
    None,
}

/// A chat that may be united: its login is in it and it hangs on no room.
struct Candidate {
    login: LoginId,
    chat: ChatKey,
    name: Option<Name>,
}

impl Service {
    /// Unites chats: makes the Matrix room if asked to, attaches every chat, learns who is in them and announces it.
    /// All chats or none, and to its end although the caller goes away. A process that dies in the middle leaves the
    /// chats that it had attached; they show as a room, and detaching them frees them. A Matrix room that was made
    /// before something failed stays, empty. Two callers at once follow one another, so that the second one is told
    /// which room has the chat.
    pub async fn unite(&self, request: UniteRequest) -> Result<RoomView, UniteRefused> {
        let service = self.clone();
        let work = async move { service.unite_to_the_end(request).await };
        let united = self.inner.supervisor.see_through("unite", work).await;
        united.unwrap_or(Err(UniteRefused::Stopping))
    }

    /// Not cancel-safe: chats are attached one by one. A stop ends what asks the networks.
    async fn unite_to_the_end(&self, request: UniteRequest) -> Result<RoomView, UniteRefused> {
        let stop = self.inner.supervisor.halt().stop.clone();
        let _one_at_a_time = self.inner.rooms.lock().await;
        let prepared = stop.run_until_cancelled(self.prepare(request)).await;
        let (name, candidates) = prepared.unwrap_or(Err(UniteRefused::Stopping))?;
        let room = self.attach(&name, &candidates).await?;
        let portals = self.inner.core.ledger.portals(room.id).await?;
        stop.run_until_cancelled(self.announce(&portals)).await;
        info!(room.id = %room.id, chats = candidates.len(), "united");
        Ok(self.room_view(room).await?)
    }

    /// The room's name and its chats, with the Matrix room made and the members known; no chat is attached yet.
    async fn prepare(&self, request: UniteRequest) -> Result<(Name, Vec<Candidate>), UniteRefused> {
        let mut candidates = self.candidates(&request).await?;
        let name = room_name(request.name, &candidates);
        for candidate in &candidates {
            self.learn_members(candidate).await?;
        }
        if let HomeChat::New { invite } = request.home {
            candidates.insert(0, self.make_home(&name, invite).await?);
        }
        Ok((name, candidates))
    }

    /// The chats of a request, each of them looked at; the home comes first.
    async fn candidates(&self, request: &UniteRequest) -> Result<Vec<Candidate>, UniteRefused> {
        let mut named = Vec::new();
        if let HomeChat::Existing(chat) = &request.home {
            named.push((self.matrix_login().await?, chat.clone()));
        }
        named.extend(request.chats.iter().cloned());
        let to_be_made = usize::from(matches!(request.home, HomeChat::New { .. }));
        if named.len() + to_be_made < 2 {
            return Err(UniteRefused::TooFew);
        }
        if to_be_made > 0 {
            self.matrix_login().await?;
        }
        let mut seen = HashSet::new();
        if let Some((_, chat)) = named.iter().find(|(_, chat)| !seen.insert(chat)) {
            return Err(UniteRefused::Twice { chat: chat.clone() });
        }
        for (_, chat) in &named {
            self.check_free(chat).await?;
        }
        let mut candidates = Vec::new();
        for (login, chat) in named {
            let name = self.check_membership(login, &chat).await?;
            candidates.push(Candidate { login, chat, name });
        }
        Ok(candidates)
    }

    async fn check_free(&self, chat: &ChatKey) -> Result<(), UniteRefused> {
        match self.inner.core.ledger.portal_of(chat).await? {
            None => Ok(()),
            Some(portal) => Err(UniteRefused::AlreadyUnited {
                chat: chat.clone(),
                room: portal.room,
            }),
        }
    }

    /// Refuses unless the login is online and in the chat; answers the chat's name.
    pub(crate) async fn check_membership(&self, login: LoginId, chat: &ChatKey) -> Result<Option<Name>, UniteRefused> {
        let record = self.inner.core.ledger.login(login).await?;
        let record = record.ok_or(UniteRefused::NoSuchLogin { login })?;
        let network = record.account.network;
        if network != chat.network {
            let chat = chat.clone();
            return Err(UniteRefused::WrongNetwork { login, network, chat });
        }
        let not_online = |reason| UniteRefused::NotOnline { login, network, reason };
        let open = self.inner.sessions.get(login);
        let open = open.ok_or_else(|| not_online(why_closed(&record.state)))?;
        let chats = chats_of(&open).await.map_err(not_online)?;
        self.inner.directory.learn(&chats);
        let info = chats.into_iter().find(|info| info.chat == *chat);
        let not_in_chat = || UniteRefused::NotInChat {
            login,
            chat: chat.clone(),
        };
        Ok(info.ok_or_else(not_in_chat)?.name)
    }

    /// The login that holds Matrix rooms.
    async fn matrix_login(&self) -> Result<LoginId, UniteRefused> {
        let logins = self.inner.core.ledger.logins().await?;
        let holds_rooms = |account: &matrimony_domain::Account| {
            account.network == NetworkKind::Matrix && account.role == LoginRole::Relay
        };
        let account = logins.into_iter().map(|login| login.account).find(holds_rooms);
        Ok(account.ok_or(UniteRefused::NoMatrixLogin)?.login)
    }

    /// Who is in the chat, so that the first message already has its author's name. Failing to learn it is no reason
    /// to refuse: names also come with messages.
    async fn learn_members(&self, candidate: &Candidate) -> Result<(), UniteRefused> {
        let login = self.inner.sessions.get(candidate.login);
        let Some(session) = login.and_then(|login| login.session()) else {
            return Ok(());
        };
        let members = tokio::time::timeout(ANSWER_WITHIN, session.members(&candidate.chat)).await;
        match members {
            Ok(Ok(members)) => {
                let core = &self.inner.core;
                let people: Vec<Person> = members.into_iter().map(person).collect();
                core.ledger.set_members(&candidate.chat, &people, core.now()).await?;
            }
            Ok(Err(SendError::Refused(reason))) => {
                warn!(login.id = %candidate.login, %reason, "the members are not known");
                let (login, chat) = (candidate.login, candidate.chat.clone());
                return Err(UniteRefused::NotInChat { login, chat });
            }
            Ok(Err(_)) | Err(_) => warn!(login.id = %candidate.login, "the members are not known yet"),
        }
        Ok(())
    }

    async fn make_home(&self, name: &Name, invite: Vec<PersonKey>) -> Result<Candidate, UniteRefused> {
        let login = self.matrix_login().await?;
        let not_online = |reason| UniteRefused::NotOnline {
            login,
            network: NetworkKind::Matrix,
            reason,
        };
        let open = self.inner.sessions.get(login);
        let open = open.ok_or_else(|| not_online(Reason::fixed("its session is not open; look at the log")))?;
        let session = open.online(ANSWER_WITHIN).await;
        let session = session.ok_or_else(|| not_online(open.trouble()))?;
        let new = NewChat {
            name: name.clone(),
            invite,
        };
        let late = |_| {
            UniteRefused::Home(Reason::fixed(
                "the homeserver did not answer in time; look whether it runs",
            ))
        };
        let made = tokio::time::timeout(MADE_WITHIN, session.create_chat(&new))
            .await
            .map_err(late)?;
        let chat = made.map_err(|error| UniteRefused::Home(reason_of(error)))?;
        let name = Some(name.clone());
        Ok(Candidate { login, chat, name })
    }

    /// Attaches all chats to a new room, or none.
    async fn attach(&self, name: &Name, candidates: &[Candidate]) -> Result<Room, UniteRefused> {
        let core = &self.inner.core;
        let room = core.ledger.create_room(name, core.now()).await?;
        let mut attached = Vec::new();
        for Candidate { login, chat, .. } in candidates {
            match core.ledger.unite(room.id, chat, *login, core.now()).await {
                Ok(portal) => attached.push(portal),
                Err(error) => {
                    self.take_back(attached).await;
                    return Err(refusal(error, chat));
                }
            }
        }
        Ok(room)
    }

    /// Detaches what was attached before something failed. A room without chats is shown to nobody.
    async fn take_back(&self, attached: Vec<Portal>) {
        let core = &self.inner.core;
        for portal in attached {
            if let Err(error) = core.ledger.detach(portal.id, core.now()).await {
                warn!(room.id = %portal.room, %error, "a chat of a room that was not made is still attached; detach it with `matrimony detach`");
            }
        }
    }
}

fn refusal(error: UniteError, chat: &ChatKey) -> UniteRefused {
    match error {
        UniteError::AlreadyUnited { room } => UniteRefused::AlreadyUnited {
            chat: chat.clone(),
            room,
        },
        UniteError::Ledger(error) => error.into(),
    }
}

fn why_closed(state: &LoginState) -> Reason {
    match state {
        LoginState::Linked => Reason::fixed("its session is not open; look at the log"),
        LoginState::Unlinked(reason) => reason.clone(),
    }
}

fn room_name(asked: Option<Name>, candidates: &[Candidate]) -> Name {
    let first = || candidates.iter().find_map(|candidate| candidate.name.clone());
    let name = asked.or_else(first).or_else(|| Name::new("United room"));
    name.expect("the last resort is readable")
}
