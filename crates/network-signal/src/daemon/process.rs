//! A process that may or may not be our child.

use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How often a process that is not our child is looked at.
const LOOK: Duration = Duration::from_millis(50);

/// A signal-cli by its pid. Pids are used again, so it counts only while its command line matches.
pub(super) struct Process {
    pid: Pid,
    config_dir: PathBuf,
}

impl Process {
    /// The process `id`, said to be the signal-cli of these accounts. `None` if that is no pid.
    pub(super) fn of(id: u32, config_dir: &Path) -> Option<Self> {
        let pid = Pid::from_raw(id.try_into().ok()?)?;
        let config_dir = config_dir.to_owned();
        Some(Self { pid, config_dir })
    }

    /// Whether it runs and is a signal-cli daemon of these accounts.
    pub(super) fn runs(&self) -> bool {
        let Ok(command) = fs::read(format!("/proc/{}/cmdline", self.pid.as_raw_nonzero())) else {
            return false;
        };
        let mut words = command.split(|byte| *byte == 0);
        let config = self.config_dir.as_os_str().as_encoded_bytes();
        words.by_ref().any(|word| word == config) && words.any(|word| word == b"daemon")
    }

    /// Waits for its end.
    pub(super) async fn ended(&self) {
        while self.runs() {
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Asks it to end.
    pub(super) fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// Ends it.
    pub(super) fn kill(&self) {
        self.signal(Signal::KILL);
    }

    /// Asks, waits at most `patience`, kills.
    pub(super) async fn end(&self, patience: Duration) {
        self.terminate();
        if tokio::time::timeout(patience, self.ended()).await.is_err() {
            self.kill();
        }
    }

    /// That it is gone already is no error.
    fn signal(&self, signal: Signal) {
        if self.runs() {
            kill_process(self.pid, signal).ok();
        }
    }
}
