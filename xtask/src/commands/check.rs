//! `cargo xtask check`: what a reviewer need not look for.

use std::process::ExitCode;

use anyhow::Result;
use clap::ValueEnum;

use super::{cargo, run_step};
use crate::project::Project;
use crate::setup::{self, Need};

/// One kind of check.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Step {
    /// `cargo fmt --check`
    Fmt,
    /// `cargo clippy`, warnings denied, tests and benches too
    Clippy,
    /// `cargo deny`: licences, bans, sources; no advisories, so that the answer does not change from day to day
    Deny,
}

/// Runs the steps in order, all of them if none is named, and stops at the first that fails.
pub(super) fn run(project: &Project, steps: &[Step]) -> Result<ExitCode> {
    let steps = if steps.is_empty() {
        Step::value_variants()
    } else {
        steps
    };
    for step in steps {
        match step {
            Step::Fmt => run_step("fmt", cargo(project).args(["fmt", "--all", "--check"]))?,
            Step::Clippy => run_step("clippy", cargo(project).args(CLIPPY))?,
            Step::Deny => deny(project)?,
        }
    }
    Ok(ExitCode::SUCCESS)
}

const CLIPPY: [&str; 6] = ["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"];

fn deny(project: &Project) -> Result<()> {
    let ready = setup::prepare(project, &[Need::CargoDeny])?;
    let mut command = cargo(project);
    ready.apply(&mut command);
    run_step("deny", command.args(["deny", "check", "licenses", "bans", "sources"]))
}
