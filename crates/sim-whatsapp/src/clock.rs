//! The one place where the simulator reads the wall clock: certificates and stanzas carry Unix time that clients
//! compare with their own.

use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds since the Unix epoch.
#[expect(
    clippy::disallowed_methods,
    reason = "clients check certificate validity against real time, so a server on the wire needs it too"
)]
pub(crate) fn unix_seconds() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| elapsed.as_secs())
}
