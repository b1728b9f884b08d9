//! WhatsApp, through the crate `whatsapp-rust` in this process: the only place with WhatsApp's words.
//!
//! What it promises, and where:
//! - **Received means committed.** A message is acknowledged to the server after [`Inbox::accept`] said so (`receive`).
//!   When the inbox refuses, everything behind it is refused as well until a reconnect brings it again, in order.
//! - **Sent means acknowledged.** A send that returned is only on the socket; `send` waits for the server's own answer to
//!   that id. Ids are derived from the delivery (`ids`), so a repeat is the same message to whoever gets it twice.
//! - **Ends are told apart**: logged out, replaced, banned, outdated, locked (`outcome`).
//!
//! It refuses to know rooms, portals, the ledger and other networks. It enables no `danger-*` feature of its
//! dependencies: a certificate chain that WhatsApp has not signed is refused.
//!
//! Start with [`WhatsAppNetwork`]; then `session` (a login at work), `connection` (its life) and `login` (how it began).
//!
//! [`Inbox::accept`]: matrimony_network::Inbox::accept

mod acks;
mod address;
mod client;
mod connection;
mod decode;
mod directory;
mod events;
mod ids;
mod late;
mod login;
mod names;
mod network;
mod outcome;
mod receive;
mod send;
mod session;
mod settings;
mod store;

pub use network::WhatsAppNetwork;
pub use settings::{Backoff, Settings};
