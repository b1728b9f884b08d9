//! Every bound of the system, by name. A queue, cache, retry or page without one is a bug.

use std::time::Duration;

/// Longest display name that is kept, in characters.
pub const NAME_CHARS: usize = 100;
/// Longest message body that is accepted from a network, in bytes; the rest is cut with a note that says so. Matrix
/// allows 65,536 bytes an event, Signal and WhatsApp less.
pub const BODY_BYTES: usize = 65_536;
/// Most formatting spans kept for one text.
pub const SPANS: usize = 1_000;
/// Longest reason stored with an outcome, in characters.
pub const REASON_CHARS: usize = 200;
/// Most parts that one text is split into; what is left after them is named, not sent.
pub const PARTS: usize = 32;

/// How long a delivery is retried before it is refused.
pub const DELIVERY_HORIZON: Duration = Duration::from_secs(24 * 60 * 60);
/// How long a claim belongs to its worker; after that the delivery is due again.
pub const CLAIM_LEASE: Duration = Duration::from_secs(120);
/// Most deliveries of one login that are claimed at a time.
pub const CLAIMS_PER_LOGIN: usize = 16;
/// First and longest wait between two attempts of a delivery; it doubles, with jitter, in between.
pub const RETRY_FIRST: Duration = Duration::from_millis(500);
/// See [`RETRY_FIRST`].
pub const RETRY_LONGEST: Duration = Duration::from_secs(60);
/// How long an unsure delivery waits to be seen by another login before it is repeated.
pub const UNSURE_WAIT: Duration = Duration::from_secs(15);
/// How long after its delivery was settled another login may still see, for the first time, what an unanswered attempt
/// has sent; what is seen later counts as written by hand.
pub const LATE_COPY: Duration = Duration::from_secs(24 * 60 * 60);
/// Most copies, no longer expected, that one settled delivery forgets, so that no call pays for a day.
pub const LATE_COPIES_PRUNED: usize = 64;
/// How long one attempt may take before it counts as unanswered.
pub const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(60);
/// How long `up` may take to stop.
pub const STOP_WITHIN: Duration = Duration::from_secs(10);
/// Most inbound messages that one session hands over in one batch.
pub const BATCH: usize = 100;

/// Most writes that wait for the ledger's writer; a caller beyond that waits for its turn.
pub const WRITE_QUEUE: usize = 1_024;
/// Most writes that share one commit of the ledger.
pub const WRITE_BATCH: usize = 128;
/// Connections on which the embedded ledger reads beside its writer.
pub const READERS: usize = 2;
/// How long the ledger waits for a lock that another process (a backup, a shell) holds on its file.
pub const LEDGER_BUSY: Duration = Duration::from_secs(5);
/// How long the key of a handled spool item is remembered, so that a network's late repeat is recognised.
pub const SPOOL_KEYS_KEPT: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// Most forgotten spool keys that one call removes, so that no call pays for a week.
pub const SPOOL_PRUNED: usize = 32;
/// Lines of the audit that are kept; older ones go.
pub const AUDIT_LINES: usize = 10_000;
