//! `cargo xtask bench`

use matrimony_sim::bench;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    match bench::run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}
