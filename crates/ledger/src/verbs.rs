//! The verbs, by family of tables.

use crate::error::{ClaimLost, LedgerError, UniteError};
use crate::records::{
    Accepted, AuditEntry, Claim, ClaimToken, Copy, Counts, DeliveryBrief, EventRecord, Intent, Lease, LoginRecord,
    LoginState, NewLogin, Outcome, Person, Portal, Room, SpoolItem, Spooled, WorkerId,
};
use async_trait::async_trait;
use matrimony_domain::{ChatKey, EventId, Inbound, LoginId, Name, PersonKey, PortalId, RemoteId, RoomId, UnixMillis};

/// The whole contract. Implemented by itself for whatever implements the families.
pub trait Ledger: Rooms + Logins + People + Events + Deliveries + Copies + Spool + Vault + Audit {}

impl<T: Rooms + Logins + People + Events + Deliveries + Copies + Spool + Vault + Audit> Ledger for T {}

/// Rooms and their portals.
#[async_trait]
pub trait Rooms: Send + Sync {
    /// Makes an empty room.
    async fn create_room(&self, name: &Name, now: UnixMillis) -> Result<Room, LedgerError>;
    /// All rooms, oldest first.
    async fn rooms(&self) -> Result<Vec<Room>, LedgerError>;
    /// One room.
    async fn room(&self, room: RoomId) -> Result<Option<Room>, LedgerError>;
    /// The portals of a room, oldest first.
    async fn portals(&self, room: RoomId) -> Result<Vec<Portal>, LedgerError>;
    /// The portal of a chat.
    async fn portal_of(&self, chat: &ChatKey) -> Result<Option<Portal>, LedgerError>;
    /// Attaches a chat to a room, with the relay that speaks there. Only events accepted after it are delivered there.
    /// A chat hangs on at most one room, also when two callers try at once. A chat that was detached before comes back as
    /// the same portal.
    async fn unite(&self, room: RoomId, chat: &ChatKey, relay: LoginId, now: UnixMillis) -> Result<Portal, UniteError>;
    /// Takes a portal off its room. Its open deliveries are skipped with a reason; its copies stay known.
    async fn detach(&self, portal: PortalId, now: UnixMillis) -> Result<(), LedgerError>;
    /// Hangs a portal on another room. Open deliveries go along.
    async fn move_portal(&self, portal: PortalId, room: RoomId, now: UnixMillis) -> Result<(), LedgerError>;
    /// Gives a portal another relay. Its open deliveries are done by the new one.
    async fn set_relay(&self, portal: PortalId, relay: LoginId, now: UnixMillis) -> Result<(), LedgerError>;
}

/// Logins and whether they can speak.
#[async_trait]
pub trait Logins: Send + Sync {
    /// Adds a login, or, where (network, key) is known, updates it and makes it linked again.
    async fn add_login(&self, login: &NewLogin, now: UnixMillis) -> Result<LoginRecord, LedgerError>;
    /// All logins, oldest first.
    async fn logins(&self) -> Result<Vec<LoginRecord>, LedgerError>;
    /// One login.
    async fn login(&self, login: LoginId) -> Result<Option<LoginRecord>, LedgerError>;
    /// Records that a login can, or can no longer, speak. In the same transaction its open deliveries become held, or
    /// due again.
    async fn set_login_state(&self, login: LoginId, state: &LoginState, now: UnixMillis) -> Result<(), LedgerError>;
}

/// People and who is in which chat.
#[async_trait]
pub trait People: Send + Sync {
    /// Remembers people; a name or alias that is `None` leaves the known one.
    async fn know_people(&self, people: &[Person], now: UnixMillis) -> Result<(), LedgerError>;
    /// A person, by their key or alias.
    async fn person(&self, key: &PersonKey) -> Result<Option<Person>, LedgerError>;
    /// Replaces what is known of the members of a chat. The people become known too.
    async fn set_members(&self, chat: &ChatKey, members: &[Person], now: UnixMillis) -> Result<(), LedgerError>;
    /// People of a room: members of its chats and whoever has spoken in it.
    async fn room_people(&self, room: RoomId) -> Result<Vec<Person>, LedgerError>;
}

/// Events.
#[async_trait]
pub trait Events: Send + Sync {
    /// Makes an event of what a network told, in one transaction: recognises echoes (the id is a known copy) and
    /// duplicates (chat, sender by key or alias, remote id; the same id of somebody else is no duplicate), gives the
    /// next number in the room, stores the event, its own copy, the sender's name, and one delivery per other portal of
    /// the room (skipped at once where the body is unreadable). Returns after the commit is on disk; only then may the
    /// network be told.
    async fn accept(&self, inbound: &Inbound, now: UnixMillis) -> Result<Accepted, LedgerError>;
    /// One event.
    async fn event(&self, event: EventId) -> Result<Option<EventRecord>, LedgerError>;
    /// The ledger in numbers.
    async fn counts(&self) -> Result<Counts, LedgerError>;
}

