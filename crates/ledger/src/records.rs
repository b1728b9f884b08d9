//! What the verbs take and give.

use matrimony_domain::{
    Account, AccountKey, ChatKey, Content, DeliveryId, EventId, LoginId, LoginRole, Name, NetworkKind, PersonKey,
    PortalId, Reason, RemoteId, RoomId, SendIds, SendKey, Seq, UnixMillis,
};

/// One conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    /// Its id.
    pub id: RoomId,
    /// Its name.
    pub name: Name,
    /// When it was made.
    pub created: UnixMillis,
}

/// The attachment of a chat to a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Portal {
    /// Its id; stays when the portal moves.
    pub id: PortalId,
    /// The room that it hangs on.
    pub room: RoomId,
    /// The chat.
    pub chat: ChatKey,
    /// The login that speaks there.
    pub relay: LoginId,
}

/// A login to be added.
#[derive(Clone, Debug)]
pub struct NewLogin {
    /// Its network.
    pub network: NetworkKind,
    /// How the connector finds it; unique per network.
    pub key: AccountKey,
    /// Whom it is.
    pub person: PersonKey,
    /// Its profile name.
    pub name: Option<Name>,
    /// For whom it speaks.
    pub role: LoginRole,
}

/// A login and how it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginRecord {
    /// The account.
    pub account: Account,
    /// Whether it can speak.
    pub state: LoginState,
    /// Since when.
    pub since: UnixMillis,
}

/// Whether a login can speak.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoginState {
    /// It can; its deliveries flow.
    Linked,
    /// A person must link it again. Its deliveries are held, and flow again in order once it is linked.
    Unlinked(Reason),
}

/// Someone on a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The key under which they are known.
    pub key: PersonKey,
    /// A second key of the same person on the same network.
    pub alias: Option<PersonKey>,
    /// The last name that the network told.
    pub name: Option<Name>,
}

/// What became of an inbound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// It is an event now, and on disk.
    New {
        /// The event.
        event: EventId,
        /// Its place in its room.
        seq: Seq,
        /// Logins that now have a delivery due: whom to wake.
        wake: Vec<LoginId>,
    },
    /// The ledger has it already: the same message seen again, or by another login.
    Duplicate(EventId),
    /// It is a copy that we made, coming back.
    Echo(EventId),
    /// It was recorded in the audit and made no event: its chat hangs on no room.
    NoPortal,
}

/// An accepted event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRecord {
    /// Its id.
    pub id: EventId,
    /// The room where it happened.
    pub room: RoomId,
    /// Its place there.
    pub seq: Seq,
    /// The chat where it happened.
    pub chat: ChatKey,
    /// Who did it.
    pub sender: PersonKey,
    /// Its id in that chat.
    pub remote_id: RemoteId,
    /// When, by the network's account.
    pub at: UnixMillis,
    /// What; `None` once retention has dropped it or where it could not be understood.
    pub content: Option<Content>,
}

/// A worker process; claims and leases name it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct WorkerId(pub String);

/// For whom and how long a claim is made.
#[derive(Clone, Debug)]
pub struct Lease {
    /// Who claims.
    pub worker: WorkerId,
    /// When the claim ends by itself.
    pub until: UnixMillis,
}

/// The right to settle one delivery. Void once the delivery was settled or claimed again. It
/// [begins](crate::Deliveries::begin) nothing after its lease has ended, but the answer to what had begun is taken until
/// somebody else holds the delivery, because the network's word beats a guess.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ClaimToken {
    /// The delivery.
    pub delivery: DeliveryId,
    /// Counts the claims of this delivery; an older one can no longer settle.
    pub fence: i64,
}

/// A delivery in hand.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The right to settle it.
    pub token: ClaimToken,
    /// The event to be delivered.
    pub event: EventRecord,
    /// Where to.
    pub portal: Portal,
    /// The key of part 0; the other parts differ in `part` only.
    pub key: SendKey,
    /// How often it was tried before.
    pub attempts: u32,
    /// When it is given up: [`DELIVERY_HORIZON`](matrimony_domain::limits::DELIVERY_HORIZON) after the first attempt, or
    /// after the first since the login was linked again. Past it the delivery is refused.
    pub horizon: UnixMillis,
    /// Parts that an earlier attempt has sent: they are not sent again.
    pub sent: Vec<Copy>,
    /// The last attempt went unanswered and nobody saw its copy: this attempt may make a second one. It is counted.
    pub repeats_unsure: bool,
}

