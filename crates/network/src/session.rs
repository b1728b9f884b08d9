//! A login at work.

use crate::inbox::Inbox;
use async_trait::async_trait;
use matrimony_domain::{Action, Capabilities, ChatKey, Name, PersonKey, Reason, RemoteId, SendKey, UnixMillis};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// A login that is open: it listens while [`run`](Session::run) runs and sends while it is connected.
#[async_trait]
pub trait Session: Send + Sync {
    /// What a chat can carry. A value; does not block.
    fn capabilities(&self, chat: &ChatKey) -> Capabilities;

    /// The id that the message of `key` will have in its chat, where we choose it. Pure: the same key gives the same
    /// id for ever. `None` where the network chooses, or where it dedupes by a key of ours without telling the id before.
    fn chosen_id(&self, key: &SendKey) -> Option<RemoteId>;

    /// Connects, hands inbound to `inbox` in order and reconnects with back-off until `stop` is cancelled or the login
    /// has ended. Called once. Returns within a few seconds of `stop`; nothing unacknowledged is lost by that.
    async fn run(&self, inbox: Arc<dyn Inbox>, stop: CancellationToken) -> SessionEnd;

    /// Does one action. Called after the attempt is recorded; may be called while not connected (answers `Later`).
    /// `Ok` is the network's own yes. Dropping the future leaves the attempt unanswered.
    async fn perform(&self, key: &SendKey, action: &Action) -> Result<Sent, SendError>;

    /// The chats that this login is in. Answers `Later` while not connected.
    async fn chats(&self) -> Result<Vec<ChatInfo>, SendError>;

    /// The members of one chat. `Refused` if the login is not in it, with a reason that names the cure.
    async fn members(&self, chat: &ChatKey) -> Result<Vec<MemberInfo>, SendError>;

    /// Makes a chat on the network. Networks that do not offer it refuse.
    async fn create_chat(&self, _new: &NewChat) -> Result<ChatKey, SendError> {
        Err(SendError::Refused(Reason::fixed(
            "this network does not make chats for us",
        )))
    }

    /// Writes down in the chat itself with which other chats it is united, where the network has a place for that
    /// (Matrix: `m.bridge` state). Replaces what was there.
    async fn announce(&self, _chat: &ChatKey, _bridged: &[BridgedChat]) -> Result<(), SendError> {
        Ok(())
    }

    /// How it is, to be watched.
    fn health(&self) -> watch::Receiver<SessionHealth>;
}

/// The network's yes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The id of the message in its chat.
    pub remote_id: RemoteId,
}

/// An action that was not confirmed. The four cases lead to four different next moves.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The network understood and said no; repeating will not help.
    #[error("refused: {0}")]
    Refused(Reason),
    /// Nothing was sent, or what was sent is deduped when it is repeated. Try again, not sooner than this.
    #[error("not now: {reason}")]
    Later {
        /// How long to wait at least.
        after: Duration,
        /// Why.
        reason: Reason,
    },
    /// The request left and no answer came: the copy may exist, and a repeat may make a second one.
    #[error("no answer: {0}")]
    Unsure(Reason),
    /// The login must be linked again by a person.
    #[error("the login is not linked any more")]
    Unlinked,
}

/// How a session's [`run`](Session::run) ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionEnd {
    /// It was told to stop.
    Stopped,
    /// A person must act; the login's deliveries are held.
    Unlinked(Unlinked),
    /// It cannot go on by itself (a child that will not start, state that cannot be read). The supervisor tries again with back-off.
    Failed(Reason),
}

/// Why a login is not ours any more, and so what the person must do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unlinked {
    /// The phone, or the network, removed our device: link again.
    LoggedOut,
    /// Another program took this device's place: stop it, then link again.
    Replaced,
    /// The network has banned the account, until then if it said so.
    Banned {
        /// When the ban ends.
        until: Option<UnixMillis>,
    },
    /// The network does not talk to this version of the client: update Matrimony.
    Outdated,
    /// The account is locked, or unknown to the network.
    Locked,
}

impl Unlinked {
    /// What happened and the cure, for people.
    pub fn reason(&self) -> Reason {
        match self {
            Self::LoggedOut => Reason::fixed("the phone or the network has unlinked this device; link it again"),
            Self::Replaced => {
                Reason::fixed("another program uses this device's keys; stop that program, then link again")
            }
            Self::Banned { until: None } => Reason::fixed("the network has banned this account; look at its phone"),
            Self::Banned { until: Some(at) } => Reason::computed(format!(
                "the network has banned this account until {at} (Unix milliseconds); look at its phone"
            )),
            Self::Outdated => Reason::fixed("the network refuses this version of the client; update matrimony"),
            Self::Locked => Reason::fixed("the account is locked or unknown; look at its phone"),
        }
    }
}

/// How a session is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionHealth {
    /// Not connected yet, or again.
    Connecting {
        /// What went wrong last, if something did.
        trouble: Option<Reason>,
    },
    /// Connected and caught up.
    Online,
    /// Over.
    Ended(SessionEnd),
}

/// A chat as a login sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatInfo {
    /// The chat.
    pub chat: ChatKey,
    /// Its name, if it has one.
    pub name: Option<Name>,
    /// How many members it has, if known.
    pub members: Option<usize>,
}

/// A chat to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewChat {
    /// Its name.
    pub name: Name,
    /// Who is invited, by their keys on this network.
    pub invite: Vec<PersonKey>,
}

/// Another chat of the same room, as a chat announces it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BridgedChat {
    /// The chat.
    pub chat: ChatKey,
    /// Its name on its own network.
    pub name: Option<Name>,
}

/// A member of a chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberInfo {
    /// The person.
    pub person: PersonKey,
    /// A second key of the same person.
    pub alias: Option<PersonKey>,
    /// Their name, if known.
    pub name: Option<Name>,
}
