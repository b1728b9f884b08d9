//! Learning what the homeserver did not tell.
//!
//! Synapse loses events for good when it stops with a backlog in memory, and after its restart it sends no backlog at
//! all until something new happens. So after every start and every reconnect, while transactions wait:
//!
//! 1. each room is read backwards from its newest event to its marker, and what was missed goes into the spool;
//! 2. the gate opens, and a ping ends the wait of a homeserver that had given us up;
//! 3. an event in a private control room must come back as an echo: from then on transactions flow.
//!
//! They flow, yet one may be missing: when a homeserver recovers from an outage, a transaction that is made in the very
//! moment of its recovery stays behind until the next outage, while later ones come. So markers stand still until, a
//! little later, every room was [read once more](CatchUp::settle) from where it stood before the outage.

use crate::client::CallError;
use crate::home::Home;
use crate::intake::{ECHO_TYPE, Intake};
use crate::limits;
use futures_util::{StreamExt, TryStreamExt, stream};
use matrimony_domain::{LoginId, Name, Reason, UnixMillis};
use matrimony_network::{Inbox, NotAccepted, VaultError};
use ruma::api::client::appservice::request_ping;
use ruma::api::client::message::get_message_events;
use ruma::{OwnedEventId, OwnedRoomId, RoomId, UInt, UserId};
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
    #[error(transparent)]
    Inbox(#[from] NotAccepted),
    #[error("the homeserver sends us no events; does it have our registration, and can it reach our address?")]
    NoEcho,
    #[error("the homeserver cannot reach us: {0}")]
    NoPing(CallError),
}

/// One catch-up.
pub(crate) struct CatchUp<'a> {
    pub(crate) home: &'a Home,
    pub(crate) intake: &'a Intake,
    /// Where it is recorded what is given up.
    pub(crate) inbox: &'a dyn Inbox,
    pub(crate) login: LoginId,
    /// The id of our registration.
    pub(crate) registration: &'a str,
}

