//! Text in the forms of the networks, through [`Text`](matrimony_domain::Text).
//!
//! [`html`] (Matrix), [`marks`] (WhatsApp) and [`ranges`] (Signal) each read and write one form. They are pure, so
//! connectors call them. Each names the marks that its form can show in a constant `SHOWN`, for the connector's
//! [`Capabilities`](matrimony_domain::Capabilities).

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