/// Deliveries.
#[async_trait]
pub trait Deliveries: Send + Sync {
    /// Claims what `login` may do now: of each of its portals the first open delivery, if it is due (or its unsure wait
    /// has ended), in room order, at most `limit`. Deliveries claimed under a lease that has ended come back here:
    /// as due where nothing had begun or a repeat is safe ([`Intent::send_ids`]), else as unsure. What is past its
    /// horizon is refused here, and the next one takes its place.
    async fn claim_due(
        &self,
        login: LoginId,
        lease: &Lease,
        now: UnixMillis,
        limit: usize,
    ) -> Result<Vec<Claim>, LedgerError>;
    /// Records what is about to leave. Nothing may be sent before this has returned. Counts the attempt.
    async fn begin(&self, claim: &ClaimToken, intents: &[Intent], now: UnixMillis) -> Result<(), ClaimLost>;
    /// Records how the attempt ended, and the copies that it made.
    async fn settle(&self, claim: &ClaimToken, outcome: &Outcome, now: UnixMillis) -> Result<(), ClaimLost>;
    /// When `login` next has something to do: the earliest due time, unsure wait or lease end among the first open
    /// deliveries of its portals.
    async fn next_due(&self, login: LoginId) -> Result<Option<UnixMillis>, LedgerError>;
    /// Ends the leases of all workers but `except`, as after a restart when no other process can be alive.
    async fn end_leases(&self, except: &WorkerId, now: UnixMillis) -> Result<u64, LedgerError>;
    /// An own login of ours was seen saying something in `chat` that is no known copy: if an attempt of a delivery there,
    /// begun at or before `now` and not answered, expects this fingerprint, that part exists with this id. With its last
    /// part an open delivery is settled as delivered. Returns the event.
    ///
    /// A delivery with unanswered attempts expects them for [`LATE_COPY`](matrimony_domain::limits::LATE_COPY) after it
    /// was settled too, whatever its outcome: a copy that is seen only after the repeat is one more copy of the event.
    /// Each attempt's part is found once, those of the oldest delivery first; whatever else says the same was written by
    /// hand. A copy that is known already changes nothing, so that two sightings of one copy do not settle two
    /// deliveries of the same text.
    async fn reconcile(
        &self,
        chat: &ChatKey,
        fingerprint: [u8; 16],
        remote_id: &RemoteId,
        now: UnixMillis,
    ) -> Result<Option<EventId>, LedgerError>;
    /// Deliveries that are not settled as delivered, newest first, at most `limit`: what `status` lists.
    async fn open_deliveries(&self, room: Option<RoomId>, limit: usize) -> Result<Vec<DeliveryBrief>, LedgerError>;
}

/// The map between an event and its copies.
#[async_trait]
pub trait Copies: Send + Sync {
    /// The copies of an event in a chat, by part; the original where the chat is its own. A part that was doubled has
    /// several.
    async fn copies_of(&self, event: EventId, chat: &ChatKey) -> Result<Vec<Copy>, LedgerError>;
    /// The event of which this message is the original or a copy.
    async fn event_of(&self, chat: &ChatKey, remote_id: &RemoteId) -> Result<Option<EventId>, LedgerError>;
}

/// A durable queue for what must be answered before it is understood.
#[async_trait]
pub trait Spool: Send + Sync {
    /// Stores items at the end of a queue, in one transaction; items whose key the queue has had before are dropped.
    /// Returns how many were new.
    async fn spool(&self, queue: &str, items: &[SpoolItem], now: UnixMillis) -> Result<usize, LedgerError>;
    /// The first items that wait in a queue, in order, at most `limit`.
    async fn spooled(&self, queue: &str, limit: usize) -> Result<Vec<Spooled>, LedgerError>;
    /// An item was handled; its bytes go, its key stays for [`limits`](matrimony_domain::limits) reasons of dedupe.
    async fn spool_done(&self, id: i64, now: UnixMillis) -> Result<(), LedgerError>;
}

/// Secrets and connector state.
#[async_trait]
pub trait Vault: Send + Sync {
    /// The value under a key of a scope.
    async fn vault_get(&self, scope: &str, key: &str) -> Result<Option<Vec<u8>>, LedgerError>;
    /// Stores a value.
    async fn vault_put(&self, scope: &str, key: &str, value: &[u8], now: UnixMillis) -> Result<(), LedgerError>;
}

/// What happened beside messages.
#[async_trait]
pub trait Audit: Send + Sync {
    /// Writes a line.
    async fn record(&self, entry: &AuditEntry) -> Result<(), LedgerError>;
    /// The newest lines, newest first, at most `limit`.
    async fn audit(&self, limit: usize) -> Result<Vec<AuditEntry>, LedgerError>;
}