impl CatchUp<'_> {
    /// Catches up; returns once we are told everything again.
    pub(crate) async fn run(&self, now: UnixMillis) -> Result<(), Behind> {
        self.home.ensure_bot().await?;
        let rooms = self.home.rooms.joined().await?;
        let control = self.control_room(&rooms).await?;
        self.read_rooms(rooms, &control).await?;
        self.intake.open();
        let ping = request_ping::v1::Request::new(self.registration.to_owned());
        self.home
            .client
            .call(self.home.names.bot(), ping)
            .await
            .map_err(Behind::NoPing)?;
        self.hear_echo(&control, now).await
    }

    /// Reads every room once more, and lets markers move. To be called some time after [`run`](Self::run), while the
    /// homeserver is up.
    pub(crate) async fn settle(&self) -> Result<(), Behind> {
        let rooms = self.home.rooms.joined().await?;
        let control = self.control_room(&rooms).await?;
        let newest = self.read_rooms(rooms, &control).await?;
        Ok(self.intake.settle(newest).await?)
    }

    /// Reads the rooms side by side, but for the control room; answers the newest event of each.
    async fn read_rooms(
        &self,
        rooms: Vec<OwnedRoomId>,
        control: &RoomId,
    ) -> Result<Vec<(OwnedRoomId, OwnedEventId)>, Behind> {
        let rooms = rooms.into_iter().filter(|room| *room != control);
        let reads = stream::iter(rooms.map(async |room| {
            let newest = self.read_room(&room).await?;
            Ok::<_, Behind>(newest.map(|event| (room, event)))
        }));
        let newest: Vec<_> = reads.buffer_unordered(limits::ROOMS_AT_ONCE).try_collect().await?;
        Ok(newest.into_iter().flatten().collect())
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
    /// where the bot joined. Answers its newest event.
    async fn read_room(&self, room: &RoomId) -> Result<Option<OwnedEventId>, Behind> {
        let marker = self.intake.marker(room).await?;
        let mut newest = None;
        let mut missed: Vec<Box<RawValue>> = Vec::new();
        let mut from = None;
        loop {
            let mut request = get_message_events::v3::Request::backward(room.to_owned());
            request.limit = UInt::from(if from.is_none() {
                FIRST_LOOK
            } else {
                limits::CATCH_UP_PAGE
            });
            request.from = from;
            let page = self.home.client.call(self.home.names.bot(), request).await?;
            for event in page.chunk {
                let event = event.into_json();
                newest = newest.or_else(|| id_of(&event));
                if is_known(&event, marker.as_ref().map(|id| id.as_str()), self.home.names.bot()) {
                    return self.feed(&missed).await.map(|()| newest);
                }
                missed.push(event);
            }
            if missed.len() >= limits::CATCH_UP_EVENTS {
                self.give_up_older(room).await?;
                return self.feed(&missed).await.map(|()| newest);
            }
            from = page.end;
            if from.is_none() {
                return self.feed(&missed).await.map(|()| newest);
            }
        }
    }

    /// Puts on record that a room has missed more than we look back over. Before its marker moves, so that a failure
    /// here is made good by the next catch-up.
    async fn give_up_older(&self, room: &RoomId) -> Result<(), Behind> {
        let why = Reason::computed(format!(
            "the Matrix room {room} has missed more than {} events; older ones are not passed on",
            limits::CATCH_UP_EVENTS
        ));
        Ok(self.inbox.unreadable(self.login, why).await?)
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

fn id_of(event: &RawValue) -> Option<OwnedEventId> {
    #[derive(Deserialize)]
    struct Head {
        event_id: OwnedEventId,
    }
    serde_json::from_str::<Head>(event.get()).ok().map(|head| head.event_id)
}

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
    use crate::client::Client;
    use crate::names::Names;
    use crate::settings::{Address, Tokens};
    use crate::testing::{Heard, Shelf};
    use axum::extract::Query;
    use axum::routing::get;
    use axum::{Json, Router};
    use serde_json::{Value, json};
    use std::collections::HashMap;
    use std::sync::Arc;
    use std::sync::atomic::Ordering;

    /// The answer of a homeserver whose rooms never end.
    async fn endless(Query(query): Query<HashMap<String, String>>) -> Json<Value> {
        let from: u32 = query.get("from").map_or(0, |from| from.parse().unwrap());
        let limit: u32 = query["limit"].parse().unwrap();
        let event = |n| {
            json!({
                "event_id": format!("$e{n}"), "room_id": "!abc", "sender": "@nina:mx.test", "type": "m.room.message",
                "origin_server_ts": 1, "content": {},
            })
        };
        let chunk: Vec<Value> = (from..from + limit).map(event).collect();
        Json(json!({ "start": from.to_string(), "end": (from + limit).to_string(), "chunk": chunk }))
    }

    async fn endless_homeserver() -> Address {
        let routes = Router::new().route("/_matrix/client/v3/rooms/{room}/messages", get(endless));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(axum::serve(listener, routes).into_future());
        let (as_token, hs_token) = ("a".to_owned(), "b".to_owned());
        Address {
            url,
            server_name: "mx.test".try_into().unwrap(),
            tokens: Tokens { as_token, hs_token },
        }
    }

    #[tokio::test]
    async fn what_is_given_up_is_on_record_before_the_rest_is_taken_in() {
        let (shelf, heard) = (Arc::new(Shelf::default()), Heard::default());
        let names = Names::new("mx.test".try_into().unwrap(), "matrimony", "_").unwrap();
        let client = Arc::new(Client::new(&endless_homeserver().await).unwrap());
        let catch_up = CatchUp {
            home: &Home::new(client, names.clone(), shelf.clone()),
            intake: &Intake::new(names, shelf.clone(), shelf.clone()),
            inbox: &heard,
            login: LoginId(1),
            registration: "matrimony",
        };
        let room: OwnedRoomId = "!abc".try_into().unwrap();

        heard.closed.store(true, Ordering::SeqCst);
        assert!(catch_up.read_room(&room).await.is_err());
        assert_eq!(shelf.spooled().len(), 0, "it is tried again");

        heard.closed.store(false, Ordering::SeqCst);
        catch_up.read_room(&room).await.unwrap();
        let why = "the Matrix room !abc has missed more than 10000 events; older ones are not passed on";
        assert_eq!(heard.unreadable(), [why]);
        assert!(shelf.spooled().len() >= limits::CATCH_UP_EVENTS);
    }

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
