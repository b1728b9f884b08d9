//! `cargo xtask demo` and `cargo xtask bench`: programs of the simulators' package, which carry the whole picture.

use std::os::unix::process::CommandExt;
use std::process::ExitCode;

use anyhow::{Context, Result};

use super::cargo;
use crate::project::Project;
use crate::setup::{self, Need};

/// Runs the demo with the developer's profile, which a fresh clone builds soonest.
pub(super) fn demo(project: &Project, args: &[String]) -> Result<ExitCode> {
    become_program(project, "demo", &[], args)
}

/// Runs the benchmarks as released: figures of an unoptimised build would say nothing.
pub(super) fn bench(project: &Project, args: &[String]) -> Result<ExitCode> {
    become_program(project, "bench", &["--release"], args)
}

/// Sets up, then turns this process into cargo and so into the program: signals from the terminal and the exit code
/// are the program's own.
fn become_program(project: &Project, name: &str, profile: &[&str], args: &[String]) -> Result<ExitCode> {
    let ready = setup::prepare(project, &[Need::Synapse, Need::Java, Need::SignalRig])?;
    // All programs of the package: the demo and the benchmark start `matrimony-sim`, which lies beside them.
    let mut build = cargo(project);
    build
        .args(["build", "--package", "matrimony-sim", "--bins"])
        .args(profile);
    let built = build.status().context("cannot start cargo")?;
    if !built.success() {
        return Ok(ExitCode::FAILURE);
    }
    let mut command = cargo(project);
    ready.apply(&mut command);
    command
        .args(["run", "--package", "matrimony-sim", "--bin", name])
        .args(profile)
        .arg("--")
        .args(args);
    Err(command.exec()).with_context(|| format!("cannot start {}", command.get_program().display()))
}
