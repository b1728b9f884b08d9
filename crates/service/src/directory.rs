//! The names of chats, as the sessions last told them.

use matrimony_domain::{ChatKey, Name};
use matrimony_network::ChatInfo;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Most chats whose names are remembered; a chat beyond that is shown without its name.
const CHATS: usize = 10_000;

/// For lists only: nothing is decided by it, and a restart forgets it.
#[derive(Default)]
pub(crate) struct Directory(Mutex<HashMap<ChatKey, Name>>);

impl Directory {
    /// Remembers names.
    pub(crate) fn learn(&self, chats: &[ChatInfo]) {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for info in chats {
            match &info.name {
                Some(name) if names.len() < CHATS || names.contains_key(&info.chat) => {
                    names.insert(info.chat.clone(), name.clone());
                }
                Some(_) | None => {}
            }
        }
    }

    /// The name of a chat, if one was told.
    pub(crate) fn name_of(&self, chat: &ChatKey) -> Option<Name> {
        let names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        names.get(chat).cloned()
    }
}
