//! The figures, measured: each is printed beside what it should be, and none fails.

mod latency;
mod memory;
mod ready;
mod signal_cli;

use anyhow::Result;
use matrimony_ledger_sqlite::bench::accept_rate;
use std::time::Duration;

/// How long each rate is measured.
const MEASURE: Duration = Duration::from_secs(5);

/// Measures everything and prints it.
pub async fn run() -> Result<()> {
    let folder = tempfile::tempdir()?;
    println!("ledger: events accepted, against bare fsynced commits (aim: 3 times with 32 in flight)");
    println!("{}\n", accept_rate(folder.path(), MEASURE).await?);
    println!("ready: from start, without child processes (aim: under 500 ms)");
    println!("{}\n", ready::measure(folder.path()).await?);
    println!(
        "latency: from the line of signal-cli to the phone on WhatsApp, 20 messages a second (aim: p50 5 ms, p99 25 ms)"
    );
    println!("{}\n", latency::measure(folder.path()).await?);
    println!("memory: matrimony in the demo's world (aim: under 80 MiB)");
    println!("{}", memory::measure(folder.path()).await?);
    Ok(())
}
