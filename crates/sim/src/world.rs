//! A world to run Matrimony in: Signal with alice, bob and a relay, WhatsApp with dora, emil and a relay, a homeserver
//! with nina, and one `matrimony` process that unites them.
//!
//! Everything is real except the networks' servers: Signal's is Signal's own mock server, WhatsApp's is ours. All of it
//! is on loopback, on free ports, in one folder.

mod linking;
mod people;
mod places;

pub use people::{App, Person};
pub use places::{Homeserver, Places};

use crate::matrimony_process::{Launch, MatrimonyProcess};
use crate::matrix_user::MatrixUser;
use crate::screen::Screen;
use crate::setup::Setup;
use crate::signal_rig::SignalRig;
use crate::wait;
use anyhow::{Context, Result};
use matrimony::control::wire;
use matrimony_domain::NetworkKind;
use matrimony_sim_whatsapp::SimWhatsApp;
use rustix::process::{Pid, Signal, kill_process};
use std::path::Path;
use std::process::ExitStatus;
use std::time::Duration;
use tokio::task::JoinSet;

/// The name of the Signal group.
pub const SIGNAL_GROUP: &str = "Lake trip";
/// The name of the WhatsApp group.
pub const WHATSAPP_GROUP: &str = "Lake trip (family)";
/// What the relays are called on their networks; nobody may ever see it as an author.
pub const RELAY: &str = "relay";

/// Everything, running.
pub struct World {
    /// Where everything is.
    pub places: Places,
    /// Signal.
    pub signal: SignalRig,
    /// WhatsApp.
    pub whatsapp: SimWhatsApp,
    /// Matrimony, unless a test has killed or stopped it.
    pub matrimony: Option<MatrimonyProcess>,
    /// Nina's Matrix client.
    pub nina: MatrixUser,
    /// Nina's password, so that another client can log in.
    pub nina_password: String,
    /// The Matrix room.
    pub matrix_room: String,
    /// The room that was made.
    pub room: wire::Room,
    people: Vec<Person>,
    _watching: JoinSet<()>,
}

impl World {
    /// Starts everything and unites the groups. `say` is told what happens, for people who wait.
    pub async fn start(places: Places, setup: &Setup, say: &(dyn Fn(&str) + Sync)) -> Result<Self> {
        say("starting Signal's mock server and its phones: alice, bob and a relay");
        let signal = linking::start_signal(&places, setup)
            .await
            .context("Signal did not start")?;
        say("starting the WhatsApp server and its phones: dora, emil and a relay");
        let whatsapp = linking::start_whatsapp().await.context("WhatsApp did not start")?;
        say("starting matrimony with a Synapse of its own");
        let launch = places.launch(setup, &signal, &whatsapp)?;
        let matrimony = MatrimonyProcess::start(launch).await?;
        say("making nina's account and logging her in");
        let (homeserver, nina_password) = places
            .make_nina(matrimony.control())
            .await
            .context("nina got no account")?;
        let nina = MatrixUser::log_in(&homeserver, "nina", &nina_password)
            .await
            .context("nina cannot log in")?;
        say("linking the Signal relay: its phone scans the QR code");
        linking::link_signal(matrimony.control(), &signal)
            .await
            .context("the Signal relay was not linked")?;
        say("linking the WhatsApp relay: its phone scans the QR code");
        linking::link_whatsapp(matrimony.control(), &whatsapp)
            .await
            .context("the WhatsApp relay was not linked")?;
        say("uniting the Signal group, the WhatsApp group and a Matrix room");
        let room = linking::unite(matrimony.control(), &nina.user_id)
            .await
            .context("the groups were not united")?;
        let matrix_room = linking::join(&nina).await.context("nina did not get into the room")?;
        let mut watching = JoinSet::new();
        let people = people::watch(&signal, &whatsapp, &nina, &matrix_room, &mut watching);
        Ok(Self {
            places,
            signal,
            whatsapp,
            matrimony: Some(matrimony),
            nina,
            nina_password,
            matrix_room,
            room,
            people,
            _watching: watching,
        })
    }

    /// The people who take part; the relays are not people.
    pub fn people(&self) -> &[Person] {
        &self.people
    }

