//! Matrix, the home of every room: a connector that can speak as the author, and the Synapse that Matrimony manages.
//!
//! We are an application service of a homeserver. It pushes events to our listener, which puts them on disk, answers,
//! and lets a worker hand them to the inbox; we speak as *ghosts*, one Matrix user for each person of another network.
//! Catch-up closes the gaps that a homeserver leaves when it restarts.
//!
//! The crate refuses to know the ledger, the engine's decisions and other networks' words: a person of another network
//! is an opaque key that becomes a user id.
//!
//! - [`MatrixNetwork`] is the connector; [`Settings`] say which homeserver it is on.
//! - [`ManagedSynapse`] is a homeserver of our own; [`registration`] is what an external one must be given.
//! - [`Steward`] is implemented by the application: it carries out the bot's commands.

mod bot;
mod catch_up;
mod client;
mod event;
mod ghosts;
mod home;
mod intake;
mod limits;
mod link;
mod listener;
mod managed;
mod names;
mod network;
mod registration;
mod rooms;
mod say;
mod session;
mod settings;
#[cfg(test)]
mod testing;
mod worker;

pub use bot::{Answer, Command, Steward};
pub use managed::{
    ManagedError, ManagedSettings, ManagedSynapse, Progress, RegisterError, Running, SYNAPSE_VERSION, free_port,
};
pub use names::{BadNames, Names};
pub use network::{MatrixNetwork, Parts};
pub use registration::registration;
pub use settings::{Address, Appservice, Homeserver, Settings, Tokens};
