//! An event becomes actions in one chat.

use matrimony_domain::{Action, Author, Capabilities, ChatKey, Content, Name, PersonKey, Reason, UnixMillis, Voice};

/// An event, as far as a destination is told about it.
#[derive(Clone, Copy, Debug)]
pub struct EventView<'a> {
    /// Who did it, on the network where it happened.
    pub sender: &'a PersonKey,
    /// Their name, if one is known.
    pub sender_name: Option<&'a Name>,
    /// When it happened.
    pub at: UnixMillis,
    /// What happened; `None` where it could not be understood or retention has dropped it.
    pub content: Option<&'a Content>,
}

/// A chat that is to be told.
#[derive(Clone, Copy, Debug)]
pub struct Destination<'a> {
    /// The chat.
    pub chat: &'a ChatKey,
    /// What it can carry.
    pub capabilities: Capabilities,
    /// Everyone known in the room: tells two people of one name apart, and gives mentions their names.
    pub people: &'a [RoomPerson],
}

/// Someone known in the room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomPerson {
    /// The key under which they are known.
    pub key: PersonKey,
    /// A second key of the same person on the same network.
    pub alias: Option<PersonKey>,
    /// Their name, if one is known.
    pub name: Option<Name>,
}

/// What becomes of an event in a chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rendering {
    /// Messages to be sent, in order; never empty. The index is the part of the [`SendKey`](matrimony_domain::SendKey).
    Send(Vec<Action>),
    /// There is nothing to send.
    Skip(Reason),
}

/// Renders `event` for `destination`. Pure: the same input gives the same parts, so that a repeated attempt can leave out
/// the parts that were already sent.
pub fn render(event: &EventView<'_>, destination: &Destination<'_>) -> Rendering {
    let Some(Content::Text(text)) = event.content else {
        return Rendering::Skip(Reason::fixed("nothing to carry over"));
    };
    let name = event
        .sender_name
        .cloned()
        .or_else(|| Name::new("Someone"))
        .expect("a word is a name");
    Rendering::Send(vec![Action {
        chat: destination.chat.clone(),
        voice: Voice::Author(Author {
            person: event.sender.clone(),
            name,
        }),
        at: event.at,
        text: text.clone(),
    }])
}
