//! The rig's process.

use super::control::Status;
use crate::setup::Setup;
use anyhow::{Context, Result, bail};
use serde::Deserialize;
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

const READY_WITHIN: Duration = Duration::from_secs(60);
const STOP_WITHIN: Duration = Duration::from_secs(10);

/// A rig's process. Dropping it kills it.
pub(super) struct Process {
    child: Child,
    /// The rig ends when this end of the pipe does.
    stdin: Option<ChildStdin>,
    /// Held open: a program that writes to a closed pipe ends.
    _stdout: Lines<BufReader<ChildStdout>>,
}

#[derive(Deserialize)]
struct Ready {
    ready: Status,
}

/// Starts the rig and waits for the line that says it is ready.
pub(super) async fn start(folder: &Path, setup: &Setup) -> Result<(Process, Status)> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let log = folder.join("rig.log");
    let mut command = Command::new(&setup.node);
    command
        .arg(setup.signal_rig.join("rig.mjs"))
        .env("RIG_DIR", folder)
        .env("RIG_JAVA_HOME", &setup.java_home)
        .envs([
            ("RIG_DAEMON", "0"),
            ("RIG_QUIET", "1"),
            ("RIG_STDIN", "1"),
            ("RIG_GROUP", ""),
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(fs::File::create(&log)?)
        .kill_on_drop(true);
    let mut child = command
        .spawn()
        .with_context(|| format!("cannot start {}", setup.node.display()))?;
    let stdin = child.stdin.take();
    let stdout = child.stdout.take().context("the rig has no standard output")?;
    let mut stdout = BufReader::new(stdout).lines();
    let ready = timeout(READY_WITHIN, stdout.next_line()).await;
    let Ok(Ok(Some(line))) = ready else {
        bail!(
            "the Signal rig did not become ready within {} s; see {}",
            READY_WITHIN.as_secs(),
            log.display()
        );
    };
    let ready: Ready = serde_json::from_str(&line).context("the Signal rig's first line")?;
    let process = Process {
        child,
        stdin,
        _stdout: stdout,
    };
    Ok((process, ready.ready))
}

impl Process {
    /// Ends it, by force if it takes too long.
    pub(super) async fn stop(&mut self) -> Result<()> {
        self.stdin = None;
        if timeout(STOP_WITHIN, self.child.wait()).await.is_err() {
            self.child.kill().await.context("cannot stop the Signal rig")?;
        }
        Ok(())
    }
}
