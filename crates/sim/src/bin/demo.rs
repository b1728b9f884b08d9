//! `cargo xtask demo`

use clap::Parser as _;
use matrimony_sim::demo::{self, Options};
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    match demo::run(&Options::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("demo: {error:#}");
            ExitCode::FAILURE
        }
    }
}
