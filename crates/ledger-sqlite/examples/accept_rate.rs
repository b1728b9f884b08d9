//! Prints how many events a second the ledger accepts, against bare commits on the same disk.
//!
//! `cargo run --release -p matrimony-ledger-sqlite --features bench --example accept_rate [FOLDER]`

use matrimony_ledger_sqlite::bench;
use std::path::PathBuf;
use std::time::Duration;

#[tokio::main]
async fn main() -> Result<(), bench::BenchError> {
    let folder = std::env::args_os()
        .nth(1)
        .map_or_else(std::env::temp_dir, PathBuf::from);
    let rates = bench::accept_rate(&folder, Duration::from_secs(5)).await?;
    println!("{rates}");
    Ok(())
}
