//! The words of Matrimony, as types. No I/O, no async, no SQL, no serialisation: rows, wire formats and pages own their
//! structs and convert.
//!
//! | word | meaning | type |
//! |---|---|---|
//! | network | Matrix, Signal, WhatsApp | [`NetworkKind`] |
//! | login | an account that Matrimony holds on a network | [`Account`], [`LoginId`] |
//! | chat | a conversation as a network knows it | [`ChatKey`] |
//! | room | one conversation made of one or more chats | [`RoomId`] |
//! | portal | the attachment of one chat to one room, with the relay login that speaks there | [`PortalId`] |
//! | person | someone on a network; a *ghost* is the Matrix user that stands for them | [`PersonKey`] |
//! | event | something that happened in a room | [`Inbound`] before it is accepted, [`EventId`] after |
//! | copy | an event as it exists in one chat | [`RemoteId`] |
//! | delivery | the duty to make one copy | [`DeliveryId`], [`SendKey`] |
//!
//! Start with [`Inbound`] (what a network told us) and [`Action`] (what we ask of a network); [`Text`] is the neutral
//! form between them.
//!
//! Types that hold a person's data (bodies, names, addresses) print a redacted form under `{:?}`, so that a careless
//! log line leaks nothing.

pub mod limits;

mod account;
mod action;
mod capability;
mod clock;
mod content;
mod ids;
mod inbound;
mod name;
mod reason;
mod text;

pub use account::{Account, AccountKey, LoginRole};
pub use action::{Action, Author, SendKey, Voice};
pub use capability::{Capabilities, Marks, SendIds};
pub use clock::{Clock, ManualClock, SystemClock, UnixMillis};
pub use content::{Content, Placeholder, PlaceholderKind};
pub use ids::{
    ChatKey, DeliveryId, EventId, LoginId, NetworkKind, PersonKey, PortalId, RemoteId, RoomId, Seq, UnknownNetwork,
};
pub use inbound::{Inbound, InboundBody, Sender};
pub use name::Name;
pub use reason::Reason;
pub use text::{Mark, Span, Text};
