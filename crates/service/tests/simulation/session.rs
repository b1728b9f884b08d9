//! The sessions of the simulated networks.

use crate::model::{Chat, Fate, Login};
use crate::networks::{By, Networks, Post, RELAY, chosen, inbound, mentions, people, place};
use async_trait::async_trait;
use matrimony_domain::{Action, Capabilities, ChatKey, Marks, Reason, RemoteId, SendIds, SendKey};
use matrimony_network::{ChatInfo, Inbox, MemberInfo, SendError, Sent, Session, SessionEnd, SessionHealth};
use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

/// Longest message of every network here: long enough for a name and one word, so that several words are several parts.
const TEXT_BYTES: usize = 160;
/// What a planned panic says, so that the panic hook keeps quiet about it.
pub(crate) const PLANNED_PANIC: &str = "planned: the connector panics";

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
