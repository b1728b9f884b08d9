//! What a network told us, before the ledger has it.

use crate::clock::UnixMillis;
use crate::content::Content;
use crate::ids::{ChatKey, LoginId, PersonKey, RemoteId};
use crate::name::Name;
use crate::reason::Reason;

/// One event as one login saw it. The ledger makes one event of what two logins saw in one chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inbound {
    /// Where it happened.
    pub chat: ChatKey,
    /// The login that saw it.
    pub seen_by: LoginId,
    /// Who did it.
    pub sender: Sender,
    /// Its id, unique within the chat.
    pub remote_id: RemoteId,
    /// When it happened by the network's account; clamped by nobody, so do not order by it.
    pub at: UnixMillis,
    /// What happened.
    pub body: InboundBody,
}

/// Who did it, as far as the network says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    /// The key under which the person is known.
    pub person: PersonKey,
    /// A second key of the same person on the same network (WhatsApp: the phone number beside the LID).
    pub alias: Option<PersonKey>,
    /// The name that the network gave with this event; the ledger remembers the last one.
    pub name: Option<Name>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InboundBody {
    /// A message.
    Message(Content),
    /// Something that could not be understood. It is recorded and its deliveries are skipped with the reason, so that
    /// it never blocks what comes behind it.
    Unreadable(Reason),
}
