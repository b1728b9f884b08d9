//! An event becomes actions in one chat.

use crate::attribution::{Attribution, Manner, in_own_voice};
use crate::people::Roster;
use crate::placeholder;
use crate::split::split;
use crate::translate::degrade;
use matrimony_domain::{
    Action, Author, Capabilities, ChatKey, Content, Name, PersonKey, Reason, Text, UnixMillis, Voice,
};

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
    let Some(content) = event.content else {
        return Rendering::Skip(Reason::fixed("its content is not kept, or could not be understood"));
    };
    let (manner, text) = match content {
        Content::Text(text) => (Manner::Says, text.clone()),
        Content::Emote(text) => (Manner::Does, text.clone()),
        Content::Placeholder(placeholder) => (Manner::Tells, placeholder::line(placeholder)),
    };
    if text.is_blank() {
        return Rendering::Skip(Reason::fixed("there is nothing to read in it"));
    }
    let roster = Roster::new(destination.people);
    let name = roster.name(event.sender, event.sender_name);
    let marks = &destination.capabilities.marks;
    let text = degrade(&roster.name_mentions(&text), marks);
    let limit = destination.capabilities.text_bytes;
    let parts = if destination.capabilities.own_voice {
        split(&in_own_voice(&name, manner, text), limit)
    } else {
        let bold = marks.bold;
        relayed(
            &text,
            &Attribution {
                name: &name,
                manner,
                bold,
            },
            limit,
        )
    };
    let voice = if destination.capabilities.own_voice {
        let person = event.sender.clone();
        Voice::Author(Author { person, name })
    } else {
        Voice::Relay
    };
    let action = |text| Action {
        chat: destination.chat.clone(),
        voice: voice.clone(),
        at: event.at,
        text,
    };
    Rendering::Send(parts.into_iter().map(action).collect())
}

/// The parts of what a relay says for someone, each with the name in front.
fn relayed(text: &Text, attribution: &Attribution<'_>, limit: usize) -> Vec<Text> {
    let whole = attribution.first(text);
    if whole.body.len() <= limit {
        return vec![whole];
    }
    let parts = split(text, limit.saturating_sub(attribution.room()));
    let count = parts.len();
    let numbered = parts.iter().enumerate().map(|(index, part)| match index {
        0 => attribution.first(part),
        _ => attribution.further(index + 1, count, part),
    });
    numbered.collect()
}

#[cfg(test)]
mod tests;
