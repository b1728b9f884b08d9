//! How long to wait before the next attempt.

use matrimony_domain::limits::{RETRY_FIRST, RETRY_LONGEST};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// A seeded source of jitter: what failed together is not tried again together.
pub struct Jitter(Mutex<StdRng>);

impl Jitter {
    /// The same seed gives the same waits.
    pub fn seeded(seed: u64) -> Self {
        Self(Mutex::new(StdRng::seed_from_u64(seed)))
    }

    /// The wait after `failures` attempts in a row: it doubles from [`RETRY_FIRST`] up to [`RETRY_LONGEST`], less a
    /// random part of at most half.
    pub fn backoff(&self, failures: u32) -> Duration {
        let doubled = RETRY_FIRST.saturating_mul(2_u32.saturating_pow(failures.saturating_sub(1)));
        self.spread(doubled.min(RETRY_LONGEST)).max(RETRY_FIRST)
    }

    fn spread(&self, whole: Duration) -> Duration {
        let mut rng = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        whole.mul_f64(rng.random_range(0.5..1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_stay_within_their_bounds() {
        let jitter = Jitter::seeded(1);
        for failures in 0..64 {
            let wait = jitter.backoff(failures);
            assert!((RETRY_FIRST..=RETRY_LONGEST).contains(&wait), "{failures}: {wait:?}");
        }
        assert!(jitter.backoff(20) >= RETRY_LONGEST / 2);
    }

    #[test]
    fn a_seed_gives_its_waits_again() {
        let (one, other) = (Jitter::seeded(7), Jitter::seeded(7));
        assert!((0..20).all(|n| one.backoff(n) == other.backoff(n)));
    }
}
