//! How long to wait before trying again.

use crate::limits::{RETRY_FIRST, RETRY_LONGEST};
use matrimony_domain::{Clock, UnixMillis};
use std::sync::Arc;
use std::time::Duration;

/// Doubles from [`RETRY_FIRST`] to [`RETRY_LONGEST`]; up to a quarter of it is taken off by the clock's last digits, so
/// that several programs that lost the same signal-cli do not come back in step.
pub(crate) struct Backoff {
    next: Duration,
    clock: Arc<dyn Clock>,
}

impl Backoff {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            next: RETRY_FIRST,
            clock,
        }
    }

    /// It worked: the next wait is short again.
    pub(crate) fn reset(&mut self) {
        self.next = RETRY_FIRST;
    }

    /// How long to wait now.
    pub(crate) fn wait(&mut self) -> Duration {
        let wait = self.next;
        self.next = (wait * 2).min(RETRY_LONGEST);
        wait - jitter(wait / 4, self.clock.now())
    }
}

fn jitter(most: Duration, now: UnixMillis) -> Duration {
    let share = u32::try_from(now.0.rem_euclid(100)).unwrap_or(0);
    most * share / 100
}

#[cfg(test)]
mod tests {
    use super::*;
    use matrimony_domain::ManualClock;

    #[test]
    fn waits_grow_to_a_bound_and_start_again() {
        let mut backoff = Backoff::new(Arc::new(ManualClock::at(UnixMillis(1_099))));
        let waits: Vec<_> = (0..10).map(|_| backoff.wait()).collect();
        assert!(waits.is_sorted() && waits[0] < RETRY_FIRST, "{waits:?}");
        assert!(
            waits[9] > RETRY_LONGEST * 3 / 4 && waits[9] <= RETRY_LONGEST,
            "{waits:?}"
        );
        backoff.reset();
        assert!(backoff.wait() <= RETRY_FIRST);
    }
}
