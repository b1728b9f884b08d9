//! What the benchmarks need: a measure of the rate at which events are accepted, and ledgers with a past.

mod fill;
#[cfg(feature = "bench")]
mod rate;

pub use fill::fill;
#[cfg(feature = "bench")]
pub use rate::{AcceptRate, BenchError, IN_FLIGHT, accept_rate};
