//! A world to run Matrimony in: the simulators, the demo, the benchmark, and the tests that need real parts.
//!
//! Signal is the real signal-cli on Signal's own mock server ([`signal_rig`]), WhatsApp is the real client library on our
//! WhatsApp server (`matrimony-sim-whatsapp`), Matrix is a real Synapse. [`world`] starts all of it around one
//! `matrimony` process; [`demo`] lets people talk in it and counts what arrives.
//!
//! This crate keeps the `danger-*` feature that the simulated WhatsApp needs out of the release build of `matrimony`:
//! `matrimony-sim` is the program with that one difference.

pub mod bench;
pub mod demo;
pub mod matrimony_process;
pub mod matrix_user;
pub mod ports;
pub mod screen;
pub mod setup;
pub mod signal_rig;
pub mod wait;
pub mod world;

mod whatsapp;

pub use whatsapp::assembly;
