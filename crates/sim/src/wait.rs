//! Waiting for a condition, with a deadline, instead of sleeping.

use anyhow::{Result, bail};
use std::time::Duration;
use tokio::time::{Instant, interval, timeout_at};

/// How often a condition is looked at. Short, because latencies are measured with it.
const LOOK: Duration = Duration::from_millis(10);

/// Looks at `condition` until it gives a value. The error names what was waited for.
pub async fn until<T, F>(what: &str, within: Duration, mut condition: impl FnMut() -> F) -> Result<T>
where
    F: Future<Output = Option<T>>,
{
    let deadline = Instant::now() + within;
    let look = async {
        let mut ticks = interval(LOOK);
        loop {
            ticks.tick().await;
            if let Some(value) = condition().await {
                return value;
            }
        }
    };
    match timeout_at(deadline, look).await {
        Ok(value) => Ok(value),
        Err(_) => bail!("{what}: not within {} s", within.as_secs()),
    }
}
