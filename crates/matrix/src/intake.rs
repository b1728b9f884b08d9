//! Events on their way from the homeserver into the spool.
//!
//! Two ways lead here, and both keep the same promise: transactions, which the listener takes, and
//! [catch-up](crate::catch_up), which reads what transactions have missed. An event is in the spool, on disk, before its
//! room's marker moves past it.

mod markers;

use crate::limits;
use crate::names::Names;
use markers::Markers;
use matrimony_network::{Spool, Vault, VaultError};
use ruma::{OwnedEventId, OwnedRoomId, OwnedUserId, RoomId};
use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::{Notify, watch};
use tokio::time::timeout;

/// The type of the events that we post into the control room to hear their echo.
pub(crate) const ECHO_TYPE: &str = "org.matrimony.echo";

/// The way into the spool.
pub(crate) struct Intake {
    names: Names,
    spool: Arc<dyn Spool>,
    markers: Markers,
    /// Transactions wait while it is shut: what they bring is newer than what catch-up still has to bring.
    gate: watch::Sender<Gate>,
    /// Whether we are surely told everything; markers move only then. Synapse can leave a transaction behind while it
    /// recovers from an outage, so that the next events come and this one does not.
    settled: AtomicBool,
    /// The last echo from the control room.
    echo: watch::Sender<Option<OwnedEventId>>,
    fresh: Notify,
}

/// Whether transactions may come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gate {
    Shut,
    Open,
    Closed,
}

/// The keys of an event that decide where it goes. All may be missing.
#[derive(Deserialize)]
struct Head {
    event_id: Option<OwnedEventId>,
    room_id: Option<OwnedRoomId>,
    sender: Option<OwnedUserId>,
    r#type: Option<String>,
}

impl Intake {
    /// An intake that is shut.
    pub(crate) fn new(names: Names, spool: Arc<dyn Spool>, vault: Arc<dyn Vault>) -> Self {
        Self {
            names,
            spool,
            markers: Markers::new(vault),
            gate: watch::Sender::new(Gate::Shut),
            settled: AtomicBool::new(false),
            echo: watch::Sender::new(None),
            fresh: Notify::new(),
        }
    }

    /// Lets transactions in.
    pub(crate) fn open(&self) {
        self.gate.send_replace(Gate::Open);
    }

    /// Lets transactions wait, and markers stand until everything [has settled](Self::settle).
    pub(crate) fn shut(&self) {
        self.settled.store(false, Ordering::SeqCst);
        self.gate.send_replace(Gate::Shut);
    }

    /// Sends transactions away: we are stopping.
    pub(crate) fn close(&self) {
        self.gate.send_replace(Gate::Closed);
    }

    /// Whether markers move.
    pub(crate) fn is_settled(&self) -> bool {
        self.settled.load(Ordering::SeqCst)
    }

    /// Everything up to these events is in the spool, long enough after the outage: markers move there, and from now on
    /// with every transaction.
    pub(crate) async fn settle(&self, newest: Vec<(OwnedRoomId, OwnedEventId)>) -> Result<(), VaultError> {
        for (room, event) in newest {
            self.markers.advance(&room, event, true).await?;
        }
        self.settled.store(true, Ordering::SeqCst);
        Ok(())
    }

    /// Waits for the gate; false if it stays shut for too long, or is closed.
    pub(crate) async fn admitted(&self) -> bool {
        let mut gate = self.gate.subscribe();
        let decided = timeout(limits::TRANSACTION_WAIT, gate.wait_for(|gate| *gate != Gate::Shut)).await;
        matches!(decided, Ok(Ok(gate)) if *gate == Gate::Open)
    }

    /// Takes events in their order. `Ok` means that all of them are on disk; those that we have had are recognised by
    /// their event ids. Our own events go no further.
    pub(crate) async fn take(&self, events: &[&RawValue]) -> Result<(), VaultError> {
        let mut items = Vec::new();
        let mut last: HashMap<OwnedRoomId, (OwnedEventId, bool)> = HashMap::new();
        for event in events {
            let head: Option<Head> = serde_json::from_str(event.get()).ok();
            let ours = head.as_ref().is_some_and(|head| self.is_ours(head));
            if !ours {
                items.push((key(head.as_ref(), event), event.get().as_bytes().to_vec()));
            }
            let Some(Head {
                event_id: Some(id),
                room_id: Some(room),
                r#type,
                ..
            }) = head
            else {
                continue;
            };
            if ours && r#type.as_deref() == Some(ECHO_TYPE) {
                self.echo.send_replace(Some(id.clone()));
            }
            let foreign_before = last.get(&room).is_some_and(|(_, foreign)| *foreign);
            last.insert(room, (id, foreign_before || !ours));
        }
        let new = match self.spool.put(&items).await {
            Ok(new) => new,
            Err(error) => {
                // The homeserver will take this for an outage.
                self.settled.store(false, Ordering::SeqCst);
                return Err(error);
            }
        };
        if new > 0 {
            self.fresh.notify_one();
        }
        if self.is_settled() && (new > 0 || items.is_empty()) {
            // One that only repeats what we know may be old: Synapse sends a leftover long after its time.
            for (room, (id, foreign)) in last {
                self.markers.advance(&room, id, foreign).await?;
            }
        }
        Ok(())
    }

    /// The last event of a room that is in the spool or was; `None` if there is none.
    pub(crate) async fn marker(&self, room: &RoomId) -> Result<Option<OwnedEventId>, VaultError> {
        self.markers.last(room).await
    }

    /// Waits until new events are in the spool.
    pub(crate) async fn fresh(&self) {
        self.fresh.notified().await;
    }

    /// Watches the echoes from the control room.
    pub(crate) fn echoes(&self) -> watch::Receiver<Option<OwnedEventId>> {
        self.echo.subscribe()
    }

    pub(crate) fn spool(&self) -> &dyn Spool {
        self.spool.as_ref()
    }

    fn is_ours(&self, head: &Head) -> bool {
        head.sender.as_ref().is_some_and(|sender| self.names.is_ours(sender))
    }
}

/// The event's id. What has none is kept apart by what it says.
fn key(head: Option<&Head>, event: &RawValue) -> String {
    match head.and_then(|head| head.event_id.as_ref()) {
        Some(id) => id.to_string(),
        None => format!("without-id:{}", hex::encode(Sha256::digest(event.get()))),
    }
}

#[cfg(test)]
mod tests;
