//! What most behaviours start from: a room that unites a Signal group and a WhatsApp group, a relay in each.

use super::Backend;
use crate::{Accepted, Claim, Counts, Intent, Lease, Ledger, LoginState, NewLogin, Outcome, Portal, Room, WorkerId};
use matrimony_domain::limits::CLAIM_LEASE;
use matrimony_domain::{
    AccountKey, ChatKey, Content, EventId, Inbound, InboundBody, LoginId, LoginRole, Name, NetworkKind, PersonKey,
    PortalId, Reason, RemoteId, RoomId, SendIds, Sender, Seq, Text, UnixMillis,
};
use std::sync::Arc;
use std::time::Duration;

/// The moment at which every behaviour begins.
pub(super) const START: UnixMillis = UnixMillis(1_700_000_000_000);

/// That moment and some seconds.
pub(super) fn at(secs: u64) -> UnixMillis {
    START.after(Duration::from_secs(secs))
}

pub(super) fn name(text: &str) -> Name {
    Name::new(text).expect("a readable name")
}

pub(super) fn chat(network: NetworkKind, id: &str) -> ChatKey {
    ChatKey::new(network, id)
}

/// A chat with the relay that speaks there.
pub(super) struct Side {
    pub(super) relay: LoginId,
    pub(super) chat: ChatKey,
    pub(super) portal: PortalId,
}

/// A room and its two sides.
pub(super) struct United {
    pub(super) ledger: Arc<dyn Ledger>,
    pub(super) room: RoomId,
    pub(super) signal: Side,
    pub(super) whatsapp: Side,
}

/// A room that unites a Signal group and a WhatsApp group.
pub(super) async fn united(backend: &dyn Backend) -> United {
    let ledger = backend.ledger();
    let room = room(&*ledger, "the choir").await.id;
    let signal = relay(&*ledger, NetworkKind::Signal, "signal-relay").await;
    let whatsapp = relay(&*ledger, NetworkKind::WhatsApp, "whatsapp-relay").await;
    United {
        signal: side(&*ledger, room, chat(NetworkKind::Signal, "signal-group"), signal).await,
        whatsapp: side(&*ledger, room, chat(NetworkKind::WhatsApp, "whatsapp-group"), whatsapp).await,
        room,
        ledger,
    }
}

pub(super) async fn room(ledger: &dyn Ledger, called: &str) -> Room {
    ledger.create_room(&name(called), START).await.expect("a room is made")
}

pub(super) async fn side(ledger: &dyn Ledger, room: RoomId, chat: ChatKey, relay: LoginId) -> Side {
    let portal = unite(ledger, room, &chat, relay).await.id;
    Side { relay, chat, portal }
}

pub(super) async fn unite(ledger: &dyn Ledger, room: RoomId, chat: &ChatKey, relay: LoginId) -> Portal {
    ledger
        .unite(room, chat, relay, START)
        .await
        .expect("a free chat is united")
}

pub(super) fn new_login(network: NetworkKind, key: &str) -> NewLogin {
    NewLogin {
        network,
        key: AccountKey::new(key),
        person: PersonKey::new(network, format!("{key}-person")),
        name: Some(name("relay")),
        role: LoginRole::Relay,
    }
}

pub(super) async fn relay(ledger: &dyn Ledger, network: NetworkKind, key: &str) -> LoginId {
    let login = ledger.add_login(&new_login(network, key), START).await;
    login.expect("a login is added").account.login
}

/// A message from `alice` (or whoever `chat`'s network knows by that id).
pub(super) fn message(side: &Side, remote_id: &str) -> Inbound {
    Inbound {
        chat: side.chat.clone(),
        seen_by: side.relay,
        sender: Sender {
            person: PersonKey::new(side.chat.network, "alice"),
            alias: None,
            name: Some(name("alice")),
        },
        remote_id: RemoteId::new(remote_id),
        at: START,
        body: InboundBody::Message(Content::Text(Text::plain(format!("text of {remote_id}")))),
    }
}

impl United {
    /// Accepts a message of one side, which must be new.
    pub(super) async fn heard(&self, side: &Side, remote_id: &str) -> EventId {
        self.heard_at(side, remote_id, START).await
    }

    pub(super) async fn heard_at(&self, side: &Side, remote_id: &str, now: UnixMillis) -> EventId {
        let accepted = self.ledger.accept(&message(side, remote_id), now).await;
        new_event(&accepted.expect("the message is accepted")).0
    }

    /// Claims at most ten of a side's relay, for two minutes.
    pub(super) async fn claims(&self, side: &Side, now: UnixMillis) -> Vec<Claim> {
        self.claims_as("worker", side.relay, now).await
    }

