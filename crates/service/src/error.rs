//! Why a front end did not get what it asked for; each text names the thing and the cure.

use matrimony_domain::{ChatKey, LoginId, NetworkKind, Reason, RoomId};
use matrimony_ledger::LedgerError;
use matrimony_network::LoginError;

/// The service did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Two connectors for one network were given.
    #[error("there are two connectors for {0}; configure one")]
    TwoConnectors(NetworkKind),
    /// The ledger could not do it.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// A login could not begin.
#[derive(Debug, thiserror::Error)]
pub enum BeginLoginError {
    /// The network has no connector.
    #[error("{0} is not configured; add it to the configuration, then start matrimony again")]
    NoConnector(NetworkKind),
    /// The network said so.
    #[error(transparent)]
    Network(#[from] LoginError),
    /// The service is stopping.
    #[error("matrimony is stopping; link the account once it is up again")]
    Stopping,
}

/// An account was not added.
#[derive(Debug, thiserror::Error)]
pub enum AddAccountError {
    /// The network has no connector.
    #[error("{0} is not configured; add it to the configuration, then start matrimony again")]
    NoConnector(NetworkKind),
    /// The ledger could not do it.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// The chats could not be listed.
#[derive(Debug, thiserror::Error)]
pub enum ChatsError {
    /// There is no login to ask.
    #[error("no account is linked{}; link one first", on(.0))]
    NoLogin(Option<NetworkKind>),
    /// None of the logins answered.
    #[error("login {login} ({network}) did not list its chats: {reason}")]
    Unanswered {
        /// The login.
        login: LoginId,
        /// Its network.
        network: NetworkKind,
        /// Why.
        reason: Reason,
    },
    /// The ledger could not do it.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

fn on(network: &Option<NetworkKind>) -> String {
    network.map(|kind| format!(" on {}", kind.label())).unwrap_or_default()
}

/// Chats were not united. No chat is attached, but for what [`Stopping`](UniteRefused::Stopping) says.
#[derive(Debug, thiserror::Error)]
pub enum UniteRefused {
    /// Fewer than two chats, the home counted.
    #[error("a room needs at least two chats, its Matrix room counted; name another chat")]
    TooFew,
    /// A chat was named twice.
    #[error("the {} chat {chat} is named twice; name it once", .chat.network.label())]
    Twice {
        /// The chat.
        chat: ChatKey,
    },
    /// There is no such login.
    #[error("there is no login {login}; `status` lists those there are")]
    NoSuchLogin {
        /// What was asked for.
        login: LoginId,
    },
    /// A chat of another network than its login.
    #[error("login {login} is on {network} and cannot speak in a {} chat; name a login of that network", .chat.network.label())]
    WrongNetwork {
        /// The login.
        login: LoginId,
        /// Its network.
        network: NetworkKind,
        /// The chat.
        chat: ChatKey,
    },
    /// The login cannot be asked now.
    #[error("login {login} ({network}) is not online: {reason}")]
    NotOnline {
        /// The login.
        login: LoginId,
        /// Its network.
        network: NetworkKind,
        /// How it is, and the cure.
        reason: Reason,
    },
    /// The login is not in the chat.
    #[error("login {login} is not in the {} chat {chat}; add its account to that chat first", .chat.network.label())]
    NotInChat {
        /// The login.
        login: LoginId,
        /// The chat.
        chat: ChatKey,
    },
    /// The chat hangs on a room.
    #[error("the {} chat {chat} is united in room {room} already; detach it there first with `matrimony detach`", .chat.network.label())]
    AlreadyUnited {
        /// The chat.
        chat: ChatKey,
        /// The room that has it.
        room: RoomId,
    },
    /// A Matrix room was asked for, and nobody can make or join it.
    #[error("no Matrix login is there to hold the room; configure the homeserver, or unite without a Matrix room")]
    NoMatrixLogin,
    /// The service is stopping. Where a stop had to abort the union, a part of the chats may be attached.
    #[error("matrimony is stopping; once it is up again, look at `matrimony rooms`, then unite the chats")]
    Stopping,
    /// The homeserver did not make the room.
    #[error("the Matrix room was not made: {0}")]
    Home(Reason),
    /// The ledger could not do it.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// A portal did not get another relay.
#[derive(Debug, thiserror::Error)]
pub enum RelayRefused {
    /// The chat hangs on no room.
    #[error("the {} chat {chat} is in no room; unite it first", .chat.network.label())]
    NotUnited {
        /// The chat.
        chat: ChatKey,
    },
    /// The login cannot speak there, for a reason for which it could not unite the chat either.
    #[error(transparent)]
    Login(UniteRefused),
    /// The ledger could not do it.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// A chat was not detached.
#[derive(Debug, thiserror::Error)]
pub enum DetachRefused {
    /// The chat hangs on no room.
    #[error("the {} chat {chat} is in no room; there is nothing to detach", .chat.network.label())]
    NotUnited {
        /// The chat.
        chat: ChatKey,
    },
    /// The ledger could not do it.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}