    /// Somebody by name.
    pub fn person(&self, name: &str) -> &Person {
        self.people
            .iter()
            .find(|person| person.name == name)
            .expect("the caller names somebody of this world")
    }

    /// What somebody sees.
    pub fn screen(&self, name: &str) -> &Screen {
        &self.person(name).screen
    }

    /// Somebody writes to their group.
    pub async fn say(&self, name: &str, text: &str) -> Result<()> {
        let person = self.person(name);
        match person.app {
            App::Signal => self.signal.send_text(name, SIGNAL_GROUP, text).await.map(drop),
            App::WhatsApp => {
                let group = self
                    .whatsapp
                    .groups()
                    .into_iter()
                    .next()
                    .context("WhatsApp has no group")?;
                self.whatsapp.send_text(&person.number, &group.jid, text).await?;
                Ok(())
            }
            App::Matrix => self.nina.say(&self.matrix_room, text).await.map(drop),
        }
    }

    /// Waits until somebody sees words once or more.
    pub async fn sees(&self, name: &str, words: &str, within: Duration) -> Result<crate::screen::Line> {
        let screen = self.screen(name);
        wait::until(&format!("{name} sees {words:?}"), within, || async {
            screen.with(words).into_iter().next()
        })
        .await
    }

    /// The running matrimony.
    pub fn matrimony(&self) -> Result<&MatrimonyProcess> {
        self.matrimony.as_ref().context("matrimony is not running")
    }

    /// Kills matrimony as the kernel would: no warning, nothing flushed.
    pub async fn kill_matrimony(&mut self) -> Result<Launch> {
        self.matrimony.take().context("matrimony is not running")?.kill().await
    }

    /// Starts matrimony again.
    pub async fn restart_matrimony(&mut self, launch: Launch) -> Result<()> {
        self.matrimony = Some(MatrimonyProcess::start(launch).await?);
        Ok(())
    }

    /// What `status` says.
    pub async fn status(&self) -> Result<wire::Status> {
        self.matrimony()?.control().get("/status").await
    }

    /// The network of a portal's relay login, to look things up in `status`.
    pub async fn login(&self, network: NetworkKind) -> Result<wire::Login> {
        let status = self.status().await?;
        status
            .logins
            .into_iter()
            .find(|login| login.network == network.as_str())
            .context("no such login")
    }

    /// Stops matrimony alone, as a system's service manager does.
    pub async fn stop_matrimony(mut self) -> Result<(Launch, ExitStatus)> {
        let matrimony = self.matrimony.take().context("matrimony is not running")?;
        matrimony.stop(matrimony_domain::limits::STOP_WITHIN).await
    }

    /// The signal-cli that matrimony runs.
    pub fn signal_cli_pid(&self) -> Result<Pid> {
        let ours = processes_naming(&self.places.data().join("signal"));
        let mut java = ours
            .into_iter()
            .filter(|(_, line)| line.contains("org.asamk.signal.Main"));
        java.next().map(|(pid, _)| pid).context("signal-cli is not running")
    }

    /// Ends everything, in order.
    pub async fn stop(mut self) -> Result<()> {
        if let Some(matrimony) = self.matrimony.take() {
            matrimony.stop(matrimony_domain::limits::STOP_WITHIN).await?;
        }
        self.whatsapp.stop().await;
        self.signal.stop().await
    }
}

/// What a killed matrimony has left behind does not outlive the world.
impl Drop for World {
    fn drop(&mut self) {
        for (pid, _) in processes_naming(&self.places.data()) {
            // Err: it has ended by itself.
            _ = kill_process(pid, Signal::KILL);
        }
    }
}

/// The processes whose command line names a path below `folder`, with that command line.
fn processes_naming(folder: &Path) -> Vec<(Pid, String)> {
    let folder = folder.to_string_lossy();
    let process = |entry: std::io::Result<std::fs::DirEntry>| {
        let entry = entry.ok()?;
        let pid = Pid::from_raw(entry.file_name().to_str()?.parse().ok()?)?;
        let line = std::fs::read(entry.path().join("cmdline")).ok()?;
        let line = String::from_utf8_lossy(&line).into_owned();
        line.contains(&*folder).then_some((pid, line))
    };
    std::fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .filter_map(process)
        .collect()
}
