//! Every bound of this crate, by name.

use std::time::Duration;

/// Longest text of one message, in bytes. It stands in an event twice (plain and HTML), each escaped for JSON, and an
/// event may have 65,536 bytes.
pub(crate) const TEXT_BYTES: usize = 16_000;
/// Largest content that we send, in bytes of JSON; the envelope gets the rest of the 65,536.
pub(crate) const CONTENT_BYTES: usize = 60_000;
/// Largest body that the listener takes: 100 events of 65,536 bytes and as much again for what Synapse adds.
pub(crate) const TRANSACTION_BYTES: usize = 16 * 1024 * 1024;
/// How long a transaction may wait for catch-up before the homeserver is asked to bring it again; it gives up itself
/// after 60 s.
pub(crate) const TRANSACTION_WAIT: Duration = Duration::from_secs(30);
/// Most spooled events that are taken at a time.
pub(crate) const SPOOL_PAGE: usize = 100;
/// How long the worker waits before it looks into the spool unasked, and after an inbox that did not accept.
pub(crate) const SPOOL_RETRY: Duration = Duration::from_secs(2);
/// Most events of one room that catch-up looks back over.
pub(crate) const CATCH_UP_EVENTS: usize = 10_000;
/// Events per page of `/messages`.
pub(crate) const CATCH_UP_PAGE: u32 = 100;
/// Rooms that are asked about at the same time.
pub(crate) const ROOMS_AT_ONCE: usize = 8;
/// After so many events of ours in a room, its marker is written down again.
pub(crate) const MARKER_EVERY: u32 = 50;
/// Ghosts whose state is remembered.
pub(crate) const GHOSTS: usize = 10_000;
/// Rooms whose members are remembered.
pub(crate) const ROOMS: usize = 1_000;
/// People's names that are remembered.
pub(crate) const NAMES: usize = 10_000;
/// Commands that wait for their turn.
pub(crate) const COMMANDS: usize = 16;
/// How long a request to the homeserver may take.
pub(crate) const REQUEST: Duration = Duration::from_secs(30);
/// How long connecting to it may take.
pub(crate) const CONNECT: Duration = Duration::from_secs(5);
/// How long it may take to say that it is there; a busy Synapse answers late, one that is gone not at all.
pub(crate) const SIGN_OF_LIFE: Duration = Duration::from_secs(10);
/// Time between two looks at whether the homeserver still answers. A Synapse needs longer than this to restart, so none
/// goes unnoticed.
pub(crate) const POLL: Duration = Duration::from_secs(1);
/// How long the echo from the control room may take.
pub(crate) const ECHO: Duration = Duration::from_secs(30);
/// After so many quiet looks at the homeserver, rooms are read once more after an outage.
pub(crate) const CALM_POLLS: u32 = 5;
/// Waits between two tries to reach a homeserver or to start one: first and longest.
pub(crate) const BACKOFF_FIRST: Duration = Duration::from_millis(250);
/// See [`BACKOFF_FIRST`].
pub(crate) const BACKOFF_LONGEST: Duration = Duration::from_secs(15);
/// How long tasks may take to end after they were told to: more than a Synapse may take to stop, and less than the 6 s
/// after which the service drops a session that does not end.
pub(crate) const TASKS_STOP: Duration = Duration::from_millis(5_500);
/// How long a Synapse may take to answer after its start; its first start makes the database.
pub(crate) const SYNAPSE_START: Duration = Duration::from_secs(90);
/// How long a Synapse may take to stop before it is killed.
pub(crate) const SYNAPSE_STOP: Duration = Duration::from_secs(5);
/// How long the installation of Synapse may take.
pub(crate) const SYNAPSE_INSTALL: Duration = Duration::from_secs(20 * 60);
/// Largest file that Matrix users may upload, as Synapse writes it.
pub(crate) const SYNAPSE_UPLOAD: &str = "100M";
