//! The ledger's contract: the durable record of events, copies and deliveries, as verbs.
//!
//! The ledger is the bus between networks. What a network told us is [accepted](Events::accept) in one transaction that
//! also stores one delivery per other portal of the room; each delivery is [claimed](Deliveries::claim_due),
//! [begun](Deliveries::begin) before anything leaves, and [settled](Deliveries::settle) with the network's own answer.
//!
//! This crate knows no SQL and no network. A backend implements the verb families ([`Rooms`], [`Logins`], [`People`],
//! [`Events`], [`Deliveries`], [`Copies`], [`Spool`], [`Vault`], [`Audit`]) and passes the `conformance` suite; callers
//! take an `Arc<dyn Ledger>`. Every verb that changes something returns after the change is on disk, takes the time as
//! an argument, and is safe to cancel: a dropped future has either committed or changed nothing.

pub mod codec;
#[cfg(feature = "conformance")]
pub mod conformance;

mod error;
mod records;
mod verbs;

pub use error::{ClaimLost, LedgerError, UniteError};
pub use records::{
    Accepted, AuditEntry, AuditKind, Claim, ClaimToken, Copy, Counts, DeliveryBrief, DeliveryState, EventRecord,
    Intent, Lease, LoginRecord, LoginState, NewLogin, Outcome, Person, Portal, Room, SpoolItem, Spooled, WorkerId,
};
pub use verbs::{Audit, Copies, Deliveries, Events, Ledger, Logins, People, Rooms, Spool, Vault};
