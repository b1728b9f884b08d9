//! A Python that has Synapse.

use super::SYNAPSE_VERSION;
use super::error::ManagedError;
use super::files::{Folder, trouble};
use crate::limits;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::Command;

/// What the installation is doing, to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The step.
    pub what: &'static str,
    /// What the installer said last, if anything.
    pub detail: Option<String>,
}

/// Pythons to make the environment with, best first. Debian's own is built with optimisations that others often lack.
const PYTHONS: [&str; 3] = ["/usr/bin/python3", "python3", "python"];
/// Written into the environment once it is complete.
const STAMP: &str = "matrimony-synapse-version";
/// Succeeds on a Python that can make the environment.
const CAN_MAKE_VENV: &str = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))";

/// The Python that the settings name, if it has Synapse. Another version than ours is the operator's choice.
pub(super) async fn check_given(python: &Path) -> Result<PathBuf, ManagedError> {
    if succeeds(python, "import synapse.app.homeserver").await {
        Ok(python.to_owned())
    } else {
        Err(ManagedError::NoSynapse(python.to_owned()))
    }
}

/// The Python of our own environment, which is made, completed or brought to the version of this program if need be.
pub(super) async fn install(folder: &Folder, progress: &(dyn Fn(Progress) + Sync)) -> Result<PathBuf, ManagedError> {
    let environment = folder.environment();
    let python = environment.join("bin/python");
    let stamp = environment.join(STAMP);
    if fs::read_to_string(&stamp).is_ok_and(|version| version == SYNAPSE_VERSION) && python.exists() {
        return Ok(python);
    }
    let base = find_python().await?;
    progress(step("making a Python environment", None));
    let mut make = Command::new(base);
    make.args(["-m", "venv", "--clear"]).arg(&environment);
    run(make, progress).await?;
    progress(step("installing Synapse", None));
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--disable-pip-version-check", "--no-input"]);
    pip.arg(format!("matrix-synapse=={SYNAPSE_VERSION}"));
    run(pip, progress).await?;
    fs::write(&stamp, SYNAPSE_VERSION).map_err(trouble("write", &stamp))?;
    Ok(python)
}

async fn find_python() -> Result<&'static str, ManagedError> {
    for python in PYTHONS {
        if succeeds(Path::new(python), CAN_MAKE_VENV).await {
            return Ok(python);
        }
    }
    Err(ManagedError::PythonMissing)
}

async fn succeeds(python: &Path, code: &str) -> bool {
    let mut command = Command::new(python);
    command
        .args(["-c", code])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
        .kill_on_drop(true)
        .status()
        .await
        .is_ok_and(|status| status.success())
}

/// Runs one step of the installation and passes on what it says.
async fn run(mut command: Command, progress: &(dyn Fn(Progress) + Sync)) -> Result<(), ManagedError> {
    let failed = |line: String| ManagedError::InstallFailed { line };
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let mut child = command.spawn().map_err(|error| failed(error.to_string()))?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let work = async {
        let told = async { last_line(stdout, |line| progress(step("installing Synapse", Some(line)))).await };
        let (_, complaint, status) = tokio::join!(told, last_line(stderr, |_| {}), child.wait());
        (complaint, status)
    };
    match tokio::time::timeout(limits::SYNAPSE_INSTALL, work).await {
        Err(_) => Err(failed("it took too long; is the network slow?".to_owned())),
        Ok((_, Ok(status))) if status.success() => Ok(()),
        Ok((complaint, _)) => Err(failed(complaint.unwrap_or_else(|| "no reason given".to_owned()))),
    }
}

/// Reads a stream to its end, shows each line and returns the last one that says something.
async fn last_line(stream: Option<impl AsyncRead + Unpin>, show: impl Fn(String)) -> Option<String> {
    let mut lines = BufReader::new(stream?).lines();
    let mut last = None;
    while let Ok(Some(line)) = lines.next_line().await {
        if !line.trim().is_empty() {
            show(line.clone());
            last = Some(line);
        }
    }
    last
}

fn step(what: &'static str, detail: Option<String>) -> Progress {
    Progress { what, detail }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_python_without_synapse_is_named() {
        for python in ["/nonexistent/python", "/bin/false"] {
            let error = check_given(Path::new(python)).await.unwrap_err();
            assert!(
                matches!(&error, ManagedError::NoSynapse(path) if path == Path::new(python)),
                "{error}"
            );
        }
    }

    #[tokio::test]
    async fn a_failed_step_shows_the_last_line_of_the_installer() {
        let mut command = Command::new("sh");
        command.args([
            "-c",
            "echo collecting; echo first >&2; echo 'no matching distribution' >&2; exit 1",
        ]);
        let error = run(command, &|_| {}).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "the installation of Synapse failed: no matching distribution"
        );
    }

    #[tokio::test]
    async fn a_complete_environment_is_left_alone_and_another_version_is_not() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::make(root.path()).unwrap();
        fs::create_dir_all(folder.environment().join("bin")).unwrap();
        fs::write(folder.environment().join("bin/python"), "").unwrap();
        fs::write(folder.environment().join(STAMP), SYNAPSE_VERSION).unwrap();
        let python = install(&folder, &|_| panic!("nothing to do")).await.unwrap();
        assert_eq!(python, folder.environment().join("bin/python"));
    }
}
