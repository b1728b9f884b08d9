//! Text in the forms of the networks, through [`Text`](matrimony_domain::Text).
//!
//! [`html`] (Matrix), [`marks`] (WhatsApp) and [`ranges`] (Signal) each read and write one form. They are pure, so
//! connectors call them. Each names the marks that its form can show in a constant `SHOWN`, for the connector's
//! [`Capabilities`](matrimony_domain::Capabilities). What a round trip through a form loses is told at the form.
//!
//! Readers take anything and give a text within [`limits`](matrimony_domain::limits), its spans sorted; beyond the
//! limits the rest is named. Writers take any [`Text`](matrimony_domain::Text), also one whose spans are broken.
//!
//! # What a chat does not show
//!
//! [`degrade`] leaves the marks that a chat shows and writes out what would be missed:
//!
//! | mark | where it is not shown | why |
//! |---|---|---|
//! | bold, italic, strike, code | the text stays, the mark goes | the words still say it |
//! | link | `label (https://…)`; the address once, where the label is the address | a reader must see where it leads |
//! | quote | each line after `> ` | someone else's words must not seem the author's |
//! | spoiler | `[spoiler: …]` | the reader is warned, and sees where it ends |
//! | mention | the person's name, as the room knows it, after `@` | numbers and ids stay in their network |

mod bound;
mod degrade;
pub mod html;
pub mod marks;
pub(crate) mod mention;
pub mod ranges;
pub(crate) mod rewrite;
pub(crate) mod spans;
#[cfg(test)]
pub(crate) mod testing;

pub use degrade::degrade;
