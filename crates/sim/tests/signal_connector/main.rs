//! The Signal connector against the real signal-cli, which talks to Signal's own mock server.
//!
//! Each test has a rig of its own, so the phones, groups and failures of one are not another's.

mod linking;
mod messages;
mod outages;
mod support;