/// What will leave, recorded before it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// Which part of the delivery.
    pub part: u16,
    /// Its id in the chat, where we choose it; from now on an inbound with this id is an echo.
    pub remote_id: Option<RemoteId>,
    /// Whether a repeat makes no second message ([`SendIds::Ours`], also where the network dedupes by a key of ours
    /// without telling the id before). An attempt of such parts alone, cut off by a crash, is due again; any other is
    /// unsure.
    pub send_ids: SendIds,
    /// Digest of chat and text, by which another login's sighting of this copy is recognised where the network
    /// chooses the id.
    pub fingerprint: [u8; 16],
}

/// A copy in a chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    /// Which part of the delivery it is; 0 for the original.
    pub part: u16,
    /// Its id in the chat.
    pub remote_id: RemoteId,
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The network said yes to all parts (those in [`Claim::sent`] included or not: they are known).
    Delivered(Vec<Copy>),
    /// The network said no; repeating will not help. What is missing stays missing.
    Refused {
        /// Why.
        reason: Reason,
        /// Parts that did get through before.
        sent: Vec<Copy>,
    },
    /// There was nothing to send.
    Skipped(Reason),
    /// Not now. Due again at `at`, or refused if that is past the horizon. The parts in `sent` stay sent.
    Later {
        /// When to try again.
        at: UnixMillis,
        /// Why.
        reason: Reason,
        /// Parts that did get through.
        sent: Vec<Copy>,
    },
    /// The request left and no answer came. Waits until `until` for another login to see the copy, then is due again
    /// with [`Claim::repeats_unsure`].
    Unsure {
        /// How long to wait.
        until: UnixMillis,
        /// Why.
        reason: Reason,
        /// Parts that did get through.
        sent: Vec<Copy>,
    },
    /// Nothing was tried: the claim is handed back as it was.
    Released,
}

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DeliveryState {
    /// To be done, not before its due time.
    Due,
    /// In a worker's hands until its lease ends.
    Claimed,
    /// An attempt went unanswered.
    Unsure,
    /// Waits for its login to be linked again.
    Held,
    /// Settled: the copy exists.
    Delivered,
    /// Settled: the network, or the horizon, said no.
    Refused,
    /// Settled: there was nothing to send.
    Skipped,
}

/// A delivery as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryBrief {
    /// Its id.
    pub id: DeliveryId,
    /// Its event.
    pub event: EventId,
    /// Place of the event in its room.
    pub seq: Seq,
    /// Where to.
    pub portal: PortalId,
    /// Where it stands.
    pub state: DeliveryState,
    /// Attempts so far.
    pub attempts: u32,
    /// The last reason given.
    pub reason: Option<Reason>,
    /// When it is due.
    pub due: UnixMillis,
}

/// The ledger in numbers; the source of metrics and of `status`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Events accepted.
    pub events: u64,
    /// Deliveries by state.
    pub due: u64,
    /// See [`DeliveryState::Claimed`].
    pub claimed: u64,
    /// See [`DeliveryState::Unsure`].
    pub unsure: u64,
    /// See [`DeliveryState::Held`].
    pub held: u64,
    /// See [`DeliveryState::Delivered`].
    pub delivered: u64,
    /// See [`DeliveryState::Refused`].
    pub refused: u64,
    /// See [`DeliveryState::Skipped`].
    pub skipped: u64,
    /// Attempts ever that repeated an unsure one: each may have doubled a message.
    pub unsure_repeated: u64,
    /// When the oldest delivery that is due, claimed or unsure was accepted: the health of the bridge.
    pub oldest_due: Option<UnixMillis>,
}

/// Something to be kept until it is handled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpoolItem {
    /// Unique in its queue, also after it was handled: a second one is dropped.
    pub key: String,
    /// The item, as it came.
    pub bytes: Vec<u8>,
}

/// An item that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spooled {
    /// Its id, for [`Spool::spool_done`](crate::Spool::spool_done).
    pub id: i64,
    /// Its key.
    pub key: String,
    /// The item, as it came.
    pub bytes: Vec<u8>,
}

/// A line of the audit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// When.
    pub at: UnixMillis,
    /// What kind of thing.
    pub kind: AuditKind,
    /// The login concerned.
    pub login: Option<LoginId>,
    /// What happened, without personal data.
    pub what: Reason,
}

/// What an [`AuditEntry`] is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AuditKind {
    /// A chat was united, detached or moved, a relay set.
    Portal,
    /// A login was added, unlinked or linked again.
    Login,
    /// Something came in that could not be understood and was skipped.
    Unreadable,
    /// An attempt repeated an unsure one.
    UnsureRepeated,
}
