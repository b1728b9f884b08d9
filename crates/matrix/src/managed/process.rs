//! Synapse as a child process.

use super::error::ManagedError;
use super::files::{Folder, open_private, trouble};
use crate::client::http_client;
use crate::limits;
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

/// Time between two looks at something that is about to happen.
const LOOK: Duration = Duration::from_millis(50);
/// How Synapse is named on its command line.
const MODULE: &str = "synapse.app.homeserver";
/// Longest line of Synapse that goes into an error.
const LINE_CHARS: usize = 300;

/// A Synapse that answers. Dropping it kills the process.
#[derive(Debug)]
pub struct Running {
    child: Child,
    pid_file: PathBuf,
    last_words: PathBuf,
}

impl Running {
    /// Starts Synapse, in our process group, and waits for `/health`.
    pub(super) async fn start(python: &Path, folder: &Folder, url: &str) -> Result<Self, ManagedError> {
        let last_words = folder.last_words();
        let words = open_private(&last_words).map_err(trouble("write", &last_words))?;
        let also = words.try_clone().map_err(trouble("write", &last_words))?;
        let mut command = Command::new(python);
        command
            .args(["-m", MODULE, "-c"])
            .arg(folder.config())
            .current_dir(folder.join(""));
        command
            .stdin(Stdio::null())
            .stdout(words)
            .stderr(also)
            .kill_on_drop(true);
        let child = command.spawn().map_err(trouble("start", python))?;
        let mut running = Self {
            child,
            pid_file: folder.pid(),
            last_words,
        };
        running.note_pid(folder)?;
        match timeout(limits::SYNAPSE_START, running.healthy(url)).await {
            Ok(Ok(())) => Ok(running),
            Ok(Err(error)) => Err(error),
            Err(_) => {
                running.stop().await?;
                Err(ManagedError::Silent { log: folder.log() })
            }
        }
    }

    /// Waits until the process ends by itself. Cancel-safe.
    pub async fn ended(&mut self) {
        // An error means that there is nothing to wait for.
        let _ = self.child.wait().await;
    }

    /// Stops it: asks, then kills. Returns after it is gone.
    ///
    /// # Errors
    /// When the system does not let us.
    pub async fn stop(mut self) -> Result<(), ManagedError> {
        if let Some(pid) = self.child.id().and_then(as_pid) {
            // An error means that it is gone already.
            let _ = kill_process(pid, Signal::TERM);
        }
        if timeout(limits::SYNAPSE_STOP, self.child.wait()).await.is_err() {
            tracing::warn!("synapse does not stop when asked; killing it");
            self.child
                .kill()
                .await
                .map_err(trouble("kill the process of", &self.pid_file))?;
        }
        let _ = fs::remove_file(&self.pid_file);
        Ok(())
    }

    /// The last line that the process wrote outside its log.
    fn last_line(&self) -> String {
        let words = fs::read(&self.last_words).unwrap_or_default();
        let words = String::from_utf8_lossy(&words);
        let line = words.lines().map(str::trim).rfind(|line| !line.is_empty());
        line.unwrap_or("it ended without a word")
            .chars()
            .take(LINE_CHARS)
            .collect()
    }

    fn note_pid(&self, folder: &Folder) -> Result<(), ManagedError> {
        let pid = self.child.id().map(|pid| pid.to_string()).unwrap_or_default();
        fs::write(folder.pid(), pid).map_err(trouble("write", &folder.pid()))
    }

    async fn healthy(&mut self, url: &str) -> Result<(), ManagedError> {
        let http = http_client().map_err(|error| ManagedError::Rejected {
            line: error.to_string(),
        })?;
        loop {
            if let Ok(Some(_)) = self.child.try_wait() {
                return Err(ManagedError::Rejected { line: self.last_line() });
            }
            let health = http.get(format!("{url}/health")).timeout(limits::CONNECT).send().await;
            if health.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(());
            }
            sleep(LOOK).await;
        }
    }
}

