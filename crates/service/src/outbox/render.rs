//! Asks the engine for the words.

use super::Outbox;
use matrimony_engine::{Destination, EventView, Rendering, RoomPerson, render};
use matrimony_ledger::{Claim, LedgerError, Person};

impl Outbox {
    /// What the chat of `claim` is told about its event, given who is in the room.
    pub(super) async fn render(&self, claim: &Claim) -> Result<Rendering, LedgerError> {
        let (event, chat) = (&claim.event, &claim.portal.chat);
        let people = self.core.ledger.room_people(event.room).await?;
        let sender = self.core.ledger.person(&event.sender).await?;
        let people: Vec<RoomPerson> = people.into_iter().map(room_person).collect();
        let event = EventView {
            sender: &event.sender,
            sender_name: sender.as_ref().and_then(|person| person.name.as_ref()),
            at: event.at,
            content: event.content.as_ref(),
        };
        let destination = Destination {
            chat,
            capabilities: self.session.capabilities(chat),
            people: &people,
        };
        Ok(render(&event, &destination))
    }
}

fn room_person(person: Person) -> RoomPerson {
    RoomPerson {
        key: person.key,
        alias: person.alias,
        name: person.name,
    }
}