    pub(super) async fn claims_as(&self, worker: &str, login: LoginId, now: UnixMillis) -> Vec<Claim> {
        let claims = self.ledger.claim_due(login, &lease(worker, now), now, 10).await;
        claims.expect("claims are answered")
    }

    /// The one claim that a side's relay gets now.
    pub(super) async fn claim(&self, side: &Side, now: UnixMillis) -> Claim {
        only(self.claims(side, now).await)
    }

    pub(super) async fn begin(&self, claim: &Claim, intents: &[Intent], now: UnixMillis) {
        let begun = self.ledger.begin(&claim.token, intents, now).await;
        begun.expect("a live claim begins");
    }

    pub(super) async fn settle(&self, claim: &Claim, outcome: Outcome, now: UnixMillis) {
        let settled = self.ledger.settle(&claim.token, &outcome, now).await;
        settled.expect("a live claim is settled");
    }

    /// Claims, begins and delivers what a side's relay may do now, which must be one thing.
    pub(super) async fn deliver(&self, side: &Side, remote_id: &str, now: UnixMillis) -> EventId {
        let claim = self.claim(side, now).await;
        self.begin(&claim, &[ours(remote_id)], now).await;
        self.settle(&claim, delivered(remote_id), now).await;
        claim.event.id
    }

    pub(super) async fn unlink(&self, login: LoginId, now: UnixMillis) {
        let state = LoginState::Unlinked(Reason::fixed("the phone unlinked us"));
        self.set_state(login, &state, now).await;
    }

    pub(super) async fn link(&self, login: LoginId, now: UnixMillis) {
        self.set_state(login, &LoginState::Linked, now).await;
    }

    async fn set_state(&self, login: LoginId, state: &LoginState, now: UnixMillis) {
        let set = self.ledger.set_login_state(login, state, now).await;
        set.expect("a known login changes its state");
    }

    pub(super) async fn next_due(&self, side: &Side) -> Option<UnixMillis> {
        self.ledger.next_due(side.relay).await.expect("the ledger answers")
    }

    pub(super) async fn counts(&self) -> Counts {
        self.ledger.counts().await.expect("the ledger counts")
    }
}

/// Event and place of what must be new.
pub(super) fn new_event(accepted: &Accepted) -> (EventId, Seq) {
    match accepted {
        Accepted::New { event, seq, .. } => (*event, *seq),
        other => panic!("expected a new event, got {other:?}"),
    }
}

/// The one claim there is.
pub(super) fn only(mut claims: Vec<Claim>) -> Claim {
    assert_eq!(claims.len(), 1, "expected one claim, got {claims:?}");
    claims.remove(0)
}

pub(super) fn lease(worker: &str, now: UnixMillis) -> Lease {
    Lease {
        worker: WorkerId(worker.to_owned()),
        until: now.after(CLAIM_LEASE),
    }
}

/// When a claim made at `now` ends by itself.
pub(super) fn lease_end(now: UnixMillis) -> UnixMillis {
    now.after(CLAIM_LEASE)
}

/// A part whose id we choose; its fingerprint is made from the id.
pub(super) fn ours(remote_id: &str) -> Intent {
    Intent {
        part: 0,
        remote_id: Some(RemoteId::new(remote_id)),
        send_ids: SendIds::Ours,
        fingerprint: fingerprint(remote_id),
    }
}

/// A part whose id the network chooses.
pub(super) fn theirs(part: u16, text: &str) -> Intent {
    Intent {
        part,
        remote_id: None,
        send_ids: SendIds::Theirs,
        fingerprint: fingerprint(text),
    }
}

/// Some digest of a text.
pub(super) fn fingerprint(text: &str) -> [u8; 16] {
    let mut digest = [0; 16];
    for (place, byte) in text.bytes().enumerate() {
        digest[place % 16] ^= byte.rotate_left(u32::try_from(place / 16 % 8).expect("small"));
    }
    digest
}

pub(super) fn copy(part: u16, remote_id: &str) -> crate::Copy {
    crate::Copy {
        part,
        remote_id: RemoteId::new(remote_id),
    }
}

pub(super) fn delivered(remote_id: &str) -> Outcome {
    Outcome::Delivered(vec![copy(0, remote_id)])
}

pub(super) fn refused() -> Outcome {
    Outcome::Refused {
        reason: Reason::fixed("not a member of the group"),
        sent: Vec::new(),
    }
}

pub(super) fn later(at: UnixMillis) -> Outcome {
    Outcome::Later {
        at,
        reason: Reason::fixed("the network is busy"),
        sent: Vec::new(),
    }
}

pub(super) fn unsure(until: UnixMillis) -> Outcome {
    Outcome::Unsure {
        until,
        reason: Reason::fixed("no answer came"),
        sent: Vec::new(),
    }
}
