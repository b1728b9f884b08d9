//! signal-cli as our child.

use super::{Core, orphan, program};
use crate::limits::CHILD_STOP;
use matrimony_domain::Reason;
use rustix::process::{Pid, Signal, kill_process};
use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::mpsc;
use tokio::process::{Child, Command};

/// Our end of the child's socket. Relative to the state folder, because socket paths are short.
pub(super) const SOCKET: &str = "signal-cli.sock";
const LOG: &str = "signal-cli.log";
/// A log longer than this is put aside when a child starts.
const LOG_BYTES: u64 = 1 << 20;

/// A running signal-cli. Dropping it kills the process.
pub(super) struct SignalCli {
    child: Child,
    pid_file: PathBuf,
    /// The thread that is the child's parent as the kernel sees it; it ends when this is dropped.
    _parent: mpsc::Sender<()>,
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
    /// Starts the daemon. Its standard output is a new segment of the spool: without `--no-receive-stdout` every
    /// message is printed there before signal-cli forgets it. That happens in the receive mode `on-start` (0.13.19
    /// prints nothing in `on-connection`), and includes what an earlier run had received and not printed yet.
    pub(super) async fn start(core: &Core, program: &Path, config_dir: &Path) -> Result<Self, StartError> {
        let state_dir = &core.settings.state_dir;
        let program = program::find(program)?;
        let spool = core.spool()?;
        let config_dir = std::path::absolute(config_dir)?;
        orphan::stop(state_dir, &config_dir).await?;
        remove_if_there(&state_dir.join(SOCKET))?;
        let received = spool.begin_segment()?;
        let log = open_log(state_dir)?;
        let mut command = command(program, &config_dir).await;
        command
            .current_dir(state_dir)
            .stdin(Stdio::null())
            .stdout(received)
            .stderr(log)
            .kill_on_drop(true);
        let (child, parent) = spawn(command).await?;
        let pid_file = orphan::pid_file(state_dir);
        fs::write(&pid_file, child.id().unwrap_or_default().to_string())?;
        Ok(Self {
            child,
            pid_file,
            _parent: parent,
        })
    }

    /// Waits until it has ended. Cancel-safe.
    pub(super) async fn ended(&mut self) {
        if let Err(error) = self.child.wait().await {
            tracing::warn!(error = %error.kind(), "cannot wait for signal-cli");
        }
    }

    /// Asks it to stop, and kills it if it does not.
    pub(super) async fn stop(mut self) {
        if let Some(pid) = self.child.id().and_then(|id| Pid::from_raw(id.try_into().ok()?)) {
            // It may have ended by itself.
            kill_process(pid, Signal::TERM).ok();
        }
        if tokio::time::timeout(CHILD_STOP, self.child.wait()).await.is_err() {
            tracing::warn!("signal-cli did not stop in time and is killed");
            drop(self.child.kill().await);
        }
        drop(fs::remove_file(&self.pid_file));
    }
}

/// The command line; through `setpriv`, where there is one, so that the child ends when we are killed.
async fn command(program: PathBuf, config_dir: &Path) -> Command {
    let mut words: Vec<OsString> = vec![
        program.into(),
        "--output=json".into(),
        "--config".into(),
        config_dir.into(),
    ];
    words.extend(["daemon", "--socket", SOCKET, "--receive-mode", "on-start"].map(OsString::from));
    let mut guard: Vec<OsString> = Vec::new();
    if let Ok(setpriv) = program::find(Path::new("setpriv")) {
        guard = vec![setpriv.into(), "--pdeathsig".into(), "TERM".into(), "--".into()];
        let check = Command::new(&guard[0]).args(&guard[1..]).arg("true").output().await;
        if !check.is_ok_and(|output| output.status.success()) {
            guard.clear();
        }
    }
    guard.append(&mut words);
    let mut command = Command::new(&guard[0]);
    command.args(&guard[1..]);
    command
}

/// Starts the command from a thread that lives until the returned sender is dropped: the kernel sends the
/// parent-death signal when the *thread* ends that started the child, and threads of the runtime come and go.
async fn spawn(mut command: Command) -> io::Result<(Child, mpsc::Sender<()>)> {
    let runtime = tokio::runtime::Handle::current();
    let (parent, until_dropped) = mpsc::channel::<()>();
    let (started, child) = tokio::sync::oneshot::channel();
    std::thread::Builder::new()
        .name("signal-cli".to_owned())
        .spawn(move || {
            let guard = runtime.enter();
            let child = command.spawn();
            drop(guard);
            drop(started.send(child));
            // Ends with an error when the sender is dropped, which is what it waits for.
            until_dropped.recv().ok();
        })?;
    let child = child.await.map_err(io::Error::other)??;
    Ok((child, parent))
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
