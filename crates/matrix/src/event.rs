//! What the homeserver tells us, read.
//!
//! Events come in the client format, with old keys at top level that are ignored. A homeserver passes on whatever
//! clients write, so every field of a content may be missing, of another type, or huge.

mod content;

use crate::names::Names;
use content::read_content;
use matrimony_domain::{Content, Name, Reason, UnixMillis};
use ruma::{OwnedEventId, OwnedRoomId, OwnedUserId, UserId};
use serde::Deserialize;
use serde_json::value::RawValue;

/// An event that somebody else than we made.
#[derive(Debug, PartialEq)]
pub(crate) struct Event {
    pub(crate) id: OwnedEventId,
    pub(crate) room: OwnedRoomId,
    pub(crate) sender: OwnedUserId,
    /// When, by the sender's server.
    pub(crate) at: UnixMillis,
    pub(crate) what: What,
}

/// What an [`Event`] means to us.
#[derive(Debug, PartialEq)]
pub(crate) enum What {
    /// Somebody said something.
    Said(Content),
    /// Somebody took an event back.
    TookBack(OwnedEventId),
    /// The bot is invited.
    Invited {
        /// To a conversation with it alone.
        direct: bool,
    },
    /// Somebody's membership or name in the room changed.
    Member { user: OwnedUserId, name: Option<Name> },
    /// The room has another name.
    Renamed,
    /// Something that we cannot decrypt.
    Encrypted,
    /// Meant for people, and not understood.
    Unreadable(Reason),
    /// Not meant for other networks.
    Nothing,
}

/// The keys of every event.
#[derive(Deserialize)]
struct Envelope<'a> {
    event_id: OwnedEventId,
    room_id: OwnedRoomId,
    sender: OwnedUserId,
    #[serde(default)]
    origin_server_ts: i64,
    r#type: String,
    state_key: Option<String>,
    redacts: Option<OwnedEventId>,
    #[serde(borrow)]
    content: &'a RawValue,
}

/// Reads one event.
///
/// # Errors
/// When it cannot even be said where it happened and who did it.
pub(crate) fn read(json: &[u8], names: &Names) -> Result<Event, Reason> {
    let envelope: Envelope<'_> = serde_json::from_slice(json).map_err(|_| {
        Reason::fixed("an event of the homeserver has no id, room, sender, type or content that is one")
    })?;
    let what = match &envelope.state_key {
        Some(key) => read_state(&envelope, key, names),
        None => read_message(&envelope, names),
    };
    Ok(Event {
        id: envelope.event_id,
        room: envelope.room_id,
        sender: envelope.sender,
        at: UnixMillis(envelope.origin_server_ts),
        what,
    })
}

fn read_state(envelope: &Envelope<'_>, key: &str, names: &Names) -> What {
    #[derive(Deserialize)]
    struct Member {
        membership: String,
        displayname: Option<String>,
        #[serde(default)]
        is_direct: bool,
    }
    match envelope.r#type.as_str() {
        "m.room.name" => What::Renamed,
        "m.room.member" => {
            let (Ok(user), Ok(member)) = (UserId::parse(key), from_raw::<Member>(envelope.content)) else {
                return What::Nothing;
            };
            if user == names.bot() && member.membership == "invite" {
                return What::Invited {
                    direct: member.is_direct,
                };
            }
            let name = member.displayname.as_deref().and_then(Name::new);
            What::Member { user, name }
        }
        _ => What::Nothing,
    }
}

fn read_message(envelope: &Envelope<'_>, names: &Names) -> What {
    #[derive(Deserialize)]
    struct Redaction {
        redacts: OwnedEventId,
    }
    match envelope.r#type.as_str() {
        "m.room.encrypted" => What::Encrypted,
        "m.room.redaction" => {
            let in_content = || {
                from_raw::<Redaction>(envelope.content)
                    .ok()
                    .map(|content| content.redacts)
            };
            envelope
                .redacts
                .clone()
                .or_else(in_content)
                .map_or(What::Nothing, What::TookBack)
        }
        kind => read_content(kind, envelope.content, names),
    }
}

fn from_raw<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> serde_json::Result<T> {
    serde_json::from_str(raw.get())
}

#[cfg(test)]
mod tests;
