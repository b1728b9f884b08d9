//! Learning what the homeserver did not tell.
//!
//! Synapse loses events for good when it stops with a backlog in memory, and after its restart it sends no backlog at
//! all until something new happens. So after every start and every reconnect, while transactions wait:
//!
//! 1. each room is read backwards from its newest event to its marker, and what was missed goes into the spool;
//! 2. the gate opens, and a ping ends the wait of a homeserver that had given us up;
//! 3. an event in a private control room must come back as an echo: from then on we know that we are told everything.

use crate::client::CallError;
use crate::home::Home;
use crate::intake::{ECHO_TYPE, Intake};
use crate::limits;
use futures_util::{StreamExt, TryStreamExt, stream};
use matrimony_domain::{Name, UnixMillis};
use matrimony_network::VaultError;
use ruma::api::client::appservice::request_ping;
use ruma::api::client::message::get_message_events;
use ruma::{OwnedRoomId, RoomId, UInt, UserId};
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;
use tokio::time::timeout;

/// Where the id of the control room is kept.
const CONTROL_ROOM: &str = "control-room";

/// Why we do not know whether we are told everything.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Behind {
    #[error(transparent)]
    Call(#[from] CallError),
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error("the homeserver sends us no events; does it have our registration, and can it reach our address?")]
    NoEcho,
    #[error("the homeserver cannot reach us: {0}")]
    NoPing(CallError),
}

/// One catch-up.
pub(crate) struct CatchUp<'a> {
    pub(crate) home: &'a Home,
    pub(crate) intake: &'a Intake,
    /// The id of our registration.
    pub(crate) registration: &'a str,
}

impl CatchUp<'_> {
    /// Catches up; returns once we are told everything again.
    pub(crate) async fn run(&self, now: UnixMillis) -> Result<(), Behind> {
        self.home.ensure_bot().await?;
        let rooms = self.home.rooms.joined().await?;
        let control = self.control_room(&rooms).await?;
        stream::iter(
            rooms
                .into_iter()
                .filter(|room| *room != control)
                .map(|room| self.read_room(room)),
        )
        .buffer_unordered(limits::ROOMS_AT_ONCE)
        .try_for_each(|()| async { Ok(()) })
        .await?;
        self.intake.open();
        let ping = request_ping::v1::Request::new(self.registration.to_owned());
        self.home
            .client
            .call(self.home.names.bot(), ping)
            .await
            .map_err(Behind::NoPing)?;
        self.hear_echo(&control, now).await
    }

    /// The room in which we hear ourselves. It is made again when it is gone.
    async fn control_room(&self, rooms: &[OwnedRoomId]) -> Result<OwnedRoomId, Behind> {
        let stored = self.home.vault.get(CONTROL_ROOM).await?;
        let stored = stored.and_then(|bytes| OwnedRoomId::try_from(String::from_utf8(bytes).ok()?).ok());
        if let Some(room) = stored.filter(|room| rooms.contains(room)) {
            return Ok(room);
        }
        let name = Name::new("Matrimony control").expect("it is readable");
        let room = self.home.rooms.create(&name, &[]).await?;
        self.home.vault.put(CONTROL_ROOM, room.as_bytes()).await?;
        Ok(room)
    }

    async fn hear_echo(&self, control: &RoomId, now: UnixMillis) -> Result<(), Behind> {
        let mut echoes = self.intake.echoes();
        let bot = self.home.names.bot();
        let transaction = format!("echo-{now}");
        let event = self
            .home
            .post(bot, control, &transaction, ECHO_TYPE, &json!({}), None)
            .await?;
        let heard = timeout(limits::ECHO, echoes.wait_for(|echo| echo.as_ref() == Some(&event))).await;
        matches!(heard, Ok(Ok(_))).then_some(()).ok_or(Behind::NoEcho)
    }

    /// Brings what a room has behind its marker into the spool, oldest first. A room without a marker is read back to
    /// where the bot joined.
    async fn read_room(&self, room: OwnedRoomId) -> Result<(), Behind> {
        let marker = self.intake.marker(&room).await?;
        let mut missed: Vec<Box<RawValue>> = Vec::new();
        let mut from = None;
        loop {
            let mut request = get_message_events::v3::Request::backward(room.clone());
            request.limit = UInt::from(if from.is_none() {
                FIRST_LOOK
            } else {
                limits::CATCH_UP_PAGE
            });
            request.from = from;
            let page = self.home.client.call(self.home.names.bot(), request).await?;
            for event in page.chunk {
                let event = event.into_json();
                if is_known(&event, marker.as_ref().map(|id| id.as_str()), self.home.names.bot()) {
                    return self.feed(&missed).await;
                }
                missed.push(event);
            }
            if missed.len() >= limits::CATCH_UP_EVENTS {
                tracing::error!(
                    events = missed.len(),
                    "a room has more missed events than catch-up looks back over; older ones are not passed on"
                );
                return self.feed(&missed).await;
            }
            from = page.end;
            if from.is_none() {
                return self.feed(&missed).await;
            }
        }
    }

    /// Takes events, newest first, in by the way that transactions take.
    async fn feed(&self, newest_first: &[Box<RawValue>]) -> Result<(), Behind> {
        let in_order: Vec<&RawValue> = newest_first.iter().rev().map(AsRef::as_ref).collect();
        for page in in_order.chunks(limits::SPOOL_PAGE) {
            self.intake.take(page).await?;
        }
        Ok(())
    }
}

