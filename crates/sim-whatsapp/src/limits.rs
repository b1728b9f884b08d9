//! Every bound of the server, in one place.

use std::time::Duration;

/// Longest frame a client may send. Prekey uploads and large group fan-outs stay far below.
pub(crate) const FRAME_BYTES: usize = 4 * 1024 * 1024;
/// Longest edge-routing block before the intro.
pub(crate) const EDGE_ROUTING_BYTES: usize = 4 * 1024;
/// From the accepted socket to the end of the handshake.
pub(crate) const HANDSHAKE: Duration = Duration::from_secs(20);
/// From the server's last stanza to the end of the socket, unless the client hangs up earlier.
pub(crate) const LINGER: Duration = Duration::from_secs(2);
/// Stanzas waiting to be written to one connection; a client that reads slower is cut off and finds them in its queue.
pub(crate) const OUTBOX_STANZAS: usize = 16_384;
/// Unacknowledged stanzas kept for one device.
pub(crate) const QUEUED_STANZAS: usize = 100_000;
/// Stanzas and errands waiting for one phone.
pub(crate) const PHONE_ERRANDS: usize = 65_536;
/// Messages a phone keeps to answer retry receipts.
pub(crate) const RETRANSMITTABLE_MESSAGES: usize = 4_096;
/// How often a phone asks for the same message again, and answers for it.
pub(crate) const RETRIES_PER_MESSAGE: u32 = 5;
/// Entries a phone shows; the oldest leave first.
pub(crate) const SHOWN_MESSAGES: usize = 200_000;
/// Entries of the stanza log; the oldest leave first.
pub(crate) const JOURNAL_ENTRIES: usize = 20_000;
/// One uploaded file.
pub(crate) const MEDIA_BYTES: usize = 128 * 1024 * 1024;
/// Uploaded files kept; the oldest leave first.
pub(crate) const MEDIA_FILES: usize = 1_024;
/// One-time prekeys a phone publishes.
pub(crate) const PHONE_PREKEYS: u32 = 100;
/// One-time prekeys kept for one companion.
pub(crate) const DEVICE_PREKEYS: usize = 4_096;
/// Pairing references offered to one registration; a client shows them one after another.
pub(crate) const PAIRING_REFS: usize = 6;
/// Groups on the server.
pub(crate) const GROUPS: usize = 16_384;
/// Members of one group.
pub(crate) const GROUP_MEMBERS: usize = 1_024;
/// Connections of clients at a time; more are closed at once.
pub(crate) const CONNECTIONS: usize = 1_024;
/// Unreadable messages a phone counts its questions for.
pub(crate) const QUESTIONED_MESSAGES: usize = 4_096;
/// Longest a long poll waits.
pub(crate) const LONG_POLL: Duration = Duration::from_secs(60);
