//! The three promises, asserted on what the phones show and what the ledger holds, after all is well again.

use crate::model::Chat;
use crate::networks::{By, Post, RELAY, Said, chat_key, mentions, people, place, tag};
use crate::world::World;
use matrimony_domain::{EventId, Voice};
use matrimony_ledger::{Deliveries, DeliveryState, EventRecord, Events};
use std::collections::BTreeMap;

/// A promise that was not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Promise {
    /// Nothing accepted is lost.
    Lost,
    /// Nothing is doubled, but where the network leaves no choice, and then it is counted.
    Doubled,
    /// Order holds.
    Disordered,
    /// Our own copies are not relayed.
    EchoRelayed,
    /// Everybody speaks under their own name.
    WrongAuthor,
    /// Everything is settled in the end.
    NotSettled,
}

/// Which promise, and where.
#[derive(Clone, Debug)]
pub(crate) struct Violation {
    pub(crate) promise: Promise,
    pub(crate) what: String,
}

fn violated(promise: Promise, what: impl Into<String>) -> Result<(), Violation> {
    Err(Violation {
        promise,
        what: what.into(),
    })
}

const CHATS: [Chat; 3] = [Chat::Theirs, Chat::Ours, Chat::Home];

/// All promises, in turn.
pub(crate) async fn check(world: &World) -> Result<(), Violation> {
    let events = Accepted::read(world).await?;
    events.are_what_people_said(world)?;
    events.arrived(world)?;
    doubles_are_counted(world).await?;
    sent_parts_rest(world)?;
    events.arrived_in_order(world)?;
    authors_are_named(world)?;
    all_is_settled(world).await
}

/// The accepted messages of each room, in the ledger's order.
struct Accepted {
    rooms: BTreeMap<usize, Vec<Said>>,
}

impl Accepted {
    async fn read(world: &World) -> Result<Self, Violation> {
        let counts = world.ledger().counts().await.expect("reads");
        let mut records: Vec<EventRecord> = Vec::new();
        for id in 1.. {
            if records.len() as u64 == counts.events {
                break;
            }
            records.extend(world.ledger().event(EventId(id)).await.expect("reads"));
        }
        records.sort_by_key(|record| (record.room, record.seq));
        let mut rooms = BTreeMap::<usize, Vec<Said>>::new();
        for record in records {
            let (room, chat) = place(&record.chat);
            let state = world.networks.state();
            let posts = state.shown.get(&(room, chat)).map_or(&[][..], Vec::as_slice);
            let post = posts
                .iter()
                .find(|post| post.id == record.remote_id)
                .expect("it was shown");
            if let By::Bridge { .. } = post.by {
                violated(Promise::EchoRelayed, format!("event {} is our own copy", record.id))?;
            }
            let said = state
                .said
                .iter()
                .find(|said| mentions(&post.text, said))
                .expect("somebody said it");
            rooms.entry(room).or_default().push(said.clone());
        }
        Ok(Self { rooms })
    }

    fn all(&self) -> impl Iterator<Item = &Said> {
        self.rooms.values().flatten()
    }

    /// Each message is one event, and whatever a network was told about is among them.
    fn are_what_people_said(&self, world: &World) -> Result<(), Violation> {
        let mut times = BTreeMap::<usize, usize>::new();
        for said in self.all() {
            *times.entry(said.number).or_default() += 1;
        }
        if let Some((number, times)) = times.iter().find(|(_, times)| **times > 1) {
            violated(Promise::Doubled, format!("message {number} is {times} events"))?;
        }
        let state = world.networks.state();
        for (chat, id) in &state.acknowledged {
            let posts = &state.shown[&place(chat)];
            let post = posts.iter().find(|post| post.id == *id).expect("it was shown");
            let said = state
                .said
                .iter()
                .find(|said| mentions(&post.text, said))
                .expect("somebody said it");
            if matches!(post.by, By::Person) && !times.contains_key(&said.number) {
                violated(
                    Promise::Lost,
                    format!("message {} was acknowledged and is no event", said.number),
                )?;
            }
        }
        Ok(())
    }

