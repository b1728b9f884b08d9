//! The WhatsApp connector against the simulated WhatsApp server: linking, both directions, and every way to end.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

mod directory;
mod ends;
mod faults;
mod linking;
mod rig;
mod talking;
