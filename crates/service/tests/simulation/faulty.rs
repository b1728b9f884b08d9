//! A ledger that fails when it is told to, before or after its commit.

use crate::model::{How, LedgerFault, When};
use async_trait::async_trait;
use matrimony_domain::{
    ChatKey, DeliveryId, EventId, Inbound, LoginId, Name, PersonKey, PortalId, RemoteId, RoomId, UnixMillis,
};
use matrimony_ledger::{
    Accepted, Audit, AuditEntry, Claim, ClaimLost, ClaimToken, Copies, Copy, Counts, Deliveries, DeliveryBrief,
    EventRecord, Events, Intent, Lease, Ledger, LedgerError, LoginRecord, LoginState, Logins, NewLogin, Outcome,
    People, Person, Portal, Room, Rooms, Spool, SpoolItem, Spooled, UniteError, Vault, WorkerId,
};
use std::collections::BTreeSet;
use std::future::{Future, pending};
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;

/// Passes everything on, one call at a time and in the order of asking, so that a seed replays.
pub(crate) struct FaultyLedger {
    inner: Arc<dyn Ledger>,
    plan: Mutex<Option<LedgerFault>>,
    turn: tokio::sync::Mutex<()>,
    /// Rung when the process is to die.
    pub(crate) crash: Arc<Notify>,
    /// Rung after each call.
    pub(crate) called: Notify,
    sabotage: Option<Sabotage>,
    watch: Arc<PartsWatch>,
}

/// Watches, over all runs of the process, that a part which is written down as sent is never begun again.
#[derive(Default)]
pub(crate) struct PartsWatch {
    sent: Mutex<BTreeSet<(DeliveryId, u16)>>,
    begun_again: Mutex<Vec<(DeliveryId, u16)>>,
}

impl PartsWatch {
    /// The parts that were begun although they were sent.
    pub(crate) fn begun_again(&self) -> Vec<(DeliveryId, u16)> {
        self.begun_again.lock().expect("nobody panics with it in hand").clone()
    }

    fn settled(&self, claim: &ClaimToken, outcome: &Outcome) {
        if let Outcome::Delivered(sent)
        | Outcome::Refused { sent, .. }
        | Outcome::Later { sent, .. }
        | Outcome::Unsure { sent, .. } = outcome
        {
            let parts = sent.iter().map(|copy| (claim.delivery, copy.part));
            self.sent.lock().expect("nobody panics with it in hand").extend(parts);
        }
    }

    fn begun(&self, claim: &ClaimToken, intents: &[Intent]) {
        let sent = self.sent.lock().expect("nobody panics with it in hand");
        let parts = intents.iter().map(|intent| (claim.delivery, intent.part));
        let again = parts.filter(|part| sent.contains(part));
        self.begun_again
            .lock()
            .expect("nobody panics with it in hand")
            .extend(again);
    }
}

/// Breaks a promise on purpose, to see that the checkers notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sabotage {
    /// The network is told that a message was accepted, and it never was.
    AcceptForgets,
    /// What may exist is repeated as if it did not.
    UnsureIsForgotten,
    /// The id that we chose is not written down before the send.
    IntentsAreForgotten,
    /// What could be sent later is given up.
    LaterIsRefused,
    /// Parts that got through are sent again.
    PartsAreForgotten,
}

impl FaultyLedger {
    pub(crate) fn new(
        inner: Arc<dyn Ledger>,
        crash: Arc<Notify>,
        sabotage: Option<Sabotage>,
        watch: Arc<PartsWatch>,
    ) -> Self {
        Self {
            inner,
            plan: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
            crash,
            called: Notify::new(),
            sabotage,
            watch,
        }
    }

    /// Plans a fault, counted from the next call; or none.
    pub(crate) fn plan(&self, fault: Option<LedgerFault>) {
        *self.plan.lock().expect("nobody panics with it in hand") = fault;
    }

    async fn call<T, E: From<LedgerError>>(&self, call: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        let _turn = self.turn.lock().await;
        let fault = self.due_fault();
        if let Some(LedgerFault {
            when: When::BeforeCommit,
            how,
            ..
        }) = fault
        {
            return Err(self.fail(how).await);
        }
        let done = call.await;
        self.called.notify_one();
        match fault {
            Some(LedgerFault { how, .. }) => Err(self.fail(how).await),
            None => done,
        }
    }

