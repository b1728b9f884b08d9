//! Log output.

use crate::config::{Log, LogFormat};
use std::io::{IsTerminal as _, stderr};
use tracing::{Metadata, Subscriber};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer, fmt, registry};

/// Starts logging to standard error. `RUST_LOG` wins over the config. Called once; a second call changes nothing.
pub(crate) fn start(log: &Log) -> Result<(), String> {
    let filter = match std::env::var("RUST_LOG") {
        Ok(filter) if !filter.is_empty() => filter,
        _ => log.filter.clone(),
    };
    let filter = EnvFilter::try_new(&filter).map_err(|error| format!("log.filter is not right: {error}"))?;
    let started = registry()
        .with(lines(log.format).with_filter(filter_fn(is_ours)))
        .with(filter)
        .try_init();
    drop(started); // Err: a test has one already
    Ok(())
}

fn lines<S: Subscriber + for<'a> LookupSpan<'a>>(format: LogFormat) -> Box<dyn Layer<S> + Send + Sync> {
    let lines = fmt::layer()
        .with_writer(stderr)
        .with_ansi(stderr().is_terminal())
        .with_target(false);
    match format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().boxed(),
    }
}

/// Only our own lines, whatever the filter says: libraries write phone numbers and keys into theirs.
fn is_ours(metadata: &Metadata<'_>) -> bool {
    metadata.target().starts_with("matrimony")
}
