//! The Matrix connector on a real Synapse.
//!
//! Synapse comes from the Python that `MATRIMONY_SYNAPSE_PYTHON` names; `cargo xtask test` sets it. People are real
//! users, who talk and read by the client API; the ledger is played by memory.

#![expect(clippy::unwrap_used, reason = "what goes wrong in these helpers fails the test")]

mod catching_up;
mod commands;
mod house;
mod memory;
mod person;
mod starting;
mod talking;

/// How long a test waits for what must happen; a busy machine is slow.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(120);
