//! The bounds of this connector, by name.

use std::time::Duration;

/// Longest notification that is read, in bytes. Attachments are never inside, so a line is a few kilobytes.
pub(crate) const LINE_BYTES: usize = 4 << 20;
/// Longest answer that is read, in bytes: all contacts of an account, or a base64 attachment.
pub(crate) const ANSWER_BYTES: usize = 64 << 20;
/// Most calls that wait for an answer, and as many more that wait to be written.
pub(crate) const CALLS: usize = 128;
/// How long a call that only reads may take.
pub(crate) const READ_CALL: Duration = Duration::from_secs(30);
/// How long a send may take; below the service's own bound for an attempt, so that the answer is ours to give.
pub(crate) const SEND_CALL: Duration = Duration::from_secs(50);

/// How often the accounts of signal-cli are listed: one that its phone unlinks vanishes without a word.
pub(crate) const ACCOUNTS_EVERY: Duration = Duration::from_secs(5);
/// How long after an account was first missed it must still be missing.
pub(crate) const ACCOUNTS_AGAIN: Duration = Duration::from_secs(1);

/// First and longest wait before signal-cli is started or connected again.
pub(crate) const RETRY_FIRST: Duration = Duration::from_millis(200);
/// See [`RETRY_FIRST`].
pub(crate) const RETRY_LONGEST: Duration = Duration::from_secs(10);
/// How long a child may take until its socket answers; a Java runtime on a busy machine needs its time.
pub(crate) const CHILD_START: Duration = Duration::from_secs(90);
/// How long a child may take to stop before it is killed.
pub(crate) const CHILD_STOP: Duration = Duration::from_secs(4);
/// How long signal-cli is kept after a login, in case a session follows.
pub(crate) const LINGER: Duration = Duration::from_secs(20);

/// Bytes read from the spool at a time.
pub(crate) const SPOOL_READ: usize = 64 << 10;
/// How much of the spool is kept behind the slowest reader, for an account that has no session yet.
pub(crate) const SPOOL_KEEP: u64 = 8 << 20;
/// How large the spool may grow for readers that are not there any more.
pub(crate) const SPOOL_MOST: u64 = 1 << 30;
/// How often the spool is looked at when no change was notified.
pub(crate) const SPOOL_POLL: Duration = Duration::from_secs(1);
/// How long to wait when the ledger did not accept.
pub(crate) const INBOX_RETRY: Duration = Duration::from_secs(1);

/// How long one link code is shown. Signal keeps the other end open for a minute and a half at most.
pub(crate) const LINK_SHOWN: Duration = Duration::from_secs(60);
/// How long a phone may take to answer a link code; signal-cli gives up after 100 s.
pub(crate) const LINK_CALL: Duration = Duration::from_secs(150);
/// How many link codes one login shows.
pub(crate) const LINK_CODES: usize = 5;

/// Longest text that arrives in one piece: longer ones become an attachment that signal-cli before 0.14 does not read
/// back. In UTF-8 bytes.
pub(crate) const TEXT_BYTES: usize = 2_000;
/// Longest text that is read from such an attachment, in bytes.
pub(crate) const LONG_TEXT_BYTES: u64 = 64 << 10;

/// How long to wait after Signal said that we are too fast, when it did not say how long.
pub(crate) const RATE_LIMIT: Duration = Duration::from_secs(300);
/// How long to wait when nothing was sent because signal-cli is not there.
pub(crate) const NOT_CONNECTED: Duration = Duration::from_secs(1);
