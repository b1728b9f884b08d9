//! Project tasks, run as `cargo xtask <task>`.
//!
//! A fresh machine needs Rust, Python 3 and Node; every task that needs more prepares it first, from package
//! registries only, into a cache that all clones of the project share (`setup`). This crate knows nothing of what
//! Matrimony does: it finds programs, installs pinned packages, and hands their places to cargo as variables.
//!
//! Start with `commands` for what a task does, and with `setup` for what it prepares.

mod commands;
mod project;
mod setup;
mod stopwatch;

use std::process::ExitCode;

use clap::Parser;

use commands::Task;
use project::Project;

fn main() -> ExitCode {
    match Project::locate().and_then(|project| Task::parse().run(&project)) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