    async fn fail<E: From<LedgerError>>(&self, how: How) -> E {
        match how {
            How::Error => E::from(LedgerError::Unavailable("planned".into())),
            How::Crash => {
                self.crash.notify_one();
                pending().await
            }
        }
    }

    /// The planned fault, if it is this call's turn.
    fn due_fault(&self) -> Option<LedgerFault> {
        let mut plan = self.plan.lock().expect("nobody panics with it in hand");
        match plan.as_mut() {
            Some(LedgerFault { nth: 0, .. }) => plan.take(),
            Some(fault) => {
                fault.nth -= 1;
                None
            }
            None => None,
        }
    }

    fn sabotaged(&self, how: Sabotage) -> bool {
        self.sabotage == Some(how)
    }
}

#[async_trait]
impl Rooms for FaultyLedger {
    async fn create_room(&self, name: &Name, now: UnixMillis) -> Result<Room, LedgerError> {
        self.call(self.inner.create_room(name, now)).await
    }
    async fn rooms(&self) -> Result<Vec<Room>, LedgerError> {
        self.call(self.inner.rooms()).await
    }
    async fn room(&self, room: RoomId) -> Result<Option<Room>, LedgerError> {
        self.call(self.inner.room(room)).await
    }
    async fn portals(&self, room: RoomId) -> Result<Vec<Portal>, LedgerError> {
        self.call(self.inner.portals(room)).await
    }
    async fn portal_of(&self, chat: &ChatKey) -> Result<Option<Portal>, LedgerError> {
        self.call(self.inner.portal_of(chat)).await
    }
    async fn unite(&self, room: RoomId, chat: &ChatKey, relay: LoginId, now: UnixMillis) -> Result<Portal, UniteError> {
        self.call(self.inner.unite(room, chat, relay, now)).await
    }
    async fn detach(&self, portal: PortalId, now: UnixMillis) -> Result<(), LedgerError> {
        self.call(self.inner.detach(portal, now)).await
    }
    async fn move_portal(&self, portal: PortalId, room: RoomId, now: UnixMillis) -> Result<(), LedgerError> {
        self.call(self.inner.move_portal(portal, room, now)).await
    }
    async fn set_relay(&self, portal: PortalId, relay: LoginId, now: UnixMillis) -> Result<(), LedgerError> {
        self.call(self.inner.set_relay(portal, relay, now)).await
    }
}

#[async_trait]
impl Logins for FaultyLedger {
    async fn add_login(&self, login: &NewLogin, now: UnixMillis) -> Result<LoginRecord, LedgerError> {
        self.call(self.inner.add_login(login, now)).await
    }
    async fn logins(&self) -> Result<Vec<LoginRecord>, LedgerError> {
        self.call(self.inner.logins()).await
    }
    async fn login(&self, login: LoginId) -> Result<Option<LoginRecord>, LedgerError> {
        self.call(self.inner.login(login)).await
    }
    async fn set_login_state(&self, login: LoginId, state: &LoginState, now: UnixMillis) -> Result<(), LedgerError> {
        self.call(self.inner.set_login_state(login, state, now)).await
    }
}

#[async_trait]
impl People for FaultyLedger {
    async fn know_people(&self, people: &[Person], now: UnixMillis) -> Result<(), LedgerError> {
        self.call(self.inner.know_people(people, now)).await
    }
    async fn person(&self, key: &PersonKey) -> Result<Option<Person>, LedgerError> {
        self.call(self.inner.person(key)).await
    }
    async fn set_members(&self, chat: &ChatKey, members: &[Person], now: UnixMillis) -> Result<(), LedgerError> {
        self.call(self.inner.set_members(chat, members, now)).await
    }
    async fn room_people(&self, room: RoomId) -> Result<Vec<Person>, LedgerError> {
        self.call(self.inner.room_people(room)).await
    }
}

#[async_trait]
impl Events for FaultyLedger {
    async fn accept(&self, inbound: &Inbound, now: UnixMillis) -> Result<Accepted, LedgerError> {
        if self.sabotaged(Sabotage::AcceptForgets) {
            return Ok(Accepted::NoPortal);
        }
        self.call(self.inner.accept(inbound, now)).await
    }
    async fn event(&self, event: EventId) -> Result<Option<EventRecord>, LedgerError> {
        self.call(self.inner.event(event)).await
    }
    async fn counts(&self) -> Result<Counts, LedgerError> {
        self.call(self.inner.counts()).await
    }
}

