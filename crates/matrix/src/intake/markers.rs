//! How far each room has been taken in.

use crate::limits;
use matrimony_network::{Vault, VaultError};
use ruma::{OwnedEventId, OwnedRoomId, RoomId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// Remembers the last event of each room that reached the spool. It may lag behind, never run ahead: catch-up then only
/// looks back further than it had to.
pub(super) struct Markers {
    vault: Arc<dyn Vault>,
    /// Events since the marker was written down.
    unwritten: Mutex<HashMap<OwnedRoomId, u32>>,
}

impl Markers {
    pub(super) fn new(vault: Arc<dyn Vault>) -> Self {
        Self {
            vault,
            unwritten: Mutex::default(),
        }
    }

    /// The marker of a room. One that is not an event id is none.
    pub(super) async fn last(&self, room: &RoomId) -> Result<Option<OwnedEventId>, VaultError> {
        let stored = self.vault.get(&key(room)).await?;
        Ok(stored.and_then(|bytes| String::from_utf8(bytes).ok()?.try_into().ok()))
    }

    /// Moves a marker. Events of ours come in great numbers and lose nothing by being looked at again, so they are
    /// written down only now and then.
    pub(super) async fn advance(&self, room: &RoomId, event: OwnedEventId, foreign: bool) -> Result<(), VaultError> {
        if !foreign && !self.is_due(room) {
            return Ok(());
        }
        self.vault.put(&key(room), event.as_bytes()).await
    }

    fn is_due(&self, room: &RoomId) -> bool {
        let mut unwritten = self.unwritten.lock().expect("no holder panics");
        if unwritten.len() >= limits::ROOMS {
            unwritten.clear();
        }
        let count = unwritten.entry(room.to_owned()).or_default();
        *count = (*count + 1) % limits::MARKER_EVERY;
        *count == 0
    }
}

fn key(room: &RoomId) -> String {
    format!("marker/{room}")
}
