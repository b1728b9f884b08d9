//! The service on scripted networks: what front ends see, and what happens when a part of it breaks.

mod fake;
mod flow;
mod logins;
mod polls;
mod sessions;
mod stop;
mod timeouts;
mod unite;
mod world;

use std::time::Duration;

/// How long a test waits for what must happen.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