#[async_trait]
impl Deliveries for FaultyLedger {
    async fn claim_due(
        &self,
        login: LoginId,
        lease: &Lease,
        now: UnixMillis,
        limit: usize,
    ) -> Result<Vec<Claim>, LedgerError> {
        let mut claims = self.call(self.inner.claim_due(login, lease, now, limit)).await?;
        if self.sabotaged(Sabotage::PartsAreForgotten) {
            claims.iter_mut().for_each(|claim| claim.sent.clear());
        }
        Ok(claims)
    }
    async fn begin(&self, claim: &ClaimToken, intents: &[Intent], now: UnixMillis) -> Result<(), ClaimLost> {
        if self.sabotaged(Sabotage::IntentsAreForgotten) {
            return self.call(self.inner.begin(claim, &[], now)).await;
        }
        self.watch.begun(claim, intents);
        self.call(self.inner.begin(claim, intents, now)).await
    }
    async fn settle(&self, claim: &ClaimToken, outcome: &Outcome, now: UnixMillis) -> Result<(), ClaimLost> {
        let outcome = match outcome.clone() {
            Outcome::Unsure { until, reason, sent } if self.sabotaged(Sabotage::UnsureIsForgotten) => Outcome::Later {
                at: until,
                reason,
                sent,
            },
            Outcome::Later { reason, sent, .. } if self.sabotaged(Sabotage::LaterIsRefused) => {
                Outcome::Refused { reason, sent }
            }
            other => other,
        };
        self.call(self.inner.settle(claim, &outcome, now)).await?;
        self.watch.settled(claim, &outcome);
        Ok(())
    }
    async fn next_due(&self, login: LoginId) -> Result<Option<UnixMillis>, LedgerError> {
        self.call(self.inner.next_due(login)).await
    }
    async fn end_leases(&self, except: &WorkerId, now: UnixMillis) -> Result<u64, LedgerError> {
        self.call(self.inner.end_leases(except, now)).await
    }
    async fn reconcile(
        &self,
        chat: &ChatKey,
        fingerprint: [u8; 16],
        remote_id: &RemoteId,
        now: UnixMillis,
    ) -> Result<Option<EventId>, LedgerError> {
        self.call(self.inner.reconcile(chat, fingerprint, remote_id, now)).await
    }
    async fn open_deliveries(&self, room: Option<RoomId>, limit: usize) -> Result<Vec<DeliveryBrief>, LedgerError> {
        self.call(self.inner.open_deliveries(room, limit)).await
    }
}

#[async_trait]
impl Copies for FaultyLedger {
    async fn copies_of(&self, event: EventId, chat: &ChatKey) -> Result<Vec<Copy>, LedgerError> {
        self.call(self.inner.copies_of(event, chat)).await
    }
    async fn event_of(&self, chat: &ChatKey, remote_id: &RemoteId) -> Result<Option<EventId>, LedgerError> {
        self.call(self.inner.event_of(chat, remote_id)).await
    }
}

#[async_trait]
impl Spool for FaultyLedger {
    async fn spool(&self, queue: &str, items: &[SpoolItem], now: UnixMillis) -> Result<usize, LedgerError> {
        self.call(self.inner.spool(queue, items, now)).await
    }
    async fn spooled(&self, queue: &str, limit: usize) -> Result<Vec<Spooled>, LedgerError> {
        self.call(self.inner.spooled(queue, limit)).await
    }
    async fn spool_done(&self, id: i64, now: UnixMillis) -> Result<(), LedgerError> {
        self.call(self.inner.spool_done(id, now)).await
    }
}

#[async_trait]
impl Vault for FaultyLedger {
    async fn vault_get(&self, scope: &str, key: &str) -> Result<Option<Vec<u8>>, LedgerError> {
        self.call(self.inner.vault_get(scope, key)).await
    }
    async fn vault_put(&self, scope: &str, key: &str, value: &[u8], now: UnixMillis) -> Result<(), LedgerError> {
        self.call(self.inner.vault_put(scope, key, value, now)).await
    }
}

#[async_trait]
impl Audit for FaultyLedger {
    async fn record(&self, entry: &AuditEntry) -> Result<(), LedgerError> {
        self.call(self.inner.record(entry)).await
    }
    async fn audit(&self, limit: usize) -> Result<Vec<AuditEntry>, LedgerError> {
        self.call(self.inner.audit(limit)).await
    }
}
