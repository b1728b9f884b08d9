//! The names that people have in rooms.

use crate::limits;
use matrimony_domain::Name;
use ruma::{OwnedRoomId, OwnedUserId, RoomId, UserId};
use std::collections::HashMap;
use std::sync::Mutex;

/// A bounded memory of names. `None` is known too: the person has no name there.
#[derive(Default)]
pub(super) struct People(Mutex<HashMap<(OwnedRoomId, OwnedUserId), Option<Name>>>);

impl People {
    pub(super) fn get(&self, room: &RoomId, user: &UserId) -> Option<Option<Name>> {
        let names = self.0.lock().expect("no holder panics");
        names.get(&(room.to_owned(), user.to_owned())).cloned()
    }

    pub(super) fn set(&self, room: &RoomId, user: &UserId, name: Option<Name>) {
        let mut names = self.0.lock().expect("no holder panics");
        if names.len() >= limits::NAMES {
            names.clear();
        }
        names.insert((room.to_owned(), user.to_owned()), name);
    }
}
