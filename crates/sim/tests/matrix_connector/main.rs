//! The Matrix connector on a real Synapse.
//!
//! Synapse comes from the Python that `MATRIMONY_SYNAPSE_PYTHON` names; `cargo xtask test` sets it. People are real
//! users, who talk and read by the client API; the ledger is played by memory.

mod catching_up;
mod commands;
mod house;
mod memory;
mod person;
mod starting;
mod talking;
