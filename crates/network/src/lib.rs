//! The connector contract: what the service asks of a network and what a network may ask of the service.
//!
//! A connector implements [`Network`] (one per kind), [`Session`] (one per login) and [`Login`] (one per attempt to
//! link), and gets an [`Inbox`] and a [`Vault`] from the service. Durability is in the shape: [`Inbox::accept`] returns
//! `Ok` only after a commit, and [`Session::perform`] has exactly the four answers that lead to four different next
//! moves. This crate knows neither the ledger nor any network.
//!
//! Start with [`Session`]. A new network is those traits and a passing `conformance` suite, with no other edit.

mod inbox;
mod login;
mod network;
mod session;
mod spool;
mod vault;

pub use inbox::{Inbox, NotAccepted};
pub use login::{Linked, Login, LoginError, LoginMethod, Picture, Step};
pub use network::{Network, OpenError};
pub use session::{
    BridgedChat, ChatInfo, MemberInfo, NewChat, SendError, Sent, Session, SessionEnd, SessionHealth, Unlinked,
};
pub use spool::Spool;
pub use vault::{Vault, VaultError};