/// Most rooms have missed nothing: the first look is a short one.
const FIRST_LOOK: u32 = 5;

/// Whether reading back ends at this event: it is the marker, or there is none and the bot joined here.
fn is_known(event: &RawValue, marker: Option<&str>, bot: &UserId) -> bool {
    #[derive(Deserialize)]
    struct Head {
        event_id: String,
        r#type: String,
        state_key: Option<String>,
        content: Membership,
        #[serde(default)]
        unsigned: Unsigned,
    }
    #[derive(Default, Deserialize)]
    struct Unsigned {
        prev_content: Option<Membership>,
    }
    #[derive(Deserialize)]
    struct Membership {
        membership: Option<String>,
    }
    let joins = |content: &Membership| content.membership.as_deref() == Some("join");
    let Ok(head) = serde_json::from_str::<Head>(event.get()) else {
        return false;
    };
    match marker {
        Some(marker) => head.event_id == marker,
        None => {
            head.r#type == "m.room.member"
                && head.state_key.as_deref() == Some(bot.as_str())
                && joins(&head.content)
                && !head.unsigned.prev_content.as_ref().is_some_and(joins)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn known(event: &Value, marker: Option<&str>) -> bool {
        let raw = serde_json::value::to_raw_value(event).unwrap();
        is_known(&raw, marker, &UserId::parse("@matrimony:mx.test").unwrap())
    }

    #[test]
    fn reading_back_ends_at_the_marker() {
        let event = json!({ "event_id": "$a", "type": "m.room.message", "content": { "membership": "join" } });
        assert!(known(&event, Some("$a")));
        assert!(!known(&event, Some("$b")));
        assert!(!known(&event, None));
        assert!(!known(&json!({ "garbage": 1 }), Some("$a")));
    }

    #[test]
    fn without_a_marker_it_ends_where_the_bot_joined() {
        let member = |user: &str, now: &str, before: Value| {
            json!({
                "event_id": "$a", "type": "m.room.member", "state_key": user, "content": { "membership": now },
                "unsigned": { "prev_content": before },
            })
        };
        let bot = "@matrimony:mx.test";
        assert!(known(&member(bot, "join", json!({ "membership": "invite" })), None));
        assert!(known(&member(bot, "join", Value::Null), None));
        assert!(
            !known(&member(bot, "join", json!({ "membership": "join" })), None),
            "only renamed"
        );
        assert!(!known(&member(bot, "invite", Value::Null), None));
        assert!(!known(&member("@nina:mx.test", "join", Value::Null), None));
    }
}
