//! Decides, never does: what a chat is told about an event, under whose name, in which marks, in how many parts, and
//! whether something that came in is our own copy.
//!
//! The crate refuses to know I/O, async, clocks, randomness and SQL. It never branches on a network's name: what a chat
//! can carry is a value, [`Capabilities`](matrimony_domain::Capabilities). Every function is total: any input gives an
//! answer, in time that grows about linearly with its length, within [`limits`](matrimony_domain::limits).
//!
//! - [`render`] turns an event into the [`Action`](matrimony_domain::Action)s for one chat.
//! - [`echo`] tells our own copies from what people wrote.
//! - [`translate`] has the wire forms of text, for connectors.

pub mod echo;
pub mod translate;

mod attribution;
mod deliver;
mod people;
mod placeholder;
mod split;

pub use deliver::{Destination, EventView, Rendering, RoomPerson, render};
