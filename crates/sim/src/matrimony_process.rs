//! `matrimony up` as a process of its own, to be stopped and killed.

use crate::wait;
use anyhow::{Context, Result, bail};
use matrimony::control::client::Control;
use matrimony::control::wire;
use rustix::process::{Pid, Signal, kill_process};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// How long a first start may take: it makes a homeserver's database.
const READY_WITHIN: Duration = Duration::from_secs(120);

/// What a process is started with.
#[derive(Clone, Debug)]
pub struct Launch {
    /// The program: `matrimony-sim`, which differs from `matrimony` in the WhatsApp server that it talks to.
    pub program: PathBuf,
    /// Its config file.
    pub config: PathBuf,
    /// The data directory that the config names.
    pub data_dir: PathBuf,
    /// Where its log goes; appended.
    pub log: PathBuf,
    /// Variables that tell it where the simulators are.
    pub env: Vec<(String, String)>,
}

/// A running `matrimony up`. Dropping it kills the process.
pub struct MatrimonyProcess {
    launch: Launch,
    child: Child,
    control: Control,
}

impl MatrimonyProcess {
    /// Starts `up` and waits until it answers on its control socket.
    pub async fn start(launch: Launch) -> Result<Self> {
        let control = Control::of(&launch.data_dir)?;
        let mut process = Self {
            child: spawn(&launch)?,
            launch,
            control,
        };
        process.ready().await?;
        Ok(process)
    }

    async fn ready(&mut self) -> Result<()> {
        let (child, control) = (std::cell::RefCell::new(&mut self.child), &self.control);
        let answered = wait::until("matrimony answers", READY_WITHIN, || {
            let exited = child.borrow_mut().try_wait();
            async move {
                match exited {
                    Ok(Some(status)) => Some(Err(status)),
                    _ => control.get::<wire::Status>("/status").await.ok().map(Ok),
                }
            }
        });
        match answered.await? {
            Ok(_) => Ok(()),
            Err(status) => bail!(
                "matrimony ended with {status}; its log is {}",
                self.launch.log.display()
            ),
        }
    }

    /// Its control socket.
    pub fn control(&self) -> &Control {
        &self.control
    }

    /// Its process id.
    pub fn pid(&self) -> Result<u32> {
        self.child.id().context("matrimony has ended")
    }

    /// SIGKILL, then waits until it is gone. Its children are left to themselves, as when a machine runs out of memory.
    pub async fn kill(mut self) -> Result<Launch> {
        self.child.kill().await?;
        Ok(self.launch.clone())
    }

    /// SIGTERM, then waits until it has ended.
    pub async fn stop(mut self, within: Duration) -> Result<(Launch, ExitStatus)> {
        let pid = i32::try_from(self.pid()?)
            .ok()
            .and_then(Pid::from_raw)
            .context("a pid that is none")?;
        kill_process(pid, Signal::TERM)?;
        let status = timeout(within, self.child.wait())
            .await
            .context("matrimony did not stop in time")??;
        Ok((self.launch.clone(), status))
    }

    /// Resident memory in KiB, as the kernel counts it.
    pub fn resident_kib(&self) -> Result<u64> {
        resident_kib(self.pid()?)
    }
}

fn spawn(launch: &Launch) -> Result<Child> {
    let log = File::options().create(true).append(true).open(&launch.log)?;
    Command::new(&launch.program)
        .arg("--config")
        .arg(&launch.config)
        .arg("up")
        .envs(launch.env.iter().cloned())
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("cannot start {}", launch.program.display()))
}

fn resident_kib(pid: u32) -> Result<u64> {
    let status = std::fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("status"))?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .context("the kernel gave no VmRSS")?;
    line.trim()
        .trim_end_matches(" kB")
        .parse()
        .context("VmRSS is no number")
}
