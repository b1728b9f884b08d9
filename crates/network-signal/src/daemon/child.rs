//! signal-cli as our child, or as the child that an earlier run of ours has left.
//!
//! When we are killed, signal-cli goes on writing what it receives into the spool, and the next run takes it over: to
//! end it would cost more. It acknowledges a message to the server and decrypts it before it writes it, and a message
//! that is between these steps when signal-cli ends, by SIGTERM or SIGKILL, is gone for good (seen with 0.13.19: it
//! takes its readers away first and throws away what was on its way to them). So it is only ended when we are told to
//! stop, and then at a moment when nothing is on its way.

use super::process::Process;
use super::{Core, link, program, quiet};
use crate::limits::CHILD_STOP;
use matrimony_domain::Reason;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::process::{Child, Command};

/// Where the child listens: relative to the state folder, which is its working folder, because socket paths are short.
/// signal-cli wants a folder in it.
pub(super) const SOCKET: &str = "./signal-cli.sock";
const LOG: &str = "signal-cli.log";
const PID_FILE: &str = "signal-cli.pid";
/// A log longer than this is put aside when a child starts.
const LOG_BYTES: u64 = 1 << 20;

/// A running signal-cli. Dropping it asks the process to end.
pub(super) struct SignalCli {
    process: Process,
    /// Absent for one that was taken over.
    child: Option<Child>,
    config_dir: PathBuf,
    pid_file: PathBuf,
}

/// Why no child runs.
#[derive(Debug, thiserror::Error)]
pub(super) enum StartError {
    #[error("signal-cli is not installed")]
    NotFound(#[from] program::NotFound),
    #[error("signal-cli could not be started")]
    Io(#[from] io::Error),
}

impl StartError {
    /// What happened and the cure, for people.
    pub(super) fn reason(&self) -> Reason {
        match self {
            Self::NotFound(_) => not_found(),
            Self::Io(error) => Reason::computed(format!(
                "signal-cli could not be started ({}); look at its program file, the state folder and the disk",
                error.kind()
            )),
        }
    }
}

/// The cure for a missing program.
pub(crate) fn not_found() -> Reason {
    Reason::fixed("signal-cli is not installed; install it, or set signal.command to its program file")
}

impl SignalCli {
    /// Takes over the one that runs, or starts one. Its standard output is a new segment of the spool: without
    /// `--no-receive-stdout` every message is printed there. That happens in the receive mode `on-start` (0.13.19
    /// prints nothing in `on-connection`), and includes what an earlier run had received and not decrypted yet.
    pub(super) async fn start(core: &Core, program: &Path, config_dir: &Path) -> Result<Self, StartError> {
        let state_dir = &core.settings.state_dir;
        let spool = core.spool()?;
        let config_dir = std::path::absolute(config_dir)?;
        let program = program::find(program)?;
        let pid_file = state_dir.join(PID_FILE);
        if let Some((process, by)) = earlier(&pid_file, &config_dir)? {
            if by == made_of(&program)? && link::connect(core).await.is_ok() {
                tracing::info!("taking over the signal-cli that an earlier run has left");
                return Ok(Self {
                    process,
                    child: None,
                    config_dir,
                    pid_file,
                });
            }
            process.end(CHILD_STOP).await;
        }
        remove_if_there(&state_dir.join(SOCKET))?;
        let arguments = [
            OsStr::new("--output=json"),
            OsStr::new("--config"),
            config_dir.as_os_str(),
        ];
        let child = Command::new(&program)
            .args(arguments)
            .args(["daemon", "--socket", SOCKET, "--receive-mode", "on-start"])
            .current_dir(state_dir)
            .stdin(Stdio::null())
            .stdout(spool.begin_segment()?)
            .stderr(open_log(state_dir)?)
            .spawn()?;
        let id = child.id().unwrap_or_default();
        let process = Process::of(id, &config_dir).ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        write_private(&pid_file, &format!("{id}\n{}", made_of(&program)?))?;
        Ok(Self {
            process,
            child: Some(child),
            config_dir,
            pid_file,
        })
    }

    /// Waits until it has ended. Cancel-safe.
    pub(super) async fn ended(&mut self) {
        match &mut self.child {
            // An error means that it is not there to be waited for.
            Some(child) => drop(child.wait().await),
            None => self.process.ended().await,
        }
    }

    /// Asks it to stop when nothing is on its way, and kills it if it does not.
    pub(super) async fn stop(mut self) {
        quiet::wait(&self.config_dir).await;
        self.process.terminate();
        if tokio::time::timeout(CHILD_STOP, self.ended()).await.is_err() {
            tracing::warn!("signal-cli did not stop in time and is killed");
            self.process.kill();
            self.ended().await;
        }
        remove_if_there(&self.pid_file).ok();
    }
}

impl Drop for SignalCli {
    /// Not reached when we are killed.
    fn drop(&mut self) {
        self.process.terminate();
    }
}

/// The signal-cli of the pid file, if it still runs on these accounts, and the program that it was made of.
fn earlier(pid_file: &Path, config_dir: &Path) -> io::Result<Option<(Process, String)>> {
    let text = match fs::read_to_string(pid_file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other?,
    };
    let (id, by) = text.split_once('\n').unwrap_or((&text, ""));
    let process = id
        .parse()
        .ok()
        .and_then(|id| Process::of(id, config_dir))
        .filter(Process::runs);
    Ok(process.map(|process| (process, by.to_owned())))
}

/// Tells programs apart, also before and after an update: one of another make is not taken over.
fn made_of(program: &Path) -> io::Result<String> {
    let metadata = program.metadata()?;
    Ok(format!(
        "{} {}.{}",
        program.display(),
        metadata.mtime(),
        metadata.mtime_nsec()
    ))
}

fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.create(true).truncate(true).write(true).mode(0o600);
    options.open(path)?.write_all(text.as_bytes())
}

fn open_log(state_dir: &Path) -> io::Result<fs::File> {
    let path = state_dir.join(LOG);
    if path.metadata().is_ok_and(|metadata| metadata.len() > LOG_BYTES) {
        fs::rename(&path, path.with_extension("log.old"))?;
    }
    fs::OpenOptions::new().create(true).append(true).mode(0o600).open(path)
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
