//! Where everything of a world lies.

use crate::matrimony_process::Launch;
use crate::ports;
use crate::setup::Setup;
use crate::signal_rig::SignalRig;
use anyhow::{Context, Result};
use matrimony::control::client::Control;
use matrimony::control::wire;
use matrimony_matrix::{Address, ManagedSynapse};
use matrimony_sim_whatsapp::SimWhatsApp;
use serde_json::json;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Who runs the homeserver.
#[derive(Clone)]
pub enum Homeserver {
    /// Matrimony.
    Managed,
    /// The test: it is there already, and can be stopped and started.
    External {
        /// The homeserver.
        synapse: Arc<ManagedSynapse>,
        /// Where its registration file says that we listen.
        listen: SocketAddr,
    },
}

/// A folder, and the program under test.
#[derive(Clone)]
pub struct Places {
    root: PathBuf,
    program: PathBuf,
    homeserver: Homeserver,
}

/// The name of the managed homeserver.
const SERVER_NAME: &str = "matrimony.localhost";

impl Places {
    /// Everything below `root`, which is made; `program` is the `matrimony-sim` to run.
    pub fn new(root: &Path, program: &Path, homeserver: Homeserver) -> Result<Self> {
        fs::create_dir_all(root).with_context(|| format!("cannot make {}", root.display()))?;
        Ok(Self {
            root: root.to_owned(),
            program: program.to_owned(),
            homeserver,
        })
    }

    /// What the Signal rig writes.
    pub fn signal(&self) -> PathBuf {
        self.root.join("signal-rig")
    }

    /// Matrimony's data.
    pub fn data(&self) -> PathBuf {
        self.root.join("data")
    }

    /// Matrimony's log.
    pub fn log(&self) -> PathBuf {
        self.root.join("matrimony.log")
    }

    /// Matrimony's config file.
    pub fn config(&self) -> PathBuf {
        self.root.join("matrimony.toml")
    }

    /// Writes the config file and says how matrimony is started.
    pub fn launch(&self, setup: &Setup, signal: &SignalRig, whatsapp: &SimWhatsApp) -> Result<Launch> {
        fs::write(self.config(), self.config_text(setup, signal)?)?;
        Ok(Launch {
            program: self.program.clone(),
            config: self.config(),
            data_dir: self.data(),
            log: self.log(),
            env: vec![
                ("MATRIMONY_SIM_WHATSAPP_WS".into(), whatsapp.ws_url()),
                ("MATRIMONY_SIM_WHATSAPP_MEDIA".into(), whatsapp.http_addr().to_string()),
            ],
        })
    }

    fn config_text(&self, setup: &Setup, signal: &SignalRig) -> Result<String> {
        let text = |value: &Path| json!(value.to_string_lossy());
        let (data, command) = (text(&self.data()), text(signal.launcher()));
        let matrix = match &self.homeserver {
            Homeserver::Managed => format!(
                "listen = \"127.0.0.1:{}\"\n[matrix.managed]\nserver_name = \"{SERVER_NAME}\"\nport = {}\nsynapse_python = {}",
                ports::free()?,
                ports::free()?,
                text(&setup.synapse_python),
            ),
            Homeserver::External { synapse, listen } => {
                let address = synapse.address();
                self.share_tokens(address)?;
                format!(
                    "listen = \"{listen}\"\nadmins = [\"@nina:{name}\"]\n[matrix.external]\nurl = {}\nserver_name = \"{name}\"",
                    json!(address.url),
                    name = address.server_name,
                )
            }
        };
        Ok(format!(
            "data_dir = {data}\n[matrix]\n{matrix}\n[signal]\ncommand = {command}\n[log]\nfilter = \"info\"\n"
        ))
    }

    /// What an operator does by giving the homeserver our registration file: both sides know the same tokens.
    fn share_tokens(&self, address: &Address) -> Result<()> {
        let folder = self.data().join("matrix");
        fs::create_dir_all(&folder)?;
        let tokens = json!({"as_token": address.tokens.as_token, "hs_token": address.tokens.hs_token});
        Ok(fs::write(folder.join("tokens.json"), tokens.to_string())?)
    }

    /// Makes nina's account; the answer is where she logs in, and her password.
    pub(super) async fn make_nina(&self, control: &Control) -> Result<(String, String)> {
        match &self.homeserver {
            Homeserver::Managed => {
                let wanted = wire::NewUser {
                    name: "nina".into(),
                    password: None,
                    admin: true,
                };
                let made: wire::UserMade = control.post("/users", &wanted).await?;
                Ok((made.homeserver, made.password.context("no password was made up")?))
            }
            Homeserver::External { synapse, .. } => {
                let password = "nina-has-a-boat";
                synapse.register_user("nina", password, false).await?;
                Ok((synapse.address().url.clone(), password.into()))
            }
        }
    }
}
