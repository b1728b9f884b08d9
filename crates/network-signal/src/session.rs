//! One Signal account at work.

pub(crate) mod people;
mod receive;

use crate::answer::{self, NOT_A_MEMBER};
use crate::daemon::{Daemon, State};
use crate::encode;
use crate::keys::{Aci, Target};
use crate::limits::{NOT_CONNECTED, SEND_CALL, TEXT_BYTES};
use crate::wire::SendResult;
use async_trait::async_trait;
use matrimony_domain::{Account, Action, Capabilities, ChatKey, LoginId, Reason, RemoteId, SendIds, SendKey};
use matrimony_engine::translate::ranges;
use matrimony_network::{
    ChatInfo, Inbox, MemberInfo, OpenError, SendError, Sent, Session, SessionEnd, SessionHealth, Unlinked,
};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// A session of an account of the shared signal-cli.
pub(crate) struct SignalSession {
    daemon: Arc<Daemon>,
    login: LoginId,
    /// The number: how signal-cli names the account.
    account: String,
    own: Aci,
    health: watch::Sender<SessionHealth>,
    /// Sends to one chat do not overtake each other.
    turns: Mutex<HashMap<ChatKey, Arc<tokio::sync::Mutex<()>>>>,
}

impl SignalSession {
    pub(crate) fn open(daemon: Arc<Daemon>, account: &Account) -> Result<Self, OpenError> {
        let own = Aci::parse(&account.person.id)
            .ok_or_else(|| OpenError::Failed(Reason::fixed("the account has no Signal id; link it again")))?;
        Ok(Self {
            daemon,
            login: account.login,
            account: account.key.reveal().to_owned(),
            own,
            health: watch::Sender::new(SessionHealth::Connecting { trouble: None }),
            turns: Mutex::default(),
        })
    }

    /// Keeps the health up to date until signal-cli does not have the account any more.
    async fn until_unlinked(&self) {
        let mut state = self.daemon.state();
        loop {
            let health = match &*state.borrow_and_update() {
                State::Idle => SessionHealth::Connecting { trouble: None },
                State::Starting { trouble } => SessionHealth::Connecting {
                    trouble: trouble.clone(),
                },
                State::Ready { accounts } if !accounts.contains(&self.account) => return,
                State::Ready { .. } => SessionHealth::Online,
            };
            self.health.send_if_modified(|now| {
                let changed = *now != health;
                *now = health;
                changed
            });
            if state.changed().await.is_err() {
                return;
            }
        }
    }

    fn target(chat: &ChatKey) -> Result<Target, SendError> {
        Target::of(chat).ok_or_else(|| {
            SendError::Refused(Reason::fixed(
                "this is not a Signal chat; pick one of the chats that signal lists",
            ))
        })
    }

    fn turn(&self, chat: &ChatKey) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        turns.retain(|_, turn| Arc::strong_count(turn) > 1);
        Arc::clone(turns.entry(chat.clone()).or_default())
    }

    /// Reads are answered while signal-cli has the account.
    fn ready(&self) -> Result<(), SendError> {
        let state = self.daemon.state();
        let state = state.borrow();
        match &*state {
            State::Ready { accounts } if accounts.contains(&self.account) => Ok(()),
            State::Ready { .. } => Err(SendError::Unlinked),
            State::Starting { trouble } => Err(not_now(trouble.clone())),
            State::Idle => Err(not_now(None)),
        }
    }

    async fn serve(&self, inbox: Arc<dyn Inbox>, stop: &CancellationToken) -> SessionEnd {
        let spool = match self.daemon.spool() {
            Ok(spool) => spool,
            Err(error) => {
                return SessionEnd::Failed(Reason::computed(format!(
                    "the state folder of the signal connector cannot be used ({}); make it writable",
                    error.kind()
                )));
            }
        };
        let mut receiver = receive::Receiver::new(self, Arc::clone(&spool), inbox);
        tokio::select! {
            () = stop.cancelled() => SessionEnd::Stopped,
            end = receiver.run() => end,
            () = self.until_unlinked() => {
                // What came before the end still counts.
                tokio::select! {
                    () = stop.cancelled() => return SessionEnd::Stopped,
                    () = receiver.drain() => {}
                }
                if let Err(error) = spool.forget(self.login) {
                    tracing::warn!(error = %error.kind(), "cannot remove the cursor of an unlinked login");
                }
                SessionEnd::Unlinked(Unlinked::LoggedOut)
            }
        }
    }
}

fn not_now(trouble: Option<Reason>) -> SendError {
    SendError::Later {
        after: NOT_CONNECTED,
        reason: trouble.unwrap_or(Reason::fixed("signal-cli is being started")),
    }
}

#[async_trait]
impl Session for SignalSession {
    fn capabilities(&self, _chat: &ChatKey) -> Capabilities {
        Capabilities {
            own_voice: false,
            text_bytes: TEXT_BYTES,
            marks: ranges::SHOWN,
            send_ids: SendIds::Theirs,
        }
    }

    fn chosen_id(&self, _key: &SendKey) -> Option<RemoteId> {
        None
    }

    async fn run(&self, inbox: Arc<dyn Inbox>, stop: CancellationToken) -> SessionEnd {
        let lease = self.daemon.lease();
        let end = self.serve(inbox, &stop).await;
        lease.end().await;
        self.health.send_replace(SessionHealth::Ended(end.clone()));
        end
    }

    async fn perform(&self, _key: &SendKey, action: &Action) -> Result<Sent, SendError> {
        let target = Self::target(&action.chat)?;
        self.ready()?;
        let turn = self.turn(&action.chat);
        let _turn = turn.lock().await;
        let params = encode::send(&self.account, &target, &action.text);
        let answer = self.daemon.rpc().call::<SendResult>("send", params, SEND_CALL).await;
        if answer.is_err() {
            self.daemon.doubt_accounts();
        }
        let outcome = answer::of_send(answer, &self.own);
        let not_a_member = outcome == Err(SendError::Refused(NOT_A_MEMBER));
        if not_a_member && self.is_member_after_all(&target).await {
            let early = Reason::fixed("signal-cli does not know the members of the group yet");
            return Err(not_now(Some(early)));
        }
        outcome
    }

    async fn chats(&self) -> Result<Vec<ChatInfo>, SendError> {
        self.ready()?;
        self.list_chats().await
    }

    async fn members(&self, chat: &ChatKey) -> Result<Vec<MemberInfo>, SendError> {
        let target = Self::target(chat)?;
        self.ready()?;
        self.list_members(&target).await
    }

    fn health(&self) -> watch::Receiver<SessionHealth> {
        self.health.subscribe()
    }
}