    /// Every word of every event is in every other chat of its room, unless that chat's network refused it.
    fn arrived(&self, world: &World) -> Result<(), Violation> {
        let state = world.networks.state();
        for said in self.all() {
            for chat in CHATS.into_iter().filter(|chat| *chat != said.chat) {
                let posts = state.shown.get(&(said.room, chat)).map_or(&[][..], Vec::as_slice);
                let refused = state.refused.contains(&(chat_key(said.room, chat), said.number));
                for word in 0..said.words {
                    let times = posts
                        .iter()
                        .filter(|post| post.text.contains(&tag(said.number, word)))
                        .count();
                    let place = format!(
                        "word {word} of message {} in {chat:?} of room {}",
                        said.number, said.room
                    );
                    match times {
                        0 if !refused => violated(Promise::Lost, format!("{place} is missing"))?,
                        0 | 1 => {}
                        _ if chat == Chat::Theirs => {}
                        _ => violated(Promise::Doubled, format!("{place} is shown {times} times"))?,
                    }
                }
            }
        }
        Ok(())
    }

    /// By first copies, each chat shows what came from elsewhere in the ledger's order.
    fn arrived_in_order(&self, world: &World) -> Result<(), Violation> {
        let state = world.networks.state();
        for (room, events) in &self.rooms {
            for chat in CHATS {
                let posts = state.shown.get(&(*room, chat)).map_or(&[][..], Vec::as_slice);
                let relayed = events.iter().filter(|said| said.chat != chat);
                let words = relayed.flat_map(|said| (0..said.words).map(|word| tag(said.number, word)));
                let first = |word: String| posts.iter().position(|post| post.text.contains(&word));
                let places: Vec<usize> = words.filter_map(first).collect();
                if !places.is_sorted() {
                    violated(
                        Promise::Disordered,
                        format!("{chat:?} of room {room} shows events at {places:?}"),
                    )?;
                }
            }
        }
        Ok(())
    }
}

/// A second copy is there only where a send went unanswered, and never without having been counted.
async fn doubles_are_counted(world: &World) -> Result<(), Violation> {
    let counted = world.ledger().counts().await.expect("reads").unsure_repeated;
    let mut copies = BTreeMap::<String, u64>::new();
    for posts in world.networks.state().shown.values() {
        for post in posts {
            if let By::Bridge { key, .. } = &post.by {
                *copies.entry(key.to_hex()).or_default() += 1;
            }
        }
    }
    let doubles: u64 = copies.values().map(|copies| copies - 1).sum();
    if doubles > counted {
        violated(
            Promise::Doubled,
            format!("{doubles} doubles, but {counted} were counted"),
        )?;
    }
    Ok(())
}

/// What is written down as sent is not sent again, whatever happens to the other parts of its message.
fn sent_parts_rest(world: &World) -> Result<(), Violation> {
    match world.watch.begun_again().first() {
        Some((delivery, part)) => violated(Promise::Doubled, format!("part {part} of {delivery} was sent again")),
        None => Ok(()),
    }
}

/// What the bridge says is said as its author, or under the author's name.
fn authors_are_named(world: &World) -> Result<(), Violation> {
    let state = world.networks.state();
    for ((room, chat), posts) in &state.shown {
        for post in posts {
            let By::Bridge { voice, .. } = &post.by else { continue };
            let said = state
                .said
                .iter()
                .find(|said| mentions(&post.text, said))
                .expect("somebody said it");
            if !speaks_as(post, voice, said) {
                let what = format!("message {} in {chat:?} of room {room} has another author", said.number);
                violated(Promise::WrongAuthor, what)?;
            }
        }
    }
    Ok(())
}

fn speaks_as(post: &Post, voice: &Voice, said: &Said) -> bool {
    match voice {
        Voice::Author(author) => said.author.contains(&author.person),
        Voice::Relay => {
            // The later parts of a long message need no name, but never another one.
            let relay = people(said.chat)[RELAY].name.clone();
            let is_first = post.text.contains(&tag(said.number, 0));
            let starts = |name: &matrimony_domain::Name| post.text.starts_with(name.reveal());
            if is_first {
                starts(&said.name)
            } else {
                said.name == relay || !starts(&relay)
            }
        }
    }
}

async fn all_is_settled(world: &World) -> Result<(), Violation> {
    let counts = world.ledger().counts().await.expect("reads");
    let open = counts.due + counts.claimed + counts.unsure + counts.held;
    if open > 0 || counts.oldest_due.is_some() {
        violated(Promise::NotSettled, format!("{open} deliveries are open"))?;
    }
    let refusals = world.networks.state().refused.len();
    let not_made = world.ledger().open_deliveries(None, 1_000).await.expect("reads");
    let refused = not_made
        .iter()
        .filter(|brief| brief.state == DeliveryState::Refused)
        .count();
    if not_made.len() > refused || refused > refusals {
        violated(
            Promise::Lost,
            format!("{} deliveries were not made, {refusals} refused", not_made.len()),
        )?;
    }
    Ok(())
}
