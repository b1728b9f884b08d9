//! The runtime of the bridge: what ties the ledger to the networks and keeps both going.
//!
//! A [`Service`] opens every linked login, hands what the networks tell to the ledger ([`LedgerInbox`]), does the
//! ledger's deliveries ([`Outbox`]), keeps all of that alive under one supervisor, and offers the methods that every
//! front end uses: command line, bot, API and console.
//!
//! This crate knows neither SQL nor any network: it takes an `Arc<dyn Ledger>` and `Arc<dyn Network>`s. What is to be
//! said, and to whom, the engine decides. Time, randomness and the worker's name are passed in ([`Parts`]).
//!
//! Start with [`Service::start`]; for the way of a message, read [`LedgerInbox`] and then [`Outbox::step`].

mod backoff;
mod chats;
mod core;
mod directory;
mod error;
mod identities;
mod in_flight;
mod inbox;
mod logins;
mod outbox;
mod rooms;
mod service;
mod sessions;
mod spool;
mod status;
mod supervisor;
mod sync;
mod unite;
mod vault;
mod views;
mod wakes;

pub use crate::core::Core;
pub use backoff::Jitter;
pub use error::{AddAccountError, BeginLoginError, ChatsError, DetachRefused, RelayRefused, StartError, UniteRefused};
pub use inbox::LedgerInbox;
pub use logins::{LoginFlow, LoginStep};
pub use outbox::{Outbox, Stepped};
pub use service::{Parts, Service};
pub use spool::ledger_spool;
pub use status::{LoginStatus, OpenDelivery, Status};
pub use supervisor::StopReport;
pub use unite::{HomeChat, UniteRequest};
pub use views::{ChatListing, LinkedLogin, PortalView, RoomView};