/// Stops a Synapse that an earlier Matrimony started on this folder and could not stop, because it was killed. A
/// process that only has the same number by now is left alone.
pub(super) async fn stop_orphan(folder: &Folder) -> Result<(), ManagedError> {
    let noted = fs::read_to_string(folder.pid()).ok();
    let Some(pid) = noted.and_then(|text| text.trim().parse().ok()).and_then(as_pid) else {
        return Ok(());
    };
    if !is_ours(pid, folder) {
        return Ok(());
    }
    tracing::warn!("an earlier matrimony left its synapse running; stopping it");
    for signal in [Signal::TERM, Signal::KILL] {
        let _ = kill_process(pid, signal);
        let gone = async {
            while is_ours(pid, folder) {
                sleep(LOOK).await;
            }
        };
        if timeout(limits::SYNAPSE_STOP, gone).await.is_ok() {
            break;
        }
    }
    let _ = fs::remove_file(folder.pid());
    Ok(())
}

/// Whether a process is a Synapse with the configuration of this folder. A zombie has no command line and is not.
fn is_ours(pid: Pid, folder: &Folder) -> bool {
    let line = fs::read(format!("/proc/{}/cmdline", pid.as_raw_nonzero())).unwrap_or_default();
    let mut words = line.split(|byte| *byte == 0);
    let config = folder.config();
    words.clone().any(|word| word == MODULE.as_bytes())
        && words.any(|word| word == config.as_os_str().as_encoded_bytes())
}

fn as_pid(raw: u32) -> Option<Pid> {
    Pid::from_raw(i32::try_from(raw).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fake(root: &Path, script: &str) -> (PathBuf, Folder) {
        let python = root.join("python");
        fs::write(&python, format!("#!/bin/sh\n{script}\n")).unwrap();
        let mut mode = fs::metadata(&python).unwrap().permissions();
        std::os::unix::fs::PermissionsExt::set_mode(&mut mode, 0o700);
        fs::set_permissions(&python, mode).unwrap();
        (python, Folder::make(root).unwrap())
    }

    #[tokio::test]
    async fn a_synapse_that_ends_at_once_is_quoted() {
        let root = tempfile::tempdir().unwrap();
        let (python, folder) = fake(
            root.path(),
            "echo starting; echo 'Error in configuration: no such key' >&2; exit 1",
        );
        let error = Running::start(&python, &folder, "http://127.0.0.1:9")
            .await
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "Synapse does not start: Error in configuration: no such key"
        );
    }

    #[tokio::test]
    async fn an_orphan_is_stopped_and_a_stranger_of_its_number_is_not() {
        let root = tempfile::tempdir().unwrap();
        let (python, folder) = fake(root.path(), "while :; do sleep 0.05; done");
        let mut orphan = Command::new(&python);
        orphan
            .args(["-m", MODULE, "-c"])
            .arg(folder.config())
            .kill_on_drop(true);
        let mut orphan = orphan.spawn().unwrap();
        let pid = orphan.id().unwrap();
        fs::write(folder.pid(), pid.to_string()).unwrap();
        // A process has no command line for a moment while it begins.
        let begun = async {
            while !is_ours(as_pid(pid).unwrap(), &folder) {
                sleep(LOOK).await;
            }
        };
        timeout(limits::SYNAPSE_STOP, begun).await.unwrap();
        let stopped = async { tokio::join!(stop_orphan(&folder), orphan.wait()) };
        let (stopped, status) = timeout(limits::SYNAPSE_STOP * 3, stopped).await.unwrap();
        stopped.unwrap();
        assert!(!status.unwrap().success());

        let mut stranger = Command::new(&python).kill_on_drop(true).spawn().unwrap();
        fs::write(folder.pid(), stranger.id().unwrap().to_string()).unwrap();
        stop_orphan(&folder).await.unwrap();
        assert!(stranger.try_wait().unwrap().is_none(), "the stranger still runs");
        stranger.kill().await.unwrap();
    }
}
