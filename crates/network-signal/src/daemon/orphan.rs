//! A signal-cli that outlived us: it holds the locks of its accounts, so it must be gone before another can start.

use crate::limits::CHILD_STOP;
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where the pid of the child is written.
pub(super) fn pid_file(state_dir: &Path) -> PathBuf {
    state_dir.join("signal-cli.pid")
}

/// Stops the process of the pid file if it is still the signal-cli of this configuration.
pub(super) async fn stop(state_dir: &Path, config_dir: &Path) -> io::Result<()> {
    let path = pid_file(state_dir);
    let text = match fs::read_to_string(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other?,
    };
    let pid = text.trim().parse().ok().and_then(Pid::from_raw);
    if let Some(pid) = pid.filter(|pid| is_ours(*pid, config_dir)) {
        tracing::info!("stopping the signal-cli that an earlier run has left");
        end(pid, config_dir).await;
    }
    fs::remove_file(path)
}

/// Asks, waits, kills.
async fn end(pid: Pid, config_dir: &Path) {
    for signal in [Signal::TERM, Signal::KILL] {
        // Its end between the look and the signal is what we want.
        kill_process(pid, signal).ok();
        let gone = async {
            while test_kill_process(pid).is_ok() && is_ours(pid, config_dir) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        if tokio::time::timeout(CHILD_STOP, gone).await.is_ok() {
            return;
        }
    }
}

/// Pids are used again, so the command line must match.
fn is_ours(pid: Pid, config_dir: &Path) -> bool {
    let Ok(command) = fs::read(format!("/proc/{}/cmdline", pid.as_raw_nonzero())) else {
        return false;
    };
    let mut words = command.split(|byte| *byte == 0);
    let config = config_dir.as_os_str().as_encoded_bytes();
    words.by_ref().any(|word| word == config) && words.any(|word| word == b"daemon")
}
