//! What front ends are shown: plain values, without handles or locks.

use matrimony_domain::{ChatKey, LoginId, Name, NetworkKind, PortalId, RoomId, UnixMillis};

/// A chat that a login is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatListing {
    /// The login that is in it.
    pub login: LoginId,
    /// Its network.
    pub network: NetworkKind,
    /// The chat.
    pub chat: ChatKey,
    /// Its name, if it has one.
    pub name: Option<Name>,
    /// How many members it has, if known.
    pub members: Option<usize>,
    /// The room on which it hangs, if it does.
    pub room: Option<RoomId>,
}

/// A room and its chats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomView {
    /// Its id.
    pub id: RoomId,
    /// Its name.
    pub name: Name,
    /// When it was made.
    pub created: UnixMillis,
    /// Its chats, oldest first.
    pub portals: Vec<PortalView>,
}

/// A chat of a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortalView {
    /// The portal's id.
    pub id: PortalId,
    /// Its network.
    pub network: NetworkKind,
    /// The chat.
    pub chat: ChatKey,
    /// Its name, once its login has told it.
    pub name: Option<Name>,
    /// The login that speaks there.
    pub relay: LoginId,
}

/// A login that was just linked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkedLogin {
    /// The login. The same as before where this account was linked before.
    pub login: LoginId,
    /// Its network.
    pub network: NetworkKind,
    /// Its profile name.
    pub name: Option<Name>,
    /// The account was known before.
    pub relinked: bool,
}
