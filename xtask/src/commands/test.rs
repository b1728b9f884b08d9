//! `cargo xtask test`: every test, or those that the arguments choose.

use std::process::ExitCode;

use anyhow::Result;

use super::{cargo, run_step};
use crate::project::Project;
use crate::setup::{self, Need};

/// Without arguments: all tests of the workspace, then the documentation tests, which nextest does not run. With
/// arguments: what `cargo nextest run` makes of them.
pub(super) fn run(project: &Project, args: &[String]) -> Result<ExitCode> {
    let ready = setup::prepare(
        project,
        &[Need::Synapse, Need::Java, Need::SignalRig, Need::CargoNextest],
    )?;
    let mut nextest = cargo(project);
    ready.apply(&mut nextest);
    nextest.args(["nextest", "run"]).args(selection(args));
    if std::env::var_os("CI").is_some() {
        nextest.env("NEXTEST_PROFILE", "ci");
    }
    run_step("tests", &mut nextest)?;
    if args.is_empty() {
        run_step(
            "documentation tests",
            cargo(project).args(["test", "--doc", "--workspace"]),
        )?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The workspace's default member is only the program itself: tests are chosen among all packages, unless the
/// arguments name some.
fn selection(args: &[String]) -> Vec<String> {
    let names_packages = args
        .iter()
        .any(|arg| arg.starts_with("-p") || arg.starts_with("--package"));
    let whole = (!names_packages).then(|| "--workspace".to_owned());
    whole.into_iter().chain(args.iter().cloned()).collect()
}

#[cfg(test)]
mod tests {
    use super::selection;

    fn chosen(args: &[&str]) -> Vec<String> {
        selection(&args.iter().map(|&arg| arg.to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn all_packages_unless_some_are_named() {
        assert_eq!(chosen(&[]), ["--workspace"]);
        assert_eq!(chosen(&["unites_two_chats"]), ["--workspace", "unites_two_chats"]);
        assert_eq!(chosen(&["-p", "matrimony-engine"]), ["-p", "matrimony-engine"]);
        assert_eq!(chosen(&["--package=matrimony-engine"]), ["--package=matrimony-engine"]);
    }
}
